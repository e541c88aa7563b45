"""The generated pages say what the code does, and the example can be used."""

from __future__ import annotations

import re
from pathlib import Path

import jsonschema
import msgspec
import pytest

from veille import __version__, docs
from veille.grants import FINDINGS
from veille.mention import Mention
from veille.metrics import DEAD_REASONS, DROP_REASONS, STAGES
from veille.query import QueryError, Use, parse
from veille.query.operators import OPERATORS
from veille.settings_fields import SECTIONS, SETTINGS
from veille.settings_file import load
from veille.topics import TOPICS
from veille.words import LANGUAGES, WORDS

ROOT = Path(__file__).parents[1]
PAGES = docs.pages()


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_what_the_code_says_now(name: str) -> None:
    assert PAGES[name] == (ROOT / "docs" / name).read_text("utf-8"), "run `make docs`"


def test_every_setting_has_its_variable_and_its_sentence() -> None:
    page = (ROOT / "docs/configuration.md").read_text("utf-8")
    for setting in SETTINGS.values():
        rows = [line for line in page.splitlines() if f"`{setting.variable}`" in line]
        assert len(rows) == 1, setting.path
        assert rows[0].split(" | ")[-1].strip(" |"), setting.path
    assert [f"## `{section}`" in page for section in SECTIONS] == [True] * len(SECTIONS)
    assert "('" not in page, "a default is told as it is written, not as Python shows it"


def test_every_reason_and_stage_is_explained() -> None:
    page = (ROOT / "docs/metrics.md").read_text("utf-8")
    named = set(re.findall(r"`(\w+)`", page))
    assert {*STAGES, *DROP_REASONS, *DEAD_REASONS} <= named


QUERY_PAGE = (ROOT / "docs/query.md").read_text("utf-8")


def test_every_example_of_the_query_page_is_a_search_and_every_operator_of_the_archive_is_on_it() -> None:
    block = QUERY_PAGE.partition("```query\n")[2].partition("```")[0]
    rows = [row.split(" | ") for row in QUERY_PAGE.splitlines() if row.startswith("| `")]
    written = [re.split(r" {3,}", line)[0] for line in block.splitlines() if line]
    cells = [(query, row[2], row[3]) for row in rows for query in re.findall(r"`([^`]+)`", row[0])]
    for query in written:
        parse(query, Use.SEARCH)
        parse(query, Use.WATCH)
    for query, in_watches, in_searches in cells:
        parse(query, Use.SEARCH)
        assert in_searches == "yes |"
        if in_watches == "yes":
            parse(f"acme {query}", Use.WATCH)
        else:
            with pytest.raises(QueryError):
                parse(f"acme {query}", Use.WATCH)
    shown = {query.partition(":")[0].lstrip("-") for query, _, _ in cells}
    assert shown == {operator.name for operator in OPERATORS if operator.search is None}


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_query_of_the_guides_is_a_search(language: str) -> None:
    page = (ROOT / f"docs/guide.{language}.md").read_text("utf-8")
    table = page.partition("| --- | --- |")[2].partition("| --- | --- |")[2].partition("\n\n")[0]
    queries = re.findall(r"\| `([^`]+)` \|", table)
    assert len(queries) == 6
    for query in queries:
        parse(query, Use.SEARCH)


@pytest.mark.parametrize("column", range(len(LANGUAGES)))
def test_the_guides_call_things_as_the_page_does(column: int) -> None:
    """What is bold in a guide, and the words of its first table, stand on the page in that language."""
    page = (ROOT / f"docs/guide.{LANGUAGES[column]}.md").read_text("utf-8")
    said = [re.sub(r"\{\w+\}|[0-9]+", "0", texts[column]).lower() for texts in WORDS.values()]
    first = page.partition("| --- | --- |\n")[2].partition("\n\n")[0]
    named = re.findall(r"\*\*([^*]+)\*\*", page) + re.findall(r"^\| ([^|]+) \|", first, flags=re.MULTILINE)
    assert len(named) > 25
    sought = {name: re.compile(rf"(?<!\w){re.escape(re.sub(r'[0-9]+', '0', name).lower())}(?!\w)") for name in named}
    assert [name for name, pattern in sought.items() if not any(map(pattern.search, said))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_guides_tell_every_key(language: str) -> None:
    shell = (ROOT / "src/veille/web/templates/base.html").read_text("utf-8")
    listed = re.findall(r"\('([^']+)', '\w+'\)", shell.partition("for keys, what in")[2].partition("%}")[0])
    told = (ROOT / f"docs/guide.{language}.md").read_text("utf-8").rpartition("\n## ")[2].replace("Entrée", "Enter")
    assert {key for keys in listed for key in keys.split()} == set(re.findall("`([^`]+)`", told))


def test_the_error_on_the_query_page_is_what_the_command_prints() -> None:
    with pytest.raises(QueryError) as refused:
        parse("kettle (tea", Use.SEARCH)
    assert f"veille: {refused.value}" in QUERY_PAGE


def test_the_checked_in_schema_takes_a_whole_mention_and_refuses_a_broken_one() -> None:
    schema = msgspec.json.decode((ROOT / "docs/schemas/mention.v1.json").read_bytes())
    checker = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    jsonschema.Draft202012Validator.check_schema(schema)
    whole = {
        "doc_id": "x:1", "version": "1", "source": "x", "native_id": "1", "text": "bonjour",
        "created_at": "2026-11-01T00:00:00Z", "received_at": "2026-11-01T00:00:00Z",
        "tags": {"watches": [{"id": "acme", "terms": ["bonjour"], "spans": [[0, 7]]}]},
        "geo": {"point": [2.35, 48.85], "country": "FR", "precision": "city", "by": "profile", "confidence": 0.9},
    }  # fmt: skip
    checker.validate(whole)
    assert msgspec.json.decode(msgspec.json.encode(whole), type=Mention).geo.country == "FR"
    with pytest.raises(jsonschema.ValidationError):
        checker.validate({**whole, "version": 1})
    with pytest.raises(jsonschema.ValidationError):
        checker.validate({key: value for key, value in whole.items() if key != "doc_id"})


def test_the_example_loads_as_it_is_and_with_all_its_lines_switched_on(tmp_path: Path) -> None:
    example = (ROOT / "veille.example.yaml").read_text("utf-8")
    settings = load(ROOT / "veille.example.yaml", env={}, overrides={})
    assert [watch.id for watch in settings.watches] == ["acme", "rival", "market"]
    assert settings.bluesky is not None
    assert settings.x is None
    assert settings.embedded

    everything = tmp_path / "veille.yaml"
    everything.write_text(re.sub(r"^(\s*)# (\w+: +\{)", r"\1\2", example, flags=re.MULTILINE), "utf-8")
    switched_on = load(everything, env={"VEILLE_KAFKA_PASSWORD": "secret"}, overrides={})
    sections = ("kafka", "elasticsearch", "x", "bluesky", "mastodon", "feeds", "files", "world")
    assert [name for name in sections if getattr(switched_on, name) is None] == []


@pytest.mark.parametrize(
    "page", [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))], ids=lambda p: p.name
)
def test_links_of_the_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)", page.read_text("utf-8"))
    targets = [(page.parent / path if path else page, anchor) for path, anchor in links if "://" not in path]
    assert [target for target, _ in targets if not target.exists()] == []
    assert [(target.name, anchor) for target, anchor in targets if anchor and anchor not in anchors(target)] == []


def anchors(page: Path) -> set[str]:
    """What its headings are called in an address, as they are shown on the web."""
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_one_who_runs_it_finds_how_long_each_topic_keeps() -> None:
    page = (ROOT / "docs/operations.md").read_text("utf-8")
    table = page.partition("## Topics and how long they keep")[2].partition("## ")[0]
    assert [topic.name for topic in TOPICS if f"`veille.{topic.name}`" not in table] == []


def test_who_rebuilds_an_archive_is_told_every_group_of_its_sinks() -> None:
    page = (ROOT / "docs/operations.md").read_text("utf-8")
    told = set(re.findall(r"--group (\S+)", page.partition("## Rebuild an archive")[2].partition("\n## ")[0]))
    read = {topic.name.removesuffix(".v1") for topic in FINDINGS}
    assert told == {"veille.elasticsearch", *(f"veille.elasticsearch.{name}" for name in read)}


def test_the_map_of_the_code_names_every_module_and_package_of_the_core_and_nothing_that_is_not_there() -> None:
    named = set(re.findall(r"`([\w/]+(?:\.py|/))`", (ROOT / "docs/architecture.md").read_text("utf-8")))
    core = ROOT / "src/veille"
    there = {
        each.name if each.is_file() else f"{each.name}/" for each in core.iterdir() if not each.name.startswith("_")
    }
    assert sorted(each for each in there - named if each.endswith((".py", "/"))) == []
    paths = [each for each in named if "/" in each]
    assert sorted(each for each in paths if not any((root / each).exists() for root in (core, ROOT))) == []


def test_the_changelog_begins_with_the_version_that_there_is() -> None:
    newest = re.search(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert newest is not None
    assert newest[1] == __version__


def test_every_invariant_names_its_tests_and_they_are_there() -> None:
    page = (ROOT / "docs/invariants.md").read_text("utf-8").partition("## ")[0]
    rules = re.findall(r"^\d+\. .*$", page, re.MULTILINE)
    named = [re.findall(r"`(tests/[\w/]+\.py)`", rule) for rule in rules]
    assert len(rules) > 15
    assert [rule for rule, tests in zip(rules, named, strict=True) if not tests] == []
    assert [test for tests in named for test in tests if not (ROOT / test).is_file()] == []
