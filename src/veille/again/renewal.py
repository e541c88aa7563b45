"""What a replay through a newer enrichment did with all that it read."""

from __future__ import annotations

from msgspec import Struct


class Renewal(Struct):
    """Closes when `read` is the sum of the rest."""

    revision: int
    """Of the enrichment that is run again."""
    read: int = 0
    """Records of the posts topic, or mentions in the archive."""
    renewed: int = 0
    """Mentions made anew."""
    already_new: int = 0
    """The archive had them from this enrichment, or from a newer one."""
    superseded: int = 0
    """Edited or deleted since: the later one is in effect, and is met by itself."""
    deletes: int = 0
    """Deletes that were handed on, since the archive did not have them yet."""
    dead: int = 0
    """No post any more: among the dead letters since they came, or refused by the archive now."""
    complete: bool = False
    """Whether the end was reached."""

    @property
    def closes(self) -> bool:
        """Whether everything that was read is accounted for."""
        return self.read == self.renewed + self.already_new + self.superseded + self.deletes + self.dead

    def told(self) -> str:
        """A line for people."""
        parts = [f"{self.renewed:,} renewed", f"{self.already_new:,} already new"]
        parts += [f"{self.superseded:,} edited or deleted since"] * bool(self.superseded)
        parts += [f"{self.deletes:,} deletes handed on"] * bool(self.deletes)
        parts += [f"{self.dead:,} of no use"] * bool(self.dead)
        end = "" if self.complete else " Stopped before the end: the same command goes on from here."
        return f"Enrichment {self.revision}: {self.read:,} read = {' + '.join(parts)}.{end}"
