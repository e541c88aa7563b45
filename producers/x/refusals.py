"""Which of X's answers only a person can mend, and how. Everything else passes with time.

docs.x.com: response codes and errors, pricing, post cap.
"""

from __future__ import annotations

from veille.errors import Misused
from veille.producers.x.wire import Problem

CONSOLE = "console.x.com"

REMEDIES = {
    401: f"X does not know the bearer token (401): make a new one at {CONSOLE}, Keys and tokens, and put it into "
    "VEILLE_X_BEARER_TOKEN",
    402: f"the X account has no credits left (402): buy some, or raise its spending limit, at {CONSOLE}, Billing",
    403: "the X app may not read this, the filtered stream or a mentions timeline (403): it must belong to a "
    f"project whose plan has it, see {CONSOLE}",
    404: "there is no filtered stream at that address (404): leave `sources.x.base_url` out for X itself",
}
"""By status."""

CAPPED = (
    f"the X account has read all the posts that its plan or spending limit allows in this cycle: raise it at "
    f"{CONSOLE}, or start again when the next one begins"
)


def terminal(status: int, problem: Problem) -> Misused | None:
    """What a person must be told, None when waiting is enough. A stream says it under status 200."""
    if "usage-capped" in problem.type or problem.title == "UsageCapExceeded":
        return Misused(f"x: {CAPPED}{_said(problem)}")
    remedy = REMEDIES.get(status)
    return None if remedy is None else Misused(f"x: {remedy}{_said(problem)}")


def _said(problem: Problem) -> str:
    said = problem.detail or problem.title
    return f". X says: {said}" if said else ""
