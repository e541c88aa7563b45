"""What a page shows and may show no longer: it asks by public ids, and hears of those alone that it must change."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.records import at, tombstone
from veille.identity import public_id
from veille.sinks.sqlite import SqliteArchive
from web.site import Html, Site, mention, site
from web.test_hostile import check

A, B, C = (public_id(name) for name in "abc")


@pytest.fixture
def page(page: Site) -> Site:
    """Three posts."""
    page.write(*(mention(name, text=f"kettle {name}") for name in "abc"))
    return page


def test_while_all_may_be_shown_nothing_is_said(page: Site) -> None:
    for ids in (f"{A} {B}.{at(1)} {C}", "", " "):
        answer = page.get("/gone", params={"ids": ids})
        assert (answer.status_code, answer.text) == (204, ""), ids


def test_what_is_deleted_hidden_or_was_never_there_is_to_be_taken_off_and_nothing_else_is_said(page: Site) -> None:
    page.write(tombstone("a"), mention("b", version=at(2), text="kettle b", labels=["!hide"]))
    answer = page.get("/gone", params={"ids": " ".join([A, f"{B}.{at(1)}", C, public_id("nobody")])})
    shown = Html(answer.text)
    assert sorted(shown.values("data-gone")) == sorted([A, B, public_id("nobody")])
    assert shown.ids() == []
    assert "kettle" not in answer.text
    assert "ana" not in answer.text
    assert "Removed by its author or network, 12:30:20" in shown.text
    assert page.get("/gone", params={"ids": C}).status_code == 204


def test_posts_for_members_alone_are_hidden_from_who_did_not_sign_in(tmp_path: Path) -> None:
    for token, code in (("", 200), ("secret", 204)):
        (folder := tmp_path / (token or "open")).mkdir()
        with site(folder, token=token) as page:
            page.write(mention("a", labels=["!no-unauthenticated"]))
            answer = page.get("/gone", params={"ids": A}, headers={"Authorization": "Bearer secret"})
            assert answer.status_code == code


def test_an_edited_post_comes_as_it_is_now_and_one_that_was_only_enriched_again_does_not(page: Site) -> None:
    page.write(mention("a", version=at(3), op="update", text="mended"), mention("b", version=at(1, 2), text="kettle b"))
    answer = page.get("/gone", params={"ids": f"{A}.{at(1)} {B}.{at(1)} {A}"})
    shown = Html(answer.text)
    assert shown.ids() == [A]
    assert shown.one("data-id", A)["data-version"] == str(at(3))
    assert "mended" in shown.text
    assert page.get("/gone", params={"ids": f"{A}.{at(3)}"}).status_code == 204
    assert page.get("/gone", params={"ids": A}).status_code == 204, "who does not say what is shown is not told"


@pytest.mark.parametrize(
    "ids",
    [
        " ".join(public_id(str(number)) for number in range(101)),
        "bluesky:did:plc:ana",
        f"{A},{B}",
        f"{A}.",
        f"{A}.-1",
        f"{A}.{'9' * 21}",
        A.upper(),
        "<script>hacked()</script>",
        "' OR 1=1 --",
        "a\x00b",
        "9" * 20_000,
    ],
)
def test_what_is_no_list_of_public_ids_is_refused(page: Site, ids: str) -> None:
    answer = page.get("/gone", params={"ids": ids})
    assert answer.status_code == 400
    check(Html(answer.text))
    assert "data-gone" not in answer.text


def test_nobody_is_told_without_the_token(tmp_path: Path) -> None:
    with site(tmp_path, token="secret") as page:
        assert page.get("/gone", params={"ids": A}).headers["location"] == "/enter"


def test_an_archive_that_is_away_takes_nothing_off(tmp_path: Path) -> None:
    with site(tmp_path, archive=SqliteArchive(tmp_path / "not there")) as page:
        answer = page.get("/gone", params={"ids": A})
        assert answer.status_code == 503
        assert "data-gone" not in answer.text
