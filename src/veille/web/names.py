"""The name of who acts: what the form says, what was typed once and stands in a cookie, or what a listed proxy says."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

from fastapi import Request

from veille.settings import WebSettings
from veille.web.proxies import Proxies

COOKIE = "veille_name"
KEPT_S = 365 * 86_400
LONGEST = 100
"""Characters of a name."""


class Names:
    """The name of who asks."""

    def __init__(self, web: WebSettings) -> None:
        self._proxies = Proxies(web)

    def of(self, request: Request, fields: Mapping[str, str] | None = None) -> str:
        """What the form says, else what was typed before, else what a listed proxy says; empty where nobody does."""
        if typed := (fields or {}).get("by", "").strip():
            return typed
        known = unquote(request.cookies.get(COOKIE, "")) or self._proxies.user(request) or ""
        return known.strip()[:LONGEST]
