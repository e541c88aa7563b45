"""What a person who sets veille up meets: every fault of the settings at once, each with its place."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settings_reading import fault_of, faults_of, write
from veille.settings import Watch
from veille.settings_file import load
from veille.settings_gathered import SettingsError


def test_all_faults_are_told_at_once_in_order_with_their_places(folder: Path) -> None:
    path = write(
        folder,
        """\
kafka: {servers: ["kafka-1:9093"], security: scarm}
watches:
  acme: {role: brnd, query: acme}
  rival: {role: competitor}
sources:
  blusky: {}
web: {port: "80"}
dat: state
""",
    )
    faults = faults_of(path, {"VEILLE_WEB_PORT": "high"})
    assert [(fault.line, fault.column, fault.found, fault.nearest) for fault in faults] == [
        (1, 46, "`scarm` for `kafka.security`", "`scram`"),
        (3, 16, "the role `brnd`", "`brand`"),
        (4, 3, "watch `rival` without `query`", None),
        (6, 3, "the unknown name `sources.blusky`", "`bluesky`"),
        (7, 13, '`"80"` for `web.port`', None),
        (8, 1, "the unknown name `dat`", "`data`"),
        (None, None, "`high`", None),
    ]
    assert {str(path), "VEILLE_WEB_PORT"} == {fault.place for fault in faults}
    assert [fault for fault in faults if not fault.expected] == []


@pytest.mark.parametrize(
    ("text", "place", "found", "expected"),
    [
        ("kafka: {}", (1, 1), "`kafka` without `servers`", "or no `kafka` at all"),
        ("elasticsearch: {replicas: 1}", (1, 1), "`elasticsearch` without `url`", "`url`"),
        ("sources: {files: {}}", (1, 11), "`sources.files` without `paths`", "`paths`"),
        ("kafka: {servers: k:1}", (1, 18), "`k:1`", "addresses"),
        ("kafka: {servers: [k]}", (1, 18), "a list", "addresses"),
        ("kafka: {servers: []}", (1, 18), "a list", "addresses"),
        ("kafka: [k:1]", (1, 8), "a list for `kafka`", "names with values below them"),
        ("- kafka", (1, 1), "a list", "names with values below them"),
        ("just words", (1, 1), "`just words`", "names with values below them"),
        ("elasticsearch: {url: es:9200}", (1, 22), "`es:9200`", "https://host:9200"),
        ("web: {port: yes}", (1, 13), "which YAML reads as true or false", "0 to 65535"),
        ("web: {port: 65536}", (1, 13), "`65536`", "0 to 65535"),
        ("web: {zone: Mars/Base}", (1, 13), "`Mars/Base`", "Europe/Paris"),
        ("web: {host: 0.0.0.0}", (1, 7), "without a token", "VEILLE_WEB_TOKEN"),
        ("web: {host: 127.0.0.2}", (1, 7), "without a token", "VEILLE_WEB_TOKEN"),
        ("web: {proxies: [proxy.example]}", (1, 16), "a list", "10.0.0.0/8"),
        ("web: {user_header: X-User}", (1, 7), "without `proxies`", "addresses of the proxies"),
        ("web: {port: 1, port: 2}", (1, 16), "`web.port` a second time", "line 1"),
        ("kafka: {servers: [k:1], partitions: 0}", (1, 37), "`0`", "from 1 on"),
        ("sources: {world: {rate: .nan}}", (1, 25), "which YAML reads as a number", "posts a second"),
        ("kafka: {servers: [k:1], security: scram, username: me}", (1, 25), "without a password", "VEILLE_KAFKA_PASSW"),
        ("watches: {Acme Corp: {role: brand, query: acme}}", (1, 11), "`Acme Corp`", "small letters"),
        ("watches: {acme: '@acme'}", (1, 17), '`"@acme"`', "names with values below them"),
        ("watches: {acme: {role: no, query: acme}}", (1, 24), "YAML reads as true or false", "brand, competitor, mar"),
        ("watches: {acme: {role: brand, query: 2026}}", (1, 38), "YAML reads as a number", "in quotes"),
        ("watches: {acme: {role: brand, qery: acme}}", (1, 31), "`watches.acme.qery`", "role, query"),
        ("notify: mailto://a", (1, 9), "`mailto://a` for `notify`", "a list of entries"),
        ("notify: [{when: 'severity >= 6'}]", (1, 10), "without `to`", "the address"),
        ("notify: [{to: 'json://h', whn: 1}]", (1, 27), "`notify 1.whn`", "when"),
        ("notify: [{to: 'json://h', when: severe}]", (1, 33), "`severe` for `when`", "severity >= 6"),
        ("notify: [{to: 'json://h', when: 'reach > 6'}]", (1, 33), '`"reach > 6"`', "mentions, authors, stories"),
        ("notify: [{to: 'json://h', hours: '08:00'}]", (1, 34), "08:00", "08:00-20:00"),
        ("notify: [{to: 'json://h', hours: '25:00-08:00'}]", (1, 34), "25:00", "08:00-20:00"),
        ("notify: [{to: 'json://h', cooldown: 30}]", (1, 37), "30", "30m or 2h"),
        ("notify: [{to: 'json://h', cooldown: 25h}]", (1, 37), "25h", "at most a day"),
        ("notify: [{to: 'json://h', digest: 24:00}]", (1, 35), "a number", "a time of the day"),
        ("notify: [{to: 'json://h', language: de}]", (1, 37), "`de`", "en, fr"),
        ("notify: [{to: 'json://h', kinds: [bad_bus]}]", (1, 35), "`bad_bus`", "bad_buzz"),
        ("notify: [{to: 'json://h', kinds: peak}]", (1, 34), "`peak` for `kinds`", "a list"),
        ("notify: [{to: 'json://h', watches: [acme]}]", (1, 37), "`acme` in `watches`", "of which there are none"),
        ("notify: [{to: VEILLE_NOTIFY_CHAT}]", (1, 15), "which holds nothing", "the address in it"),
        ("own: {bluesky: ['@acme.com']}", (1, 16), "a list", "without `@`"),
        ("own: {mastodon: [acme]}", (1, 17), "a list", "acme@mastodon.social"),
        ("own: {x: ['@acme']}", (1, 10), "a list", "without `@`"),
        ("sources: {feeds: {urls: []}}", (1, 25), "", "at most 1,000 addresses"),
        ("sources: {feeds: {urls: ['https://a:b@c.example/']}}", (1, 25), "", "without a name or password"),
        ("sources: {feeds: {urls: ['https://c.example/'], every: 0}}", (1, 56), "`0`", "from 1 to 1440"),
        ("sources: {x: {budget: 50}}", (1, 23), "`50`", "50 USD/month"),
        ("sources: {x: {budget: 0 USD/month}}", (1, 23), "`0 USD/month`", "50 USD/month"),
        ("sources: {x: {own_mentions: true}}", (1, 15), "without an account of ours", "own: {x: [HANDLE]}"),
        ("web: {port: !!python/name:os.system }", (1, 13), "``", "0 to 65535"),
        ("web:\n\tport: 1", (2, 1), "found character '\\t' that cannot start any token", "YAML"),
        ("? [a]\n: 1", (1, 3), "a list as a name", "text"),
    ],
)
def test_a_fault_says_where_what_and_what_instead(
    folder: Path, text: str, place: tuple[int, int], found: str, expected: str
) -> None:
    fault = next(fault for fault in faults_of(write(folder, text)) if found in fault.found)
    assert place == (fault.line, fault.column)
    assert expected in fault.expected


def test_bytes_that_are_no_text_are_refused(folder: Path) -> None:
    path = folder / "veille.yaml"
    path.write_bytes(b"data: \xff\xfe\n")
    (fault,) = faults_of(path)
    assert fault.expected == "YAML in UTF-8"


def test_a_file_that_is_not_there_is_told_with_where_it_was_named(folder: Path) -> None:
    assert faults_of(folder / "none.yaml")[0].place == "--config"
    assert faults_of(None, {"VEILLE_CONFIG": "none.yaml"})[0].place == "VEILLE_CONFIG"


def test_a_query_that_cannot_be_read_is_pointed_at_in_the_file(folder: Path) -> None:
    fault = fault_of(folder, "watches:\n  acme: {role: brand, query: 'acme OR (kettle'}\n")
    assert (fault.line, fault.column) == (2, 39)
    assert fault.shown is not None
    query, caret = fault.shown.splitlines()[1:3]
    assert query[caret.index("^")] == "("


def test_a_query_folded_over_lines_is_pointed_at_where_it_begins(folder: Path) -> None:
    fault = fault_of(folder, "watches:\n  acme:\n    role: brand\n    query: >-\n      acme OR\n      (kettle\n")
    assert fault.line == 4
    assert fault.shown is not None
    assert "acme OR (kettle" in fault.shown


def test_flags_are_checked_like_the_file(folder: Path) -> None:
    faults = faults_of(None, {}, {"web.port": 70_000, "watches": (Watch("acme", "brand", "acme OR ("),)})
    assert [fault.place for fault in faults] == ["the flag for web.port", "--watch"]


WORDS = ["kafka", "web", "port", "sources", "x", "watches", "role", "query", "[", "]", "{", "}", ": ", "- ", "\n", "  ",
         "&a ", "*a", "!!set ", "'", '"', "|", "1", "~", "\t", "\x00", "é", "? ", "<<: "]  # fmt: skip


@given(st.one_of(st.binary(max_size=200), st.lists(st.sampled_from(WORDS)).map(lambda words: "".join(words).encode())))
def test_whatever_a_file_holds_it_is_read_or_refused_with_faults(content: bytes) -> None:
    with tempfile.NamedTemporaryFile(suffix=".yaml") as file:
        file.write(content)
        file.flush()
        try:
            told = bool(load(Path(file.name), env={}, overrides={}))
        except SettingsError as error:
            told = bool(error.faults)
        assert told
