"""What `veille run` does for somebody who has set nothing yet: brands that people really talk about, or a simulation.

no source in the settings --> Bluesky answers? --> yes: its public stream, three well-known names
                                               `-> no: the seeded world of invented posts
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

from veille.settings import BlueskySettings, Settings, Watch, WorldSettings
from veille.stage import SOURCES

TALKED_ABOUT = (
    Watch("nintendo", "brand", "nintendo OR #nintendo"),
    Watch("playstation", "competitor", "playstation OR #playstation"),
    Watch("video-games", "market", '"video game" OR "video games" OR "jeu vidéo" OR "jeux vidéo" OR #gaming'),
)
"""A brand, a competitor and a market that are mentioned several times a minute on Bluesky."""

REACH_S = 3.0


def reachable(url: str) -> bool:
    """Whether a connection to the host of an address can be opened within a few seconds."""
    parts = urlsplit(url)
    try:
        with socket.create_connection(
            (parts.hostname or "", parts.port or (80 if parts.scheme in {"http", "ws"} else 443)), timeout=REACH_S
        ):
            return True
    except OSError:
        return False


def ready_made(
    settings: Settings, stages: tuple[str, ...], *, reach: Callable[[str], bool] = reachable
) -> tuple[Settings, str]:
    """Settings to start with, and one line that says what was decided; both unchanged where a source is set."""
    if stages or any(getattr(settings, name, None) is not None for name in SOURCES):
        return settings, ""
    bluesky = BlueskySettings()
    if reach(bluesky.url):
        watches = settings.watches or TALKED_ABOUT
        names = ", ".join(watch.id for watch in watches)
        return replace(settings, bluesky=bluesky, watches=watches), f"Watching {names} on Bluesky's public stream."
    from veille.producers.simulate.world import WATCHES

    notice = "No way out to Bluesky's public stream: running a simulated world of invented posts instead."
    if settings.watches:
        notice += " Your watches are kept, beside those of the names that are talked about there."
    own = {watch.id for watch in settings.watches}
    beside = tuple(watch for watch in WATCHES if watch.id not in own)
    watches = (*settings.watches, *beside)
    return replace(settings, world=WorldSettings(), watches=watches, beside=beside), notice
