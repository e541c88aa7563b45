"""Views: the archive as it was when the first page of a search was read, so that later pages go on from it.

    first page --_pit--> view, kept here under a short name --position of a page--> view, or none any more

The server's own name of a view has hundreds of characters, too many for an address. What is no longer known, here or
there, is opened anew: paging goes on from its position, in the archive as it is then.
"""

from __future__ import annotations

import threading
import uuid
from collections import OrderedDict
from contextlib import suppress
from typing import Any

from veille.errors import Misused, Unavailable
from veille.sinks.elasticsearch.client import Client, Refused

KEEP_ALIVE = "5m"
"""After its last use."""

MOST = 100
"""Views kept at a time; the one that was used longest ago is let go of."""


class Views:
    """The views that were opened through one client; for several threads."""

    def __init__(self, client: Client, target: str) -> None:
        self._client, self._target = client, target
        self._known: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def open(self) -> str | None:
        """The server's name of a new view; None where there is nothing to look at yet."""
        try:
            return str(self._client.call("POST", f"/{self._target}/_pit", keep_alive=KEEP_ALIVE)["id"])
        except Refused as error:
            if error.status == 404:
                return None
            raise

    def keep(self, view: str, name: str | None = None) -> str:
        """Remember a view, under a name where it has one; returns the name."""
        name = name or uuid.uuid4().hex[:12]
        with self._lock:
            self._known[name] = view
            self._known.move_to_end(name)
            gone = [self._known.popitem(last=False)[1] for _ in range(len(self._known) - MOST)]
        for each in gone:
            self.close(each)
        return name

    def named(self, name: str) -> str | None:
        """The server's name of a view that is remembered."""
        with self._lock:
            return self._known.get(name)

    def close(self, view: str) -> None:
        """Let the server forget a view, if it has not already; what was found is no worse where it cannot."""
        with suppress(Refused, Unavailable):  # it ends by itself
            self._client.call("DELETE", "/_pit", {"id": view})

    def close_all(self) -> None:
        """Let go of every view."""
        with self._lock:
            views = list(self._known.values())
            self._known.clear()
        for each in views:
            self.close(each)


class Look:
    """The questions of one page, all to one view: that of a name where it is still known, or else one opened now."""

    def __init__(self, views: Views, client: Client, name: str | None = None) -> None:
        self._views, self._client, self._name = views, client, name
        self._view = self._old = views.named(name) if name is not None else None

    def ask(self, body: dict[str, Any]) -> dict[str, Any]:
        """The answer to a search; nothing is found where there is no index yet. Raises Misused."""
        self._view = self._view or self._views.open()
        if self._view is None:
            return {"hits": {"hits": [], "total": {"value": 0}}}
        try:
            pit = {"id": self._view, "keep_alive": KEEP_ALIVE}
            answer = self._client.call("POST", "/_search", body | {"pit": pit})
        except Refused as error:
            if error.status == 404 and self._old is not None:
                self._view = self._old = None
                return self.ask(body)
            raise Misused(f"Elasticsearch does not take this search ({error.kind}): ask for less at a time") from error
        self._view = answer["pit_id"]
        return answer

    def keep(self) -> str | None:
        """Remember the view for other pages; its name."""
        if self._view is not None:
            self._name = self._views.keep(self._view, self._name)
        return self._name

    def close(self) -> None:
        """Let go of a view that has no name."""
        if self._view is not None and self._name is None:
            self._views.close(self._view)
