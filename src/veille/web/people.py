"""Who acts on the page, and cards as whoever acts sees them at once, before the archive has it.

name: typed once --cookie--> `by` of all that is done          `/mine`: what is given to that name and not handled
card + what is known to be done --as_told--> card under it

There are no accounts: a name is what somebody typed, or what a listed proxy says of who signed in there.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote, urlencode

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from veille.action import Action, Actions
from veille.archive import Archive
from veille.doing import Doing
from veille.facets import asking
from veille.mention import Mention
from veille.put_right import with_actions
from veille.settings import WebSettings
from veille.web.access import encrypted
from veille.web.actions import given
from veille.web.asking import LONGEST_RANGE
from veille.web.card import Card
from veille.web.names import COOKIE, KEPT_S, LONGEST, Names
from veille.web.render import Renderer


def did(archive: Archive, doing: Doing | None, public_id: str) -> list[Action]:
    """What people did about a mention that is in effect, earliest first: from the archive, and what was heard since."""
    heard = doing.known("mention", public_id) if doing is not None else []
    return Actions([*archive.actions("mention", public_id), *heard]).of("mention", public_id)


def told(mention: Mention, doing: Doing | None) -> Mention | None:
    """The mention under all that is known to be done about it; None: nothing is."""
    known = doing.known("mention", mention.public_id) if doing is not None else ()
    if not known:
        return None
    plain = with_actions(msgspec.to_builtins(mention), [each for each in known if each.value])
    return msgspec.convert(plain, Mention)


def as_told(card: Card, doing: Doing | None) -> Card:
    """The card under what is known to be done."""
    mention = told(card.mention, doing)
    return card if mention is None else replace(card, mention=mention, acted=True)


def inside(address: str) -> str:
    """An address of this page that a form may lead back to; the first screen for any other."""
    here = address.startswith("/") and not address.startswith("//") and "\\" not in address and address.isprintable()
    return quote(address, safe="/?&=%+:;,@!*'()~.-_#") if here else "/"


def router(web: WebSettings, renderer: Renderer) -> APIRouter:
    """The page that asks for a name, and the link to what is given to it."""
    routes, names = APIRouter(include_in_schema=False), Names(web)

    @routes.get("/mine")
    def mine(request: Request) -> Response:
        """What is given to who asks and is not handled; who has no name yet is asked for it."""
        if name := names.of(request):
            query = urlencode({"q": f"{asking('assigned', name)} -is:handled", "last": LONGEST_RANGE})
            return RedirectResponse(f"/search?{query}", status_code=303)
        return renderer.render(request, "mine.html", fresh=False)

    @routes.post("/me")
    async def me(request: Request) -> Response:
        """Keep a name, or forget it where it is empty."""
        fields = await given(request)
        name = fields.get("by", "").strip()[:LONGEST]
        response = RedirectResponse(inside(fields.get("back", "/mine")), status_code=303)
        if name:
            response.set_cookie(
                COOKIE, quote(name), max_age=KEPT_S, httponly=True, samesite="strict", secure=encrypted(request)
            )
        else:
            response.delete_cookie(COOKIE)
        return response

    return routes
