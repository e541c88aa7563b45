"""What people do about mentions: handle them, give them to somebody, note, put labels right. The API, and the buttons.

POST --from this site? (access.py)--> is there such a mention? --> an action --> veille.actions.v1

Each archive brings it onto the mention (`veille.sinks.people`): no later enrichment, and no replay, undoes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple, Self
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse
from pydantic import StringConstraints, ValidationError, model_validator

from veille.action import LABELS, NOWHERE, Action, Field
from veille.archive import Archive
from veille.clock import Clock
from veille.doing import Doing
from veille.mention import Mention
from veille.put_right import label_of, of_place
from veille.query import values
from veille.query.errors import Fault
from veille.questions import NO_QUESTION
from veille.settings import Settings
from veille.showing import hidden
from veille.web.actions import Doer, Done, Name, Noting, given, perform
from veille.web.actions import told as told_of
from veille.web.names import Names
from veille.web.people import did, inside
from veille.web.timely import Timely

OLDER: dict[str, tuple[Field, str]] = {
    "not-a-question": ("question", NO_QUESTION),
    "answered-elsewhere": ("answered", "elsewhere"),
}
"""Actions with an address of their own: field and value."""


class MentionDone(Done):
    """Something that somebody did about a mention, as it is in effect; an empty `value` has taken it back.

    `was`: of a label, what veille had found when it was put right. `watch`: which one it is not about.
    """

    was: str
    watch: str


class Assigning(Doer):
    """To whom it is given, by a name as people type it; may be empty with `undo` alone."""

    to: Name = ""

    @model_validator(mode="after")
    def named(self) -> Self:
        """Somebody is named."""
        if not self.undo and not any(char.isprintable() for char in self.to):
            raise ValueError("`to` names nobody")
        return self


class Correcting(Doer):
    """A label put right: `negative`, `neutral`, `positive`; an ISO 639 code; an ISO 3166-1 code or `none`; `yes`, `no`.

    With `undo` veille's own label is in effect again, and `value` may be empty.
    """

    field: Literal["sentiment", "language", "country", "question"]
    value: Annotated[str, StringConstraints(max_length=40, strip_whitespace=True)] = ""

    @model_validator(mode="after")
    def sensible(self) -> Self:
        """The value is one of the field, and as it is kept."""
        if not self.undo:
            try:
                self.value = right(self.field, self.value)
            except Fault as fault:
                raise ValueError(f"{fault.message} {fault.hint}") from fault
        return self


class About(Doer):
    """The watch that the mention is not about."""

    watch: Annotated[str, StringConstraints(min_length=1, max_length=80)]


class Pressed(NamedTuple):
    """What a button of the page does."""

    field: Field
    value: str
    doer: Doer
    watch: str = ""

    @classmethod
    def of(cls, fields: Mapping[str, str], by: str) -> Self:
        """Reads a form. Raises HTTPException for what none of ours sends."""
        what, _, to = fields.get("do", "").partition("=")
        name, value = what.removeprefix("-"), (to or fields.get("value", "")).strip()
        who: dict[str, Any] = {"by": by, "undo": what.startswith("-") or fields.get("undo") == "1"}
        try:
            match name:
                case "handled":
                    return cls("handled", "yes", Doer(**who))
                case "answered":
                    return cls("answered", "elsewhere", Doer(**who))
                case "assigned":
                    return cls("assigned", value, Assigning(**who, to=value))
                case "note":
                    return cls("note", value, Noting(**who, text=value))
                case "not_about":
                    return cls("not_about", "yes", about := About(**who, watch=value), about.watch)
            correcting = Correcting(**who, field=name, value=value)  # type: ignore[arg-type]  # checked there
            return cls(correcting.field, correcting.value, correcting)
        except ValidationError as error:
            raise HTTPException(400, "the form says what it cannot") from error


class Acting:
    """Does it, for the API and for the forms."""

    def __init__(self, archive: Archive, settings: Settings, clock: Clock, doing: Doing) -> None:
        self._archive, self._clock, self._doing = archive, clock, doing
        self._signed_in = bool(settings.web.token)

    def did(self, public_id: str) -> list[MentionDone]:
        """What is in effect about a mention. Raises HTTPException where there is none."""
        self._mention(public_id)
        return [told(each) for each in did(self._archive, self._doing, public_id)]

    def do(self, public_id: str, field: Field, value: str, doer: Doer, *, watch: str = "") -> MentionDone:
        """One action. Raises HTTPException where there is no such mention, or nothing can be done now."""
        mention = self._mention(public_id)
        action = Action(
            of="mention",
            subject=public_id,
            field=field,
            value="" if doer.undo else value,
            watch=watch,
            was="" if field == "country" and of_place(mention) else label_of(mention, field),
            at=self._clock.now(),
            by=doer.by,
        )
        action = self._doing.after(action)
        perform(self._doing, action)
        return told(action)

    def _mention(self, public_id: str) -> Mention:
        found = self._archive.mention(public_id)
        if found is None:
            raise HTTPException(404, "no mention has this id")
        if found == "deleted" or hidden(found, signed_in=self._signed_in):
            raise HTTPException(410, "it was deleted, or may not be shown")
        return found


def right(field: Field, value: str) -> str:
    """The label as it is kept. Raises Fault, ValueError for one that makes no sense."""
    if field == "language":
        value = values.language(value)[0].partition("-")[0]
    if field == "country" and value != NOWHERE:
        value = values.country(value)[0]
    if LABELS[field].fullmatch(value) is None:
        raise ValueError(f"`{value}` is no value of `{field}`: expected {LABELS[field].pattern}")
    return value


def told(action: Action) -> MentionDone:
    """An action as JSON holds it."""
    return MentionDone(**told_of(action).model_dump(), was=action.was, watch=action.watch)


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
    timely = Timely(clock)

    @routes.get("/actions")
    @timely
    def actions(public_id: str) -> list[MentionDone]:
        """What people did about it that is in effect."""
        return acting.did(public_id)

    @routes.post("/handled")
    def handled(public_id: str, doer: Doer) -> MentionDone:
        """It needs no more attention (`is:handled` in searches)."""
        return acting.do(public_id, "handled", "yes", doer)

    @routes.post("/assign")
    def assign(public_id: str, doer: Assigning) -> MentionDone:
        """Give it to somebody (`assigned:NAME` in searches); whoever had it before has it no more."""
        return acting.do(public_id, "assigned", doer.to, doer)

    @routes.post("/note")
    def note(public_id: str, doer: Noting) -> MentionDone:
        """Keep a note with it; it goes when the mention goes."""
        return acting.do(public_id, "note", doer.text, doer)

    @routes.post("/correct")
    def correct(public_id: str, doer: Correcting) -> MentionDone:
        """Put a label right: searches and counts go by it, whatever enrichment says, now or later."""
        return acting.do(public_id, doer.field, doer.value, doer)

    @routes.post("/not-about")
    def not_about(public_id: str, doer: About) -> MentionDone:
        """It is not about this watch: it is no longer found or counted under it."""
        return acting.do(public_id, "not_about", "yes", doer, watch=doer.watch)

    @routes.post("/not-a-question")
    def not_a_question(public_id: str, doer: Doer) -> MentionDone:
        """Nothing is asked in it, whatever was found: it counts as no question any more."""
        return acting.do(public_id, *OLDER["not-a-question"], doer)

    @routes.post("/answered-elsewhere")
    def answered_elsewhere(public_id: str, doer: Doer) -> MentionDone:
        """It was answered where no reply is read (by mail, by telephone): it waits no more."""
        return acting.do(public_id, *OLDER["answered-elsewhere"], doer)

    return routes


def forms(archive: Archive, settings: Settings, clock: Clock, doing: Doing) -> APIRouter:
    """The same from the buttons of a card, of one mention, or of the page of questions, and back to it."""
    routes, acting = APIRouter(include_in_schema=False), Acting(archive, settings, clock, doing)
    names = Names(settings.web)

    @routes.post("/m/{public_id}/act")
    async def act(request: Request, public_id: str) -> Response:
        """A button `do`: what it does, what to after `=`, and a minus before it where that is taken back."""
        fields = await given(request)
        pressed = Pressed.of(fields, names.of(request, fields))
        await run_in_threadpool(acting.do, public_id, pressed.field, pressed.value, pressed.doer, watch=pressed.watch)
        return RedirectResponse(inside(fields.get("back") or f"/m/{quote(public_id)}#correct"), status_code=303)

    @routes.post("/m/{public_id}/{what}")
    async def form(request: Request, public_id: str, what: str) -> Response:
        """One button of the page of questions."""
        if what not in OLDER:
            raise HTTPException(404, "there is no such button")
        fields = await given(request)
        pressed = Pressed.of(fields | {"do": "=".join(OLDER[what])}, names.of(request, fields))
        await run_in_threadpool(acting.do, public_id, pressed.field, pressed.value, pressed.doer)
        return RedirectResponse(inside(fields.get("back") or "/questions"), status_code=303)

    return routes
