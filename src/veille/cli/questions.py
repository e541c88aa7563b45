"""`veille questions`: who waits for an answer, and the labels that people put right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veille.cli import options
from veille.cli.output import print_json, print_line, print_note, print_table
from veille.cli.search import TEXT_SHOWN
from veille.cli.times import Times, Zone, times_of

if TYPE_CHECKING:
    from veille.archive import Archive
    from veille.questions import Question

EPILOG = """Examples:

veille questions --watch acme --since 24h

veille questions --json --limit 200

veille questions --labels > put-right.jsonl && veille eval questions put-right.jsonl
"""

USUAL = timedelta(days=7)
COLUMNS = ("asked", "state", "answers", "watches", "text")


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("questions", epilog=EPILOG)(questions)


def questions(
    *,
    watch: Annotated[str | None, typer.Option("--watch", metavar="NAME", help="Only those about one watch.")] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="From then on: 2026-11-01, 36h; else 7d.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="At most so many of them.")] = 20,
    labels: Annotated[
        bool, typer.Option("--labels", help="Instead: what people said is a question or none, for `veille eval`.")
    ] = False,
    zone: Zone = None,
    as_json: options.Json = False,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """List questions, those that wait first, the longest waiting at the top; sums are of all of them."""
    from veille.own import OwnAccounts
    from veille.questions import asked, in_sum, waiting_first
    from veille.sinks import open_archive

    settings, now = options.settings(config, data), datetime.now(UTC)
    times = times_of(zone, settings)
    start = times.moment(since, now, "--since") or now - USUAL
    archive = open_archive(settings)
    try:
        if labels:
            _print_labels(archive)
            return
        found = asked(archive, OwnAccounts(settings.own), watch=watch, since=start, until=now)
        shown = waiting_first(found.questions, now)[:limit]
        mentions = archive.mentions([one.turn.public_id for one in shown])
        told = [(one, mentions[one.turn.public_id].text) for one in shown if one.turn.public_id in mentions]
        sums = in_sum(found.questions)
    finally:
        archive.close()
    if as_json:
        counts = {"asked": sums.asked + found.earlier, "counted": sums.asked, "answered": sums.answered}
        print_json({**counts, "questions": [_plain(one, text) for one, text in told]})
        return
    if told:
        print_table(COLUMNS, (_row(times, one, text) for one, text in told), wide="text")
    print_line(f"{sums.asked + found.earlier:,} asked, {sums.answered:,} with an answer seen.")
    if watch and not told and watch not in (known := [each.id for each in settings.watches]):
        print_note(f"the settings have no watch `{watch}`; they have {', '.join(known) or 'none'}")
    if told:
        times.say()


def _print_labels(archive: Archive) -> None:
    from veille.evaluate.corrected import corrected

    for labelled in corrected(archive, "questions"):
        print_json(labelled.case)


def _row(times: Times, one: Question, text: str) -> tuple[str, ...]:
    cut = text if len(text) <= TEXT_SHOWN else f"{text[:TEXT_SHOWN]}…"
    asked, watches = times.second(one.turn.created_at), ", ".join(one.turn.watches)
    return asked, _state(one), f"{one.answers:,}", watches, " ".join(cut.split())


def _state(one: Question) -> str:
    if one.waits:
        return "ours, no answer seen" if one.ours else "waits"
    if not one.answers:
        return "answered elsewhere"
    return "answered by us" if one.by_us_at else "answered"


def _plain(one: Question, text: str) -> dict[str, Any]:
    return {
        "public_id": one.turn.public_id,
        "source": one.turn.source,
        "created_at": one.turn.created_at,
        "watches": one.turn.watches,
        "text": text,
        "ours": one.ours,
        "waits": one.waits,
        "answers": one.answers,
        "first_answer_at": one.first_at,
        "twentieth_answer_at": one.twentieth_at,
        "answered_by_us_at": one.by_us_at,
        "answered_elsewhere_at": one.elsewhere.at if one.elsewhere else None,
    }
