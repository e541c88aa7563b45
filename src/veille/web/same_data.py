"""Where the API has the data of a screen: a link at the foot of each leads there, with the same scope.

/search?q=tea&last=7d --> /api/v1/mentions?q=tea&since=2026-11-21T12%3A00…&until=…
"""

from __future__ import annotations

import re
from urllib.parse import urlencode

from veille.web.scope import Bar

ONE_WATCH = re.compile(r"/watches/([^/]+)")
ONE = {"mentions": re.compile(r"/m/([^/]+)"), "alerts": re.compile(r"/alerts/([^/]+)")}


def data_of(path: str, bar: Bar | None, query: str) -> str | None:
    """The address; None for a screen that shows what several of the API's have. `query` is the search that was read."""
    span, watch = (bar.span, bar.watch) if bar else (None, None)
    ends = {"since": span.since.isoformat(), "until": span.until.isoformat()} if span else {}
    for name, one in ONE.items():
        if found := one.fullmatch(path):
            return f"/api/v1/{name}/{found[1]}"
    if found := ONE_WATCH.fullmatch(path):
        return f"/api/v1/watches/{found[1]}" + (f"?last={span.name}" if span and span.name else "")
    asked: dict[str, dict[str, str]] = {
        "/search": {"q": query, **ends},
        "/backtest": {"q": query},
        "/watches": ends,
        "/alerts": {"watch": watch or "", **ends},
        "/questions": {"watch": watch or "", **ends},
        "/health": {},
    }
    if path not in asked:
        return None
    kept = urlencode({name: value for name, value in asked[path].items() if value})
    return NAMES[path] + (f"?{kept}" if kept else "")


NAMES = {
    "/search": "/api/v1/mentions",
    "/backtest": "/api/v1/backtest",
    "/watches": "/api/v1/voice",
    "/alerts": "/api/v1/alerts",
    "/questions": "/api/v1/questions",
    "/health": "/api/v1/health",
}
