"""The dialog of an export says what there is to take and what not, and gives it; of X only what may be given."""

from __future__ import annotations

import csv
import io
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from pyarrow import parquet

from veille.export import allowance
from veille.export.files import FORMATS
from veille.export.rows import COLUMNS
from veille.words import speaker
from web.site import BASE, NOW, Html, Site, mention, site

SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Site]:
    """Two mentions, one of them of X; its zone is not UTC."""
    base = replace(BASE, data=tmp_path)
    with site(tmp_path, base=base, zone="Europe/Paris") as made:
        made.write(
            mention("a", text="acme", source="x", native_id="1", url="https://x.com/i/status/1"),
            mention("b", text="acme"),
        )
        yield made


def addresses(html: Html) -> list[str]:
    return [each["href"] for _, each in html.elements if "download" in each]


def form(html: Html) -> dict[str, str]:
    """The fields of the form for texts of X, as they are filled in at first."""
    fields = {each["name"]: each["value"] for tag, each in html.elements if tag == "input" and "name" in each}
    return {name: value for name, value in fields.items() if name in {"z", "last", "since", "until", "texts"}}


def sent(page: Site, fields: dict[str, str]) -> requests.Response:
    return page.session.post(f"{page.url}/search/export", data=fields, headers=SAME_SITE, timeout=60)


def rows(content: bytes, form: str) -> list[dict[str, Any]]:
    match form:
        case "csv":
            return list(csv.DictReader(io.StringIO(content.decode(), newline="")))
        case "ndjson":
            return [json.loads(line) for line in content.splitlines()][1:]
        case _:
            return parquet.read_table(io.BytesIO(content)).to_pylist()


def test_what_can_be_taken_away_is_told_before(page: Site) -> None:
    (address,) = [each["href"] for _, each in page.page("/search?q=acme").elements if each.get("class") == "take"]
    html = page.page(address)
    assert (html.one("data-value", "2"), html.values("data-ids-alone"), html.values("data-many")) == (
        {"data-value": "2"},
        ["1"],
        [],
    )
    for said in ("What people deleted is not in it.", "veille export 'acme'", "those of Europe/Paris"):
        assert said in html.text


def test_an_export_of_very_many_is_warned_of(page: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("veille.web.taking.MANY", 1)
    assert page.page("/search/export?q=acme").values("data-many") == [""]


def test_that_nothing_matches_is_told_before(page: Site) -> None:
    for language, said in (("en", "Nothing matches"), ("fr", "Rien ne correspond")):
        assert said in page.page(f"/search/export?q=teapot&lang={language}").text
        assert said not in page.page(f"/search/export?q=acme&lang={language}").text
    names, *others = page.get("/api/v1/export?q=teapot&format=csv").content.splitlines()
    assert (names.split(b",")[0], others) == (b"public_id", [])


@pytest.mark.parametrize("form", FORMATS)
def test_everything_and_ids_with_links_can_be_had_in_each_form(page: Site, form: str) -> None:
    everything, ids = [each for each in addresses(page.page("/search/export?q=acme")) if f"format={form}" in each]
    told = {row["source"]: row for row in rows(page.get(everything).content, form)}
    assert told["bluesky"]["text"] == "acme"
    assert not told["x"]["text"]
    found = rows(page.get(ids).content, form)
    assert {tuple(name for name in row if name != "about") for row in found} == {("public_id", "source", "id", "url")}
    assert {row["url"] for row in found if row["source"] == "x"} == {"https://x.com/i/status/1"}


def test_the_first_record_is_of_the_search_the_dialog_was_opened_from(page: Site) -> None:
    everything = addresses(page.page("/search/export?q=acme&last=24h"))
    (ndjson,) = [each for each in everything if "format=ndjson" in each and "columns" not in each]
    said = json.loads(page.get(ndjson).content.splitlines()[0])["about"]
    assert (said["query"], said["zone"], said["coverage"]) == ("acme", "Europe/Paris", 1.0)
    assert said["since"] == "2026-10-31T13:30:20+01:00"


def test_columns_are_said_in_the_language_of_the_reader(page: Site) -> None:
    for language in ("en", "fr"):
        say, text = speaker(language), page.page(f"/search/export?q=acme&lang={language}").text
        told = " ".join(text.split())
        for column in COLUMNS:
            assert column.name in told
            words = say(f"column_{column.name}").replace("`", "")
            assert " ".join(words.split()) in told, column.name


@pytest.mark.parametrize("wanted", FORMATS)
def test_texts_of_x_are_had_by_hand_and_counted(page: Site, wanted: str, tmp_path: Path) -> None:
    page.write(*(mention(f"x{n}", text="acme", source="x", native_id=str(n)) for n in range(2, 5)))
    html = page.page("/search/export?q=acme&last=24h")
    fields = form(html)
    assert (fields["texts"], html.values("data-left")) == ("4", ["500"])
    answer = sent(page, fields | {"texts": "3", "format": wanted})
    assert (answer.status_code, answer.headers["Content-Disposition"][-1 - len(wanted) - 1 :]) == (200, f'.{wanted}"')
    texts = [row["text"] for row in rows(answer.content, wanted) if row["source"] == "x"]
    assert len([text for text in texts if text]) == 3
    assert len(texts) == 4
    assert allowance.left(tmp_path, NOW.date()) == 497
    assert page.page("/search/export?q=acme").values("data-left") == ["497"]


def test_no_more_texts_of_x_are_had_than_there_are_or_may_go_out(page: Site, tmp_path: Path) -> None:
    fields = form(page.page("/search/export?q=acme")) | {"format": "ndjson"}
    sent(page, fields | {"texts": "400"})
    assert allowance.left(tmp_path, NOW.date()) == 499
    allowance.take(tmp_path, NOW.date(), 499)
    html = page.page("/search/export?q=acme")
    assert (html.values("data-left"), form(html)) == (["0"], {})
    first, *others = [json.loads(line) for line in sent(page, fields).content.splitlines()]
    assert first["about"]["x_texts"] == 0
    assert [row["text"] for row in others if row["source"] == "x"] == [None]


def test_what_went_out_is_logged_by_its_number_alone(page: Site, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="veille"):
        sent(page, form(page.page("/search/export?q=acme")) | {"format": "csv"})
    told = [record.getMessage() for record in caplog.records if record.name == "veille.export.allowance"]
    assert told == ["1 texts of X go out, 499 more may today"]
    assert not [record for record in caplog.records if "acme" in record.getMessage()]


def test_no_address_and_no_other_site_spends_what_may_go_out(page: Site, tmp_path: Path) -> None:
    fields = form(page.page("/search/export?q=acme")) | {"format": "csv"}
    page.get("/search/export", params=fields)
    foreign = {"Sec-Fetch-Site": "cross-site"}
    answer = page.session.post(f"{page.url}/search/export", data=fields, headers=foreign, timeout=60)
    assert answer.status_code == 403
    assert allowance.left(tmp_path, NOW.date()) == 500


@pytest.mark.parametrize("wrong", [{"format": "xlsx"}, {"texts": "-1"}, {"texts": "²"}, {"texts": ""}, {"z": "?"}])
def test_a_form_that_none_of_ours_sends_gets_nothing(page: Site, wrong: dict[str, str], tmp_path: Path) -> None:
    fields = form(page.page("/search/export?q=acme")) | {"format": "csv"}
    assert sent(page, fields | wrong).status_code == 400
    assert allowance.left(tmp_path, NOW.date()) == 500


def test_where_they_cannot_be_counted_none_go_out_and_the_page_says_why(page: Site, tmp_path: Path) -> None:
    fields = form(page.page("/search/export?q=acme")) | {"format": "csv"}
    (tmp_path / allowance.NAME).mkdir()
    answer = sent(page, fields)
    assert (answer.status_code, "cannot be written" in Html(answer.text).text) == (400, True)
    assert (Html(answer.text).values("data-left"), Html(answer.text).values("data-uncounted")) == ([], [""])
    (back,) = [each["href"] for _, each in Html(answer.text).elements if each.get("href", "").startswith("/search?z=")]
    assert page.get(back).status_code == 200


def test_nothing_of_x_asks_for_no_texts(page: Site) -> None:
    html = page.page("/search/export?q=nothing")
    assert (html.values("data-left"), len(addresses(html))) == ([], 2 * len(FORMATS))
    assert {parse_qs(urlsplit(each).query)["about"][0] for each in addresses(html)} == {"true"}


def test_a_folder_that_cannot_be_written_is_said_before_anybody_asks(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with site(tmp_path, base=replace(BASE, data=tmp_path / "file")) as page:
        page.write(mention("a", text="acme", source="x", native_id="1"))
        html = page.page("/search/export?q=acme")
        assert (html.values("data-left"), html.values("data-uncounted")) == ([], [""])
        assert f"{tmp_path / 'file'}/{allowance.NAME}" in html.text


def test_a_disk_that_is_read_only_is_said_as_well(page: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda _path, _mode: False)  # whoever runs this may be root, who may write all
    assert page.page("/search/export?q=acme").values("data-uncounted") == [""]
