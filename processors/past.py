"""What the archive holds of a time: mentions, and windows that were published."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from veille.alert import Alert
from veille.archive import Archive
from veille.identity import public_id
from veille.mention import Mention
from veille.window import Window

PAGE = 5_000
MOST_ALERTS = 1_000
"""Open at the same time."""


class Past:
    """The archive as the windows process asks it. Methods raise Unavailable."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def mentions(self, since: datetime, until: datetime) -> Iterator[Mention]:
        """Mentions of `[since, until)`, earliest first; deleted and hidden ones are not among them."""
        page = self._archive.search(None, since=since, until=until, limit=PAGE, order="oldest")
        yield from page.hits
        while page.after is not None:
            page = self._archive.search(None, since=since, until=until, limit=PAGE, order="oldest", after=page.after)
            yield from page.hits

    def all_of(self, since: datetime, until: datetime) -> Iterator[Mention]:
        """The same in no order, and sooner."""
        return self._archive.scan(None, since=since, until=until) if since < until else iter(())

    def named(self, public_ids: Collection[str]) -> Collection[Mention]:
        """Mentions by their public ids, those that are there."""
        return self._archive.mentions(list(public_ids)).values()

    def windows(self, since: datetime, until: datetime) -> list[Window]:
        """Windows of minutes that begin in `[since, until)`, of all watches."""
        return self._archive.windows(None, since=since, until=until)

    def day(self, ago: int, now: datetime) -> list[Window]:
        """Windows of the 24 hours that began so many days ago."""
        return self.windows(now - timedelta(days=ago), now - timedelta(days=ago - 1))

    def open_alerts(self) -> list[Alert]:
        """Alerts that are not over."""
        return self._archive.alerts(only_open=True, limit=MOST_ALERTS)

    def story(self, doc_id: str) -> str | None:
        """The story of a mention, where it is there and has one."""
        found = self._archive.mention(public_id(doc_id))
        return found.story if isinstance(found, Mention) else None
