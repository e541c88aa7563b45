"""What people do about mentions: say that one asks nothing, or was answered elsewhere. The API, and forms of the page.

POST --from this site? (access.py)--> is there such a mention? --> an action --> veille.actions.v1

It is joined when mentions are read, and never written into one: no later enrichment, and no replay, undoes it.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from veille.action import Action, Field
from veille.archive import Archive
from veille.clock import Clock
from veille.doing import Doing
from veille.mention import Mention
from veille.questions import NO_QUESTION
from veille.settings import Settings
from veille.showing import hidden
from veille.web.actions import Doer, Done, given, perform, told

ACTS: dict[str, tuple[Field, str]] = {
    "not-a-question": ("question", NO_QUESTION),
    "answered-elsewhere": ("answered", "elsewhere"),
}
"""By the last part of an address: field and value of the action."""


class Acting:
    """Does it, for the API and for the forms."""

    def __init__(self, archive: Archive, settings: Settings, clock: Clock, doing: Doing) -> None:
        self._archive, self._clock, self._doing = archive, clock, doing
        self._signed_in = bool(settings.web.token)

    def did(self, public_id: str) -> list[Done]:
        """What is in effect about a mention. Raises HTTPException where there is none."""
        self._mention(public_id)
        return [told(each) for each in self._doing.of("mention", public_id)]

    def do(self, public_id: str, what: str, doer: Doer) -> Done:
        """One action. Raises HTTPException where there is no such mention, or nothing can be done now."""
        mention = self._mention(public_id)
        field, value = ACTS[what]
        was = ("yes" if mention.tags.question else "no") if field == "question" else ""
        value, now = "" if doer.undo else value, self._clock.now()
        return perform(
            self._doing, Action(of="mention", subject=public_id, field=field, value=value, was=was, at=now, by=doer.by)
        )

    def _mention(self, public_id: str) -> Mention:
        found = self._archive.mention(public_id)
        if found is None:
            raise HTTPException(404, "no mention has this id")
        if found == "deleted" or hidden(found, signed_in=self._signed_in):
            raise HTTPException(410, "it was deleted, or may not be shown")
        return found


def router(archive: Archive, settings: Settings, clock: Clock, doing: Doing) -> APIRouter:
    """The routes of the API."""
    refusals: dict[int | str, dict[str, Any]] = {
        403: {"description": "Sent by another site."},
        404: {"description": "No such mention."},
        410: {"description": "It was deleted or hidden."},
        503: {"description": "The archive or Kafka is away."},
    }
    routes = APIRouter(prefix="/api/v1/mentions/{public_id}", tags=["actions"], responses=refusals)
    acting = Acting(archive, settings, clock, doing)

    @routes.get("/actions")
    def actions(public_id: str) -> list[Done]:
        """What people did about it that is in effect."""
        return acting.did(public_id)

    @routes.post("/not-a-question")
    def not_a_question(public_id: str, doer: Doer) -> Done:
        """Nothing is asked in it, whatever was found: it counts as no question any more."""
        return acting.do(public_id, "not-a-question", doer)

    @routes.post("/answered-elsewhere")
    def answered_elsewhere(public_id: str, doer: Doer) -> Done:
        """It was answered where no reply is read (by mail, by telephone): it waits no more."""
        return acting.do(public_id, "answered-elsewhere", doer)

    return routes


def forms(archive: Archive, settings: Settings, clock: Clock, doing: Doing) -> APIRouter:
    """The same from the buttons of the page of questions, or of one mention, and back to it."""
    routes, acting = APIRouter(include_in_schema=False), Acting(archive, settings, clock, doing)

    @routes.post("/m/{public_id}/{what}")
    async def form(request: Request, public_id: str, what: str) -> Response:
        """One button."""
        if what not in ACTS:
            raise HTTPException(404, "there is no such button")
        fields = await given(request)
        try:
            doer = Doer(by=fields.get("by", ""), undo=fields.get("undo") == "1")
        except ValidationError as error:
            raise HTTPException(400, "the form says what it cannot") from error
        await run_in_threadpool(acting.do, public_id, what, doer)
        if fields.get("back") == "mention":
            return RedirectResponse(f"/m/{quote(public_id)}", status_code=303)
        watch = fields.get("watch", "")
        return RedirectResponse("/questions" + (f"?{urlencode({'watch': watch})}" if watch else ""), status_code=303)

    return routes
