"""Views: the archive as it was when the first page of a search was read, so that later pages go on from it.

    first page --_pit--> view, kept here under a short name --position of a page--> view, or none any more

The server's own name of a view has hundreds of characters, too many for an address. What is no longer known, here or
there, is opened anew: paging goes on from its position, in the archive as it is then.
"""

from __future__ import annotations

import threading
import uuid
from collections import OrderedDict

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
        """Let the server forget a view, if it has not already."""
        try:
            self._client.call("DELETE", "/_pit", {"id": view})
        except Refused as error:
            if error.status != 404:
                raise

    def close_all(self) -> None:
        """Let go of every view."""
        with self._lock:
            views = list(self._known.values())
            self._known.clear()
        for each in views:
            self.close(each)
