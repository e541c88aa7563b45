"""The archive by version and by enrichment: what a replay through a newer enrichment asks. Sinks implement it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from veille.post import Post


class Revisions(Protocol):
    """What an archive holds by version and by enrichment, hidden mentions too. Methods raise Unavailable."""

    def in_effect(self, doc_ids: Iterable[str]) -> dict[str, int]:
        """By doc id, the version in effect, markers included; those that are not there are left out."""

    def older(self, revision: int) -> Iterator[Post]:
        """The posts, as published, of all mentions that an enrichment before this revision made, in no order.

        What is written meanwhile may be among them or not.
        """

    def counts(self, revision: int) -> tuple[int, int]:
        """How many mentions an enrichment before this revision made, and how many this one or a later one did."""

    def close(self) -> None:
        """Let go of connections; safe to call twice."""
