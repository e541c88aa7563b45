"""The notice to those whose posts are kept: what for, what, how long, and how to object. Whoever asks may read it.

settings: sources, retention, contact --> HTML. GDPR article 14 asks for it (eur-lex.europa.eu/eli/reg/2016/679/oj); it
names no watch, since what somebody watches is their own affair.
"""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from veille.settings import RetentionSettings, Settings
from veille.web.render import Renderer, sources_of


def router(settings: Settings, renderer: Renderer) -> APIRouter:
    """The page."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/privacy")
    def privacy(request: Request) -> Response:
        """What is kept about people, and what they can ask for."""
        kept = {name: _days(settings.retention, name) for name in sources_of(settings)}
        return renderer.render(request, "privacy.html", fresh=False, kept=kept, contact=settings.web.contact)

    return routes


def _days(retention: RetentionSettings, source: str) -> int:
    """How many days posts of a source are kept; 0: for good. The simulated world's are nobody's."""
    return int(getattr(retention, source, 0))
