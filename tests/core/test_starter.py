"""What a run does for somebody who has set nothing: Bluesky where it answers, else the invented world."""

from __future__ import annotations

from veille.producers.simulate.world import WATCHES
from veille.settings import FilesSettings, Settings, Watch
from veille.starter import TALKED_ABOUT, ready_made

ACME = Watch("acme", "brand", "acme")


def away(_url: str) -> bool:
    return False


def there(_url: str) -> bool:
    return True


def test_where_bluesky_answers_well_known_names_are_watched_there() -> None:
    settings, notice = ready_made(Settings(), (), reach=there)
    assert settings.bluesky is not None
    assert settings.watches == TALKED_ABOUT
    assert notice == "Watching nintendo, playstation, video-games on Bluesky's public stream."


def test_where_there_is_no_way_out_one_line_says_so_and_the_world_is_invented() -> None:
    settings, notice = ready_made(Settings(), (), reach=away)
    assert (settings.world is not None, settings.bluesky) == (True, None)
    assert settings.watches == WATCHES
    assert notice.startswith("No way out to Bluesky's public stream: running a simulated world")
    assert "\n" not in notice


def test_watches_of_ones_own_are_kept_in_both() -> None:
    online, _ = ready_made(Settings(watches=(ACME,)), (), reach=there)
    assert online.watches == (ACME,)
    offline, notice = ready_made(Settings(watches=(ACME,)), (), reach=away)
    assert offline.watches == (ACME, *WATCHES)
    assert "Your watches are kept" in notice


def test_nothing_is_decided_for_those_who_have_named_a_source_or_a_stage() -> None:
    files = Settings(files=FilesSettings(("posts.jsonl",)))
    assert ready_made(files, (), reach=there) == (files, "")
    assert ready_made(Settings(), ("enrich",), reach=there) == (Settings(), "")
