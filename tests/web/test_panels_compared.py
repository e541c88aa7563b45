"""Panels of the screens that compare, of an author and of questions: one that cannot be told falls alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.questions import ANA, BEN
from veille.archive import Archive
from veille.clock import FakeClock
from veille.errors import Unavailable
from veille.identity import public_id
from veille.settings import Watch
from veille.web import panels
from veille.web.panels import Once, Panels
from veille.web.questions import LISTED
from web.partly import Partly, archive
from web.site import NOW, Html, Site, site
from web.test_now import window
from web.test_panels import lacking, states
from web.test_questions import ago

__all__ = ["archive"]  # the fixture

WATCHES = (Watch("acme", "brand", "acme"), Watch("rival", "competitor", "rival"))
AUTHOR = f"/authors/{public_id('asked')}"


@pytest.fixture
def compared(tmp_path: Path, archive: Partly) -> Iterator[Site]:
    """Two watches, and a question that somebody answered."""
    with site(tmp_path, watches=WATCHES, archive=archive) as made:
        made.write(ago("asked", ANA, 50, asks=True), ago("answer", BEN, 20, to="asked"))
        made.findings.write_windows([window("acme", 0.1, 5)])
        yield made


@pytest.mark.parametrize(
    ("address", "refused", "lack"),
    [
        ("/watches", "window_sums", {"standing", "lane"}),
        ("/watches/acme", "matches", {"terms"}),
        ("/watches/acme", "alerts", {"open"}),
        ("/watches/acme", "window_sums", {"voice", "timeline"}),
        (AUTHOR, "turns", {"author", "by-watch", "timeline"}),
        (AUTHOR, "search", {"cards"}),
        ("/questions", "mentions", {"list"}),
    ],
)
def test_one_of_what_is_compared_or_asked_falls_alone(
    compared: Site, archive: Partly, address: str, refused: str, lack: set[str]
) -> None:
    whole = states(compared.page(address))
    compared.clock.advance(120)
    archive.refused = {refused}
    answer = compared.get(address)
    shown = Html(answer.text)
    assert (answer.status_code, lacking(shown)) == (200, lack)
    stand = {name: state for name, state in whole.items() if "list" not in lack or name not in LISTED}
    assert states(shown) == stand | dict.fromkeys(lack, "error")
    assert "Not known: the archive did not answer. Last known at 12:30." in " ".join(shown.text.split())
    assert [each["href"] for _, each in shown.elements if "data-retry" in each] == [address] * len(lack)


@pytest.mark.parametrize(
    ("address", "slow", "panel"),
    [("/watches/acme", "matches", "terms"), (AUTHOR, "search", "cards"), ("/questions", "mentions", "list")],
)
def test_nor_is_one_of_them_waited_for(
    compared: Site, archive: Partly, monkeypatch: pytest.MonkeyPatch, *, address: str, slow: str, panel: str
) -> None:
    assert compared.get(address).status_code == 200
    monkeypatch.setattr(panels, "WITHIN_S", 2.0)
    archive.slow = {slow}
    shown = compared.page(address)
    assert (states(shown)[panel], lacking(shown)) == ("partial", {panel})


@pytest.mark.parametrize("address", ["/watches", "/watches/acme", AUTHOR, "/questions"])
def test_of_what_is_compared_or_asked_nothing_is_left_where_all_is_refused(
    compared: Site, archive: Partly, address: str
) -> None:
    assert compared.get(address).status_code == 200
    archive.refused = {name for name in dir(Archive) if not name.startswith("_")} - {"close"}
    answer = compared.get(address)
    assert (answer.status_code, Html(answer.text).values("data-value")) == (503, [])
    assert "The archive does not answer" in answer.text


def test_how_many_name_several_is_said_not_to_be_known(compared: Site, archive: Partly) -> None:
    archive.refused = {"count"}
    shown = compared.page("/watches")
    assert "How many name several of them is not known." in shown.text
    assert (shown.values("data-twice"), lacking(shown)) == ([], set())


def test_one_watch_alone_leaves_nothing_that_could_stand_without_an_archive(tmp_path: Path, archive: Partly) -> None:
    with site(tmp_path, archive=archive) as page:
        assert "0 name" not in page.page("/watches").text
        archive.refused = {"window_sums"}
        assert page.get("/watches").status_code == 503


def test_what_an_author_asked_and_answered_is_said_not_to_be_known(compared: Site, archive: Partly) -> None:
    archive.refused = {"done_since"}
    shown = compared.page(AUTHOR)
    assert "1 mention held, what they asked and answered is not known" in shown.text
    assert (shown.values("data-questions"), shown.values("data-answers")) == ([], [])
    assert (shown.one("data-panel", "author")["data-state"], lacking(shown)) == ("partial", set())


def test_an_author_stands_where_nothing_beside_them_can_be_told(compared: Site, archive: Partly) -> None:
    archive.refused = {"turns", "search"}
    answer = compared.get(AUTHOR)
    shown = Html(answer.text)
    assert (answer.status_code, shown.values("data-value")) == (200, [])
    assert lacking(shown) == {"author", "by-watch", "timeline", "cards"}
    assert "Posts that matched your watches." in shown.text


@pytest.mark.parametrize("fails", [False, True])
def test_what_several_looks_need_is_asked_for_once(fails: bool) -> None:
    asked: list[None] = []

    def find() -> int:
        asked.append(None)
        if fails:
            raise Unavailable("away")
        return 7

    shared = Once(find)
    looks = {name: (lambda name=name: {name: shared()}) for name in ("one", "two")}
    found = Panels(FakeClock(NOW), "screen").look(looks, beside=True)
    assert len(asked) == 1
    assert (sorted(found["lacking"]), found.get("one")) == ((["one", "two"], None) if fails else ([], 7))
