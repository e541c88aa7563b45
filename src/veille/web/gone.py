"""`/gone?ids=…`: which of the posts that a page shows may no longer be shown, and which ones were edited meanwhile.

    public ids, each with the version that is shown --archive--> those to take off, those to draw anew; 204: neither

It counts nothing, names nobody, and says nothing of a post but that it is not to be shown.
"""

from __future__ import annotations

import re

from fastapi import APIRouter, Request, Response

from veille.archive import Archive
from veille.errors import Misused
from veille.identity import PUBLISHED, at_revision
from veille.mention import Mention
from veille.settings import Settings
from veille.showing import hidden
from veille.web.card import card
from veille.web.render import Renderer

MOST = 100
"""Posts that can be asked about at once; a page that shows more asks again."""

SHOWN = re.compile(r"([0-9a-f]{20})(?:\.([0-9]{1,20}))?")
"""A public id, and after a dot the version of the card that is shown."""


def router(archive: Archive, settings: Settings, renderer: Renderer) -> APIRouter:
    """The route."""
    routes, signed_in = APIRouter(include_in_schema=False), bool(settings.web.token)

    @routes.get("/gone")
    def gone(request: Request, ids: str = "") -> Response:
        """What a page has to take off or to draw anew; `ids` with spaces between."""
        shown = _shown(ids)
        held = archive.mentions(list(shown)) if shown else {}
        may = {name: mention for name, mention in held.items() if not hidden(mention, signed_in=signed_in)}
        edited = [card(mention) for name, mention in may.items() if _edited(mention, shown[name])]
        removed = [name for name in shown if name not in may]
        if not removed and not edited:
            return Response(status_code=204)
        return renderer.render(request, "meanwhile.html", removed=removed, edited=edited)

    return routes


def _shown(ids: str) -> dict[str, str]:
    """The version of each, empty where none is told. Raises Misused."""
    asked = ids.split()
    found = [(match[1], match[2] or "") for match in map(SHOWN.fullmatch, asked) if match]
    if len(found) < len(asked) or len(asked) > MOST:
        raise Misused(f"{len(asked)} posts, {len(found)} by public ids: expected {MOST} at most, each by its own")
    return dict(sorted(found))  # of one that is shown with and without, that with


def _edited(mention: Mention, version: str) -> bool:
    """Whether the post is another than at that version; what was found in it since makes no other."""
    return bool(version) and at_revision(int(mention.version), PUBLISHED) > int(version)
