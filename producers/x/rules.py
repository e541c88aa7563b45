"""Our rules at X, kept in step with the watches. A tag says whose a rule is: `veille:acme`, or `veille:acme,rival`.

    watches --x_rule--> wanted --diff by value and tag--> dry run, add what is missing, delete what is stale and ours

In this order a post that both match comes all the while. It is turned round where X has no room for both, or takes no
value twice: then who reads meanwhile leaves the rule standing under its old tag, and translates that.
Rules of others are left alone, though X counts and bills what they match.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from veille.errors import Misused
from veille.producers.x.asked import trees_of
from veille.producers.x.client import Client, Lost, Refused
from veille.producers.x.followed import OF_CONVERSATIONS
from veille.producers.x.tweet import TAG_PREFIX, watch_ids
from veille.producers.x.wire import Problem, Rule
from veille.query.x_printer import x_rule_of
from veille.settings import Watch

log = logging.getLogger(__name__)

INVALID = 400
FULL = frozenset({"DuplicateRule", "RulesCapExceeded"})
"""What X says while a stale rule stands in the way."""


class Bereft(Lost):
    """Rules of watches were taken away, and what is to stand in their place is not there: the stream lacks posts."""


def wanted_rules(watches: Sequence[Watch], own: Sequence[str] = ()) -> list[Rule]:
    """What X is to be asked; watches that ask the same share a rule, since X takes no value twice.

    `own`: handles whose mentions come from elsewhere. Raises Misused where nothing can match on X, QueryError for a
    query that cannot be read.
    """
    ids: dict[str, list[str]] = {}
    for watch in watches:
        trees = trees_of(watch, own)
        values = [value for tree in trees for value in x_rule_of(tree)]
        if trees and not values:
            log.warning("x: watch %s matches nothing on X", watch.id)
        for value in values:
            ids.setdefault(value, []).append(watch.id)
    if not ids and not own:
        raise Misused("x: no watch can match a post on X; add one under `watches:` in veille.yaml")
    return [Rule(value=value, tag=TAG_PREFIX + ",".join(names)) for value, names in ids.items()]


def keep_in_step(client: Client, wanted: Sequence[Rule], *, reading: bool = False) -> dict[str, str]:
    """Make X hold exactly these rules of ours. Raises Misused for one that X does not take; Refused, Lost, Bereft.

    `reading`: a stream is open, which would lack a rule while only its tag is changed. What comes back: by id of each
    rule that was left standing for that, the tag that it is to have.
    """
    standing, tags = client.rules(), {rule.value: rule.tag for rule in wanted}
    ours = [rule for rule in standing if (rule.tag or "").startswith(TAG_PREFIX)]
    kept = [rule for rule in ours if rule.value in tags and (reading or rule.tag == tags[rule.value])]
    stale = [rule for rule in ours if rule not in kept]
    missing = [rule for rule in wanted if rule.value not in {held.value for held in kept}]
    if len(ours) < len(standing):
        log.warning("x: %d rules at X are not ours: what they match is counted and billed", len(standing) - len(ours))
    if stale or missing:
        _change(client, missing, stale)
        log.info("x: %d rules: %d added, %d deleted", len(wanted), len(missing), len(stale))
    return {str(rule.id): tag for rule in kept if (tag := tags[rule.value]) and tag != rule.tag}


def _change(client: Client, missing: Sequence[Rule], stale: Sequence[Rule]) -> None:
    beside = not missing or _try(client, missing)
    if stale and not beside:
        client.delete(stale)
    try:
        if missing:
            _tell(_added(client, missing), missing)
    except (Lost, Refused) as error:
        if any(rule.tag != OF_CONVERSATIONS for rule in stale):
            raise Bereft("rules", f"rules were changed by half: {error}") from error
        raise
    if stale and beside:
        client.delete(stale)


def _try(client: Client, missing: Sequence[Rule]) -> bool:
    """Have X check new rules before a standing one is deleted for them; whether it takes them beside what stands.

    What deleting mends is no fault yet.
    """
    faults = _added(client, missing, dry_run=True)
    _tell([fault for fault in faults if fault.title not in FULL], missing)
    return not faults


def _added(client: Client, missing: Sequence[Rule], *, dry_run: bool = False) -> list[Problem]:
    """X's word on the rules that it did not take, or would not."""
    try:
        return client.add(missing, dry_run=dry_run)
    except Refused as refused:
        if refused.status != INVALID:
            raise
        return refused.answer.errors or [refused.answer]


def _tell(faults: Sequence[Problem], missing: Sequence[Rule]) -> None:
    if faults:
        raise Misused("\n".join(_told(fault, missing) for fault in faults))


def _told(fault: Problem, missing: Sequence[Rule]) -> str:
    names = next((watch_ids(rule.tag) for rule in missing if rule.value == fault.value), [])
    which = f"watch {', '.join(names)}: " if names else ""
    return (
        f"x: {which}X does not take the rule {fault.value!r}: {' '.join(fault.details) or fault.detail or fault.title}"
    )
