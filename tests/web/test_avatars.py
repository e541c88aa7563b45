"""Pictures of authors on the page: whose are served and to whom, how they are kept, and when they are gone."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from avatar_stand import png
from contracts import records
from veille.clock import FakeClock
from veille.errors import Unavailable
from veille.identity import public_id
from veille.mention import Mention
from veille.metrics import AVATAR_OUTCOMES
from veille.post import Author
from veille.producers.picture import NoPicture, Picture
from veille.settings import WorldSettings
from veille.web import kept_pictures, pictures
from veille.web.pictures import Pictures
from web.site import Site, mention, site
from web.test_pages import X_POST

PICTURE = Picture("image/png", png())
AT = "https://pbs.twimg.com/profile_images/{}/a_normal.jpg"


def by(name: str, **fields: Any) -> dict[str, Any]:
    """Fields of a mention on X whose author has a picture of their own."""
    return X_POST | {"author": Author(id=name, handle=name, name=name.title(), avatar=AT.format(name))} | fields


class Network:
    """Gives a picture for every address, but for those of `answers`."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: dict[str, Exception] = {}
        self.open = threading.Event()
        self.open.set()

    def fetch(self, source: str, url: str) -> Picture:
        """As `AvatarFetcher.fetch`."""
        assert source == "x"
        self.asked.append(url)
        assert self.open.wait(30)
        if url in self.answers:
            raise self.answers[url]
        return PICTURE


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
def shown(tmp_path: Path, network: Network) -> Iterator[Site]:
    """A page that shows pictures."""
    with site(tmp_path, avatars=network.fetch) as made:
        yield made


def address(name: str) -> str:
    return f"/avatar/{public_id(name)}"


# --- the route -------------------------------------------------------------------------------------------------------


def test_a_card_has_its_authors_picture_from_our_own_address_left_of_the_name(shown: Site) -> None:
    shown.write(mention("x:1", **by("ana")))
    for path in ("/", f"/m/{public_id('x:1')}", f"/authors/{public_id('x:1')}"):
        html = shown.get(path).text
        assert f'src="{address("x:1")}"' in html, path
        assert "twimg" not in html, path
    image = next(each for tag, each in shown.page("/").elements if tag == "img" and "avatar" in each["src"])
    assert (image["alt"], image["loading"]) == ("", "lazy")


def test_a_picture_is_sent_as_what_it_is_and_may_do_nothing(shown: Site) -> None:
    shown.write(mention("x:1", **by("ana")))
    answer = shown.get(address("x:1"))
    assert (answer.status_code, answer.content, answer.headers["Content-Type"]) == (200, PICTURE.body, "image/png")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Cache-Control"] == "private, max-age=3600"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    again = shown.get(address("x:1"), headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("fields", [{"labels": ("!hide",)}, {"visibility": "hidden"}, {"withheld": ("FR",)}, {}])
def test_who_is_deleted_or_hidden_has_none_any_more(shown: Site, network: Network, fields: dict[str, Any]) -> None:
    shown.write(mention("x:1", **by("ana")))
    assert shown.get(address("x:1")).status_code == 200
    hidden = mention("x:1", version=records.at(2), **by("ana", **fields))
    shown.write(hidden if fields else records.tombstone("x:1"))
    assert shown.get(address("x:1")).status_code == 404
    assert shown.pictures is not None
    shown.pictures.sweep()
    shown.write(mention("x:2", **by("ana")))
    assert shown.get(address("x:2")).status_code == 200
    assert len(network.asked) == 2, "its bytes were kept although nobody had it any more"


def test_nothing_but_a_mention_of_the_archive_leads_to_a_picture(shown: Site, network: Network) -> None:
    shown.write(mention("x:1", **by("ana")))
    for path in (
        "x:1",
        "x:7",
        "ana",
        "nobody",
        "https:%2F%2Fpbs.twimg.com%2Fa",
        "..%2F..%2Fetc%2Fpasswd",
        "%00",
        "é" * 999,
    ):
        assert shown.get(f"/avatar/{path}").status_code == 404, path
    assert shown.get(f"{address('x:1')}?url=https://files.example/a.png").status_code == 200
    assert network.asked == [AT.format("ana")]


@pytest.mark.parametrize(
    "fields",
    [
        by("ana", origin="simulated"),
        by("ana", source="feed"),
        by("ana", author=Author(id="7", handle="ana")),
        by("ana", author=Author(id="7", handle="ana", avatar="https://pbs.twimg.com/" + "a" * 2_000)),
    ],
)
def test_invented_people_and_those_without_a_picture_stay_letters(
    shown: Site, network: Network, fields: dict[str, Any]
) -> None:
    shown.write(mention("x:1", **fields))
    assert 'class="initial"' in shown.get("/").text
    assert "/avatar/" not in shown.get("/").text
    assert shown.get(address("x:1")).status_code == 404
    assert network.asked == []


def test_a_repost_has_no_picture_beside_the_name_of_who_wrote_it(shown: Site) -> None:
    shown.write(mention("x:1", **by("ana", kind="repost")))
    assert "/avatar/" not in shown.get("/").text


def test_a_page_without_pictures_has_letters_and_no_such_address(tmp_path: Path) -> None:
    with site(tmp_path, world=WorldSettings()) as page:
        page.write(mention("x:1", **by("ana")))
        html = page.get("/").text
        assert "/avatar/" not in html
        assert page.get(address("x:1")).status_code == 404


def test_pictures_are_behind_the_token_and_cost_a_reader_little(tmp_path: Path, network: Network) -> None:
    with site(tmp_path, avatars=network.fetch, token="secret", requests_a_minute=20) as page:
        page.write(mention("x:1", **by("ana")))
        assert (page.get(address("x:1")).status_code, network.asked) == (303, [])
        who = {"Authorization": "Bearer secret"}
        assert {page.get(address("x:1"), headers=who).status_code for _ in range(30)} == {200}


def test_what_gives_no_picture_is_a_letter_and_not_asked_again_for_a_while(shown: Site, network: Network) -> None:
    network.answers = {AT.format("ana"): NoPicture("too_large")}
    shown.write(mention("x:1", **by("ana")), mention("x:2", **by("ben")))
    for _ in range(3):
        answer = shown.get(address("x:1"))
        assert (answer.status_code, answer.content) == (404, b"")
        assert answer.headers["Cache-Control"] == "private, max-age=60"
    assert shown.get(address("x:2")).status_code == 200
    assert len(network.asked) == 2
    assert shown.pictures is not None
    assert shown.pictures.counts == {"too_large": 3, "fetched": 1}
    network.answers.clear()
    shown.clock.advance(pictures.REFUSED_S)
    assert shown.get(address("x:1")).status_code == 200


# --- what is kept ----------------------------------------------------------------------------------------------------


def of(name: str) -> Mention:
    """A mention whose author has a picture."""
    return msgspec.json.decode(mention(name, **by(name)).value or b"", type=Mention)


class Asked:
    """Pictures of a network over an archive that shows every mention but those in `gone`."""

    def __init__(self, network: Network, **more: Any) -> None:
        self.clock, self.gone = FakeClock(), set[str]()
        self.pictures = Pictures(
            network.fetch, lambda ids: [each for each in ids if each not in self.gone], self.clock, **more
        )

    def ask(self, *names: str) -> list[Picture | None]:
        """What comes for all of these at the same time."""

        async def all_of_them() -> list[Picture | None]:
            return await asyncio.gather(*(self.pictures.of(of(name)) for name in names))

        return asyncio.run(all_of_them())


def test_one_address_is_asked_once_a_day_whoever_asks(network: Network) -> None:
    asked = Asked(network)
    assert asked.ask(*["ana"] * 50) == [PICTURE] * 50
    asked.clock.advance(kept_pictures.KEPT_S - 1)
    assert asked.ask("ana") == [PICTURE]
    assert len(network.asked) == 1
    asked.clock.advance(1)
    assert asked.ask("ana") == [PICTURE]
    assert len(network.asked) == 2


def test_ten_thousand_authors_at_once_are_a_few_at_a_time_and_bounded(network: Network) -> None:
    asked = Asked(network, patience_s=0.05)
    network.open.clear()
    before = threading.active_count()
    assert asked.ask(*(f"a{n}" for n in range(10_000))) == [None] * 10_000
    assert threading.active_count() - before <= pictures.AT_ONCE + 1
    assert len(network.asked) <= pictures.AT_ONCE
    taken = 10_000 - asked.pictures.counts["busy"]
    assert pictures.MOST_WAITING <= taken <= pictures.MOST_WAITING + pictures.AT_ONCE
    network.open.set()
    late = Asked(network)
    assert late.ask("later") == [PICTURE]


def test_who_has_waited_too_long_has_a_letter_and_the_picture_the_next_time(network: Network) -> None:
    asked = Asked(network, patience_s=0.02)
    network.open.clear()
    assert asked.ask("ana") == [None]
    network.open.set()
    asked.pictures._patience_s = 30
    assert asked.ask("ana") == [PICTURE]
    assert len(network.asked) == 1


def test_a_host_that_is_away_is_left_alone_for_a_while_also_by_those_that_wait(network: Network) -> None:
    network.answers = {AT.format(f"a{n}"): Unavailable("away") for n in range(50)}
    asked = Asked(network)
    assert asked.ask(*(f"a{n}" for n in range(50))) == [None] * 50
    assert len(network.asked) <= pictures.AT_ONCE
    assert asked.ask("b") == [None]
    assert asked.pictures.counts == {"away": 51}
    asked.clock.advance(pictures.AWAY_S)
    assert asked.ask("b") == [PICTURE]


def test_a_fault_of_ours_costs_one_picture_and_no_thread(network: Network, caplog: pytest.LogCaptureFixture) -> None:
    network.answers = {AT.format("ana"): RuntimeError(AT.format("ana"))}
    asked = Asked(network)
    with caplog.at_level(logging.INFO):
        assert asked.ask("ana", "ben") == [None, PICTURE]
        asked.pictures.sweep()
    assert caplog.messages == [
        "a picture of an author cannot be fetched (RuntimeError)", "pictures of authors: fetched 1, refused 1"
    ]  # fmt: skip


def test_what_is_kept_is_bounded_in_number_and_bytes(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_pictures, "MOST", 3)
    asked = Asked(network)
    for name in "abcd":
        asked.ask(name)
    asked.ask("d", "c", "b")
    assert len(network.asked) == 4
    asked.ask("a")
    assert len(network.asked) == 5
    monkeypatch.setattr(kept_pictures, "MOST_BYTES", len(PICTURE.body))
    asked.ask("e")
    asked.ask("e")
    asked.ask("a")
    assert len(network.asked) == 7


def test_what_is_a_day_old_or_belongs_to_nobody_is_let_go_of(network: Network) -> None:
    asked = Asked(network)
    asked.ask("ana", "ben")
    asked.gone.add(public_id("ana"))
    asked.pictures.sweep()
    asked.ask("ben")
    assert len(network.asked) == 2
    asked.ask("ana")
    assert len(network.asked) == 3
    asked.clock.advance(kept_pictures.KEPT_S)
    asked.pictures.sweep()
    assert len(asked.pictures._kept) == 0


def test_every_outcome_has_a_name_that_is_explained(network: Network) -> None:
    asked = Asked(network)
    none = ("forbidden", "too_large", "not_a_picture", "refused")
    network.answers = {AT.format(name): NoPicture(name) for name in none}
    asked.ask(*none, "fetched")
    asked.ask("fetched")
    assert {*asked.pictures.counts, "away", "busy"} == {*AVATAR_OUTCOMES}
