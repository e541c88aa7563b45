"""`/avatar/{public id of a mention}`: its author's picture, from our own address, while the archive has the mention.

Only an address that an author in the archive has is ever fetched, and nothing of it stands in ours: what is deleted,
erased or hidden has no picture any more, and nobody can have us ask for what they like.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from veille.archive import Archive
from veille.mention import Mention
from veille.producers.avatars import may_have
from veille.settings import WebSettings
from veille.showing import hidden
from veille.web.etags import matches
from veille.web.pictures import Pictures, Shown

HEADERS = {"Content-Security-Policy": "default-src 'none'; sandbox", "Cache-Control": "private, max-age=3600"}

NONE = {"Cache-Control": "private, max-age=60"}
"""Where there is no picture now; a page of many cards by one author would ask again and again."""


def shown_of(archive: Archive, web: WebSettings) -> Shown:
    """Asks the archive which mentions are there and may be shown."""

    def shown(public_ids: Sequence[str]) -> list[str]:
        found = archive.mentions(public_ids)
        return [public_id for public_id, mention in found.items() if not hidden(mention, signed_in=bool(web.token))]

    return shown


def router(archive: Archive, web: WebSettings, pictures: Pictures) -> APIRouter:
    """The route; everything about its answer but the picture is said by us."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/avatar/{public_id}")
    async def avatar(request: Request, public_id: str) -> Response:
        """The picture of a mention's author; 404 where there is none, or none now."""
        mention = await run_in_threadpool(archive.mention, public_id)
        if not isinstance(mention, Mention) or hidden(mention, signed_in=bool(web.token)) or not may_have(mention):
            return Response(status_code=404, headers=NONE)
        picture = await pictures.of(mention)
        if picture is None:
            return Response(status_code=404, headers=NONE)
        headers = {**HEADERS, "ETag": f'W/"{hashlib.sha256(picture.body).hexdigest()[:32]}"'}
        if matches(request.headers.get("if-none-match", ""), headers["ETag"]):
            return Response(status_code=304, headers=headers)
        return Response(picture.body, headers=headers, media_type=picture.kind)

    return routes
