"""What people do about alerts: the API, and the buttons of an alert's page, which are plain forms.

POST --from this site? (access.py)--> is there such an alert? --> an action --> veille.actions.v1
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import parse_qsl, quote

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, StrictBool, StringConstraints
from pydantic import Field as Limits

from veille.action import LONGEST, Action, Field, Of, about
from veille.alert import Alert
from veille.archive import Archive
from veille.clock import Clock
from veille.doing import Doing
from veille.errors import Misused, Unavailable
from veille.web.moments import Moment
from veille.web.names import Names
from veille.web.numbers import NUMBER
from veille.web.timely import Timely

MOST_FORM = 16_384
"""Bytes of a form that are read."""

LONGEST_MUTE_H = 24 * 90
FORMS: dict[str, Field] = {
    "acknowledge": "acknowledged",
    "false-alarm": "false_alarm",
    "note": "note",
    "mute": "muted",
}
Name = Annotated[str, StringConstraints(max_length=100, strip_whitespace=True)]


class Done(BaseModel):
    """Something that somebody did, as it is in effect; `until`: the end of a mute, null for none."""

    of: str
    subject: str
    field: str
    value: str
    until: datetime | None
    at: datetime
    by: str


class Doer(BaseModel, extra="forbid"):
    """Who does it, if that is to be kept; with `undo` it is taken back. A field of another name is refused."""

    by: Name = ""
    undo: StrictBool = False


class Muting(Doer):
    """For so many hours, or until then; neither: until it is taken back."""

    hours: Annotated[int, Limits(ge=1, le=LONGEST_MUTE_H), NUMBER] | None = None
    until: Moment | None = None


class Noting(Doer):
    """A note; the next one takes its place."""

    text: Annotated[str, StringConstraints(max_length=LONGEST, strip_whitespace=True)] = ""


class Acting:
    """Does it, for the API and for the forms."""

    def __init__(self, archive: Archive, clock: Clock, doing: Doing) -> None:
        self._archive, self._clock, self._doing = archive, clock, doing

    def alert(self, alert_id: str) -> Alert:
        """Raises HTTPException where there is none."""
        found = self._archive.alert(alert_id)
        if found is None:
            raise HTTPException(404, "no alert has this id")
        return found

    def did(self, alert_id: str) -> list[Done]:
        """What is in effect about an alert, and the mute of its watch or source."""
        mute = self._doing.done(*about(self.alert(alert_id)), "muted")
        return [told(each) for each in (*self._doing.of("alert", alert_id), *([mute] if mute else ()))]

    def do(self, alert_id: str, field: Field, doer: Doer) -> Done:
        """One action. Raises HTTPException where there is no such alert, or nothing can be done now."""
        alert, now = self.alert(alert_id), self._clock.now()
        value = doer.text if isinstance(doer, Noting) else "yes"
        of: Of = "alert"
        subject, until = alert_id, None
        if isinstance(doer, Muting):
            of, subject = about(alert)
            until = doer.until or (now + timedelta(hours=doer.hours) if doer.hours else None)
        action = Action(
            of=of, subject=subject, field=field, value="" if doer.undo else value, until=until, at=now, by=doer.by
        )
        return perform(self._doing, self._doing.after(action))


def perform(doing: Doing, action: Action) -> Done:
    """Do it. Raises HTTPException where it cannot be done now."""
    try:
        doing.do(action)
    except (Unavailable, Misused) as error:
        raise HTTPException(503, "Kafka does not take it now: nothing was done; try again") from error
    return told(action)


def router(archive: Archive, clock: Clock, doing: Doing) -> APIRouter:
    """The routes of the API. An action on an alert that is not there is refused."""
    refusals: dict[int | str, dict[str, Any]] = {
        403: {"description": "Sent by another site."},
        404: {"description": "No such alert."},
        503: {"description": "The archive or Kafka is away."},
    }
    routes = APIRouter(prefix="/api/v1/alerts/{alert_id}", tags=["actions"], responses=refusals)
    acting = Acting(archive, clock, doing)
    timely = Timely(clock)

    @routes.get("/actions")
    @timely
    def actions(alert_id: str) -> list[Done]:
        """What people did about it that is in effect, and the mute of its watch or source."""
        return acting.did(alert_id)

    @routes.post("/acknowledge")
    def acknowledge(alert_id: str, doer: Doer) -> Done:
        """Somebody is on it: nothing more is told of it but its end."""
        return acting.do(alert_id, "acknowledged", doer)

    @routes.post("/false-alarm")
    def false_alarm(alert_id: str, doer: Doer) -> Done:
        """It was none: nothing more is told of it at all."""
        return acting.do(alert_id, "false_alarm", doer)

    @routes.post("/note")
    def note(alert_id: str, doer: Noting) -> Done:
        """Keep a note with it."""
        return acting.do(alert_id, "note", doer)

    @routes.post("/mute")
    def mute(alert_id: str, doer: Muting) -> Done:
        """Tell nothing of its watch, or of its source where it has none, until then."""
        return acting.do(alert_id, "muted", doer)

    return routes


def forms(archive: Archive, clock: Clock, doing: Doing, names: Names) -> APIRouter:
    """The same from the buttons of the page, and back to it."""
    routes, acting = APIRouter(include_in_schema=False), Acting(archive, clock, doing)

    @routes.post("/alerts/{alert_id}/{what}")
    async def form(request: Request, alert_id: str, what: str) -> Response:
        """One button."""
        if what not in FORMS:
            raise HTTPException(404, "there is no such button")
        fields = await given(request)
        doer = _doer(what, fields, names.of(request, fields))
        await run_in_threadpool(acting.do, alert_id, FORMS[what], doer)
        return RedirectResponse(f"/alerts/{quote(alert_id, safe='')}", status_code=303)

    return routes


def _doer(what: str, fields: dict[str, str], by: str) -> Doer:
    """What a form says; raises HTTPException for what none of ours does."""
    who = {"by": by, "undo": fields.get("undo") == "1"}
    try:
        if what == "mute":
            return Muting(**who, hours=int(fields["hours"]) if fields.get("hours") else None)  # type: ignore[arg-type]  # checked there
        return Noting(**who, text=fields.get("text", "")) if what == "note" else Doer(**who)  # type: ignore[arg-type]  # checked there
    except ValueError as error:
        raise HTTPException(400, "the form says what it cannot") from error


async def given(request: Request) -> dict[str, str]:
    """The fields of a form. Raises HTTPException for one that none of ours sends."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_FORM:
            raise HTTPException(413, "the form is too large")
    return dict(parse_qsl(body.decode("utf-8", "replace")))


def told(action: Action) -> Done:
    """An action as JSON holds it."""
    return Done(
        of=action.of,
        subject=action.subject,
        field=action.field,
        value=action.value,
        until=action.until,
        at=action.at,
        by=action.by,
    )
