"""What a person who sets veille up meets: values from file, environment and flags, and every fault with its place."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Mapping
from datetime import time, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veille.routes import Comparison, Hours, Route
from veille.settings import KafkaSettings, Settings, Watch, watches_hash
from veille.settings_fields import SETTINGS, Setting
from veille.settings_file import load
from veille.settings_gathered import Fault, SettingsError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, text: str, name: str = "veille.yaml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def faults_of(
    path: Path | None, env: Mapping[str, str] | None = None, overrides: Mapping[str, object] | None = None
) -> tuple[Fault, ...]:
    with pytest.raises(SettingsError) as told:
        load(path, env=env or {}, overrides=overrides or {})
    return told.value.faults


def fault_of(folder: Path, text: str, env: Mapping[str, str] | None = None) -> Fault:
    (fault,) = faults_of(write(folder, text), env)
    return fault


# --- where values come from -----------------------------------------------------------------------------------------


def test_without_file_variables_and_flags_everything_has_its_default(folder: Path) -> None:
    assert Settings() == load(None, env={}, overrides={})


def test_a_whole_file_is_read(folder: Path) -> None:
    path = write(
        folder,
        """
kafka:         {servers: ["kafka-1:9093", "kafka-2:9093"], security: tls, ca: ca.pem, partitions: 6}
elasticsearch: {url: "https://es:9200", replicas: 0}
watches:
  acme:        {role: brand, query: '("acme corp" OR @acme OR #acme) -is:retweet'}
  rival:       {role: competitor, query: '@rival OR "rival inc"'}
sources:
  bluesky:
  x:           {}
  files:       {paths: [a.jsonl, "-"]}
  world:       {seed: 7, rate: 2, faults: true, limit: 10}
web:           {host: localhost, port: 0, zone: Europe/Paris}
data:          ./state
""",
    )
    settings = load(path, env={}, overrides={})
    assert KafkaSettings(("kafka-1:9093", "kafka-2:9093"), "tls", Path("ca.pem"), partitions=6) == settings.kafka
    assert settings.elasticsearch is not None
    assert (settings.elasticsearch.url, settings.elasticsearch.replicas) == ("https://es:9200", 0)
    assert (settings.watches[0].id, settings.watches[0].role) == ("acme", "brand")
    assert settings.watches[1].query == '@rival OR "rival inc"'
    assert settings.bluesky is not None
    assert settings.x is not None
    assert settings.files is not None
    assert settings.files.paths == ("a.jsonl", "-")
    assert settings.world is not None
    assert (
        settings.world.seed, settings.world.rate, settings.world.faults, settings.world.limit
    ) == (7, 2.0, True, 10)  # fmt: skip
    assert (settings.web.host, settings.web.port, settings.web.zone) == ("localhost", 0, "Europe/Paris")
    assert (Path("state"), path) == (settings.data, settings.path)
    assert not settings.embedded


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "kafka:\n", "sources:\n"])
def test_an_empty_file_or_section_is_read(folder: Path, text: str) -> None:
    env = {"VEILLE_KAFKA_SERVERS": "kafka:9092"}
    assert load(write(folder, text), env=env, overrides={}).kafka == KafkaSettings(("kafka:9092",))


def test_the_file_in_the_current_folder_is_found_and_a_named_one_goes_before_it(folder: Path) -> None:
    write(folder, "web: {port: 1}")
    named = write(folder, "web: {port: 2}", "two.yaml")
    given_ = write(folder, "web: {port: 3}", "three.yaml")
    env = {"VEILLE_CONFIG": str(named)}
    assert load(None, env={}, overrides={}).web.port == 1
    assert load(None, env=env, overrides={}).web.port == 2
    assert load(given_, env=env, overrides={}).web.port == 3


def test_a_variable_wins_over_the_file_and_a_flag_over_both(folder: Path) -> None:
    path = write(folder, "web: {port: 1}\ndata: here")
    env = {"VEILLE_WEB_PORT": "2", "VEILLE_DATA": "there"}
    assert load(path, env=env, overrides={}).web.port == 2
    both = load(path, env=env, overrides={"web.port": 3})
    assert (3, Path("there")) == (both.web.port, both.data)


SAMPLES = {
    "web.author_pages": ("false", False),
    "kafka.servers": ("k:1, l:2", ("k:1", "l:2")),
    "kafka.security": ("tls", "tls"),
    "elasticsearch.url": ("https://es:9200", "https://es:9200"),
    "sources.x.base_url": ("http://127.0.0.1:9", "http://127.0.0.1:9"),
    "sources.x.budget": ("50 USD/month", "50 USD/month"),
    "sources.x.post_price": ("0.006", 0.006),
    "sources.x.user_price": ("0", 0.0),
    "sources.x.own_price": ("0.002", 0.002),
    "sources.x.count_includes": ("false", False),
    "sources.x.own_mentions": ("true", True),
    "own.x": ("acme, acme_help", ("acme", "acme_help")),
    "own.bluesky": ("acme.com, did:plc:abc", ("acme.com", "did:plc:abc")),
    "own.mastodon": ("acme@mastodon.social", ("acme@mastodon.social",)),
    "retention.x": ("90", 90),
    "retention.bluesky": ("0", 0),
    "retention.mastodon": ("30", 30),
    "retention.feeds": ("400", 400),
    "retention.files": ("1", 1),
    "sources.bluesky.public_api": ("http://127.0.0.1:9", "http://127.0.0.1:9"),
    "sources.bluesky.url": ("ws://127.0.0.1:9/subscribe", "ws://127.0.0.1:9/subscribe"),
    "sources.feeds.urls": ("https://a.example/rss,http://b.example/", ("https://a.example/rss", "http://b.example/")),
    "sources.feeds.every": ("2.5", 2.5),
    "sources.feeds.allow_private": ("intranet,127.0.0.1:9", ("intranet", "127.0.0.1:9")),
    "sources.mastodon.instances": ("a.example, b.example", ("a.example", "b.example")),
    "sources.mastodon.public": ("true", True),
    "sources.mastodon.local": ("false", False),
    "sources.files.paths": ("a,b", ("a", "b")),
    "sources.world.faults": ("true", True),
    "sources.world.rate": ("2.5", 2.5),
    "sentiment.model": ("transformer", "transformer"),
    "kibana.url": ("https://kibana:5601", "https://kibana:5601"),
    "kibana.language": ("en", "en"),
    "web.host": ("localhost", "localhost"),
    "web.public_url": ("https://veille.example.com/", "https://veille.example.com/"),
    "web.proxies": ("10.0.0.0/8, ::1", ("10.0.0.0/8", "::1")),
    "web.user_header": ("X-Forwarded-User", "X-Forwarded-User"),
    "web.zone": ("Europe/Paris", "Europe/Paris"),
}
ON: dict[str, object] = {
    "kafka.servers": ("k:1",),
    "elasticsearch.url": "https://es:9200",
    "own.x": ("acme",),
    "web.proxies": ("::1",),
    "sources.feeds.urls": ("https://a.example/rss",),
    "sources.files.paths": ("-",),
    "sources": ("x", "bluesky", "mastodon", "feeds", "files", "world"),
}


@pytest.mark.parametrize("path", sorted(SETTINGS))
def test_every_setting_has_a_variable(folder: Path, path: str) -> None:
    setting = SETTINGS[path]
    is_path = "Path" in str(setting.hint)
    text, expected = SAMPLES.get(path, ("5", 5 if "int" in str(setting.hint) else Path("5") if is_path else "5"))
    others = {name: value for name, value in ON.items() if name != path}
    settings = load(None, env={setting.variable: text}, overrides=others)
    holder = getattr(settings, setting.section.removeprefix("sources.")) if setting.section else settings
    assert expected == getattr(holder, setting.name)


def test_a_variable_of_a_source_does_not_switch_it_on(folder: Path) -> None:
    assert load(None, env={"VEILLE_WORLD_SEED": "3", "VEILLE_X_BEARER_TOKEN": "t"}, overrides={}) == Settings()


def test_flags_choose_the_sources_whatever_the_file_says(folder: Path) -> None:
    path = write(folder, "sources: {bluesky: {}, world: {seed: 9}}")
    only_world = load(path, env={}, overrides={"sources": ("world",)})
    assert only_world.bluesky is None
    assert only_world.world is not None
    assert only_world.world.seed == 9


def test_watches_of_flags_replace_those_of_the_file(folder: Path) -> None:
    path = write(folder, "watches: {acme: {role: brand, query: acme}}")
    flag = (Watch("mine", "brand", "kettle"),)
    assert flag == load(path, env={}, overrides={"watches": flag}).watches


def test_a_watch_knows_the_line_that_names_it_and_is_the_same_on_another_one(folder: Path) -> None:
    text = "watches:\n  acme: {role: brand, query: acme}\n\n  tea:\n    role: market\n    query: kettle\n"
    here = load(write(folder, text), env={}, overrides={}).watches
    further_down = load(write(folder, f"# ours\n{text}"), env={}, overrides={}).watches
    assert ([each.line for each in here], [each.line for each in further_down]) == ([2, 4], [3, 5])
    assert here == further_down
    assert watches_hash(here) == watches_hash(further_down)


# --- secrets --------------------------------------------------------------------------------------------------------

SECRETS = [setting for setting in SETTINGS.values() if setting.secret]


@pytest.mark.parametrize("setting", SECRETS, ids=[setting.path for setting in SECRETS])
def test_a_secret_in_the_file_is_refused_without_being_shown(folder: Path, setting: Setting) -> None:
    *above, name = setting.path.split(".")
    text = "".join(f"{'  ' * depth}{part}:\n" for depth, part in enumerate(above))
    text += f"{'  ' * len(above)}{name}: hunter2-hunter2\n"
    told = [fault for fault in faults_of(write(folder, text)) if "secret" in fault.found]
    assert setting.variable in told[0].expected
    assert len(above) + 1 == told[0].line
    assert "hunter2" not in str(SettingsError(told))


def test_a_secret_comes_from_its_variable_or_from_a_file_without_the_line_end(folder: Path) -> None:
    secret = write(folder, "hunter2\n", "secret")
    overrides = {"sources": ("x",)}
    for env in ({"VEILLE_X_BEARER_TOKEN": "hunter2"}, {"VEILLE_X_BEARER_TOKEN_FILE": str(secret)}):
        settings = load(None, env=env, overrides=overrides)
        assert settings.x is not None
        assert settings.x.bearer_token == "hunter2"
        assert "hunter2" not in repr(settings)


@pytest.mark.parametrize("content", [None, "", "\n"])
def test_a_secret_file_that_holds_none_is_refused(folder: Path, content: str | None) -> None:
    path = folder / "secret"
    if content is not None:
        path.write_text(content)
    (fault,) = faults_of(None, {"VEILLE_WEB_TOKEN_FILE": str(path)})
    assert fault.place == "VEILLE_WEB_TOKEN_FILE"


def test_a_secret_given_twice_is_refused(folder: Path) -> None:
    path = write(folder, "one", "secret")
    (fault,) = faults_of(None, {"VEILLE_WEB_TOKEN": "two", "VEILLE_WEB_TOKEN_FILE": str(path)})
    assert fault.found == "VEILLE_WEB_TOKEN as well"


@pytest.mark.parametrize(
    "text",
    [
        'elasticsearch: {url: "https://elastic:hunter2@es:9200"}',
        "kafka: {servers: [user:hunter2@kafka:9093]}",
        'sources: {x: {base_url: "https://u:hunter2@x.example"}}',
        "kafka: {servers: [k:1]\npassword: hunter2",
        "web: {token hunter2}",
        "password: hunter2",
    ],
)
def test_no_message_repeats_what_may_be_a_password(folder: Path, text: str) -> None:
    told = faults_of(write(folder, text))
    assert "hunter2" not in str(SettingsError(told))
    assert told[0].line is not None


# --- faults ---------------------------------------------------------------------------------------------------------


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


# --- watches hash ---------------------------------------------------------------------------------------------------

WATCHES = st.lists(
    st.builds(Watch, st.text(min_size=1), st.sampled_from(["brand", "market"]), st.text()),
    unique_by=lambda watch: watch.id,
    max_size=5,
)


@given(WATCHES, st.randoms())
def test_the_hash_of_the_watches_ignores_order_and_roles(watches: list[Watch], random: Random) -> None:
    shuffled = [dataclasses.replace(watch, role="competitor") for watch in watches]
    random.shuffle(shuffled)
    assert watches_hash(watches) == watches_hash(shuffled)


def test_the_hash_of_the_watches_stays_what_it_was_and_changes_with_a_query() -> None:
    watches = (Watch("acme", "brand", "acme"),)
    assert Settings(watches=watches).watches_hash == "a566b289460f6ecf"
    assert watches_hash(watches) != watches_hash((Watch("acme", "brand", "acme OR kettle"),))


# --- who is told of alerts ------------------------------------------------------------------------------------------


def test_entries_of_notify_are_read_as_they_are_written(folder: Path) -> None:
    path = write(
        folder,
        """
watches: {acme: {role: brand, query: acme}}
notify:
  - {to: "json://127.0.0.1:8080/hook"}
  - to: VEILLE_NOTIFY_CHAT
    when: severity >= 8 and authors > 10
    watches: [acme]
    kinds: [bad_buzz, silence]
    hours: 20:00-08:00
    language: fr
    cooldown: 2h
    digest: 18:00
""",
    )
    plain, full = load(path, env={"VEILLE_NOTIFY_CHAT": "slack://aaa/bbb/ccc"}, overrides={}).notify
    assert plain == Route("json://127.0.0.1:8080/hook", "json://127.0.0.1:8080/hook")
    assert full == Route(
        "VEILLE_NOTIFY_CHAT",
        "slack://aaa/bbb/ccc",
        when=(Comparison("severity", ">=", 8), Comparison("authors", ">", 10)),
        watches=("acme",),
        kinds=("bad_buzz", "silence"),
        hours=Hours(time(20), time(8)),
        language="fr",
        cooldown=timedelta(hours=2),
        digest=time(18),
    )


def test_an_address_may_stand_in_a_file_that_a_variable_names(folder: Path) -> None:
    (folder / "chat").write_text("tgram://123:abc/456\n")
    path = write(folder, "notify: [{to: VEILLE_NOTIFY_CHAT}]")
    (route,) = load(path, env={"VEILLE_NOTIFY_CHAT_FILE": str(folder / "chat")}, overrides={}).notify
    assert route.address == "tgram://123:abc/456"


@pytest.mark.parametrize(
    "address",
    [
        "mailto://me:hush-hush@mail.example",
        "mailto://mail.example?user=me&pass=hush-hush&to=you@example.com",
        "json://h/?+Authorization=hush-hush",
        "slack://hush-hush/b/c",
        "hush-hush",
        "json://:hush-hush",
    ],
)
def test_an_address_with_a_secret_is_refused_in_the_file_and_never_shown(folder: Path, address: str) -> None:
    fault = fault_of(folder, f"notify: [{{to: '{address}'}}]")
    assert (fault.line, fault.column) == (1, 15)
    assert "VEILLE_NOTIFY_" in fault.expected
    assert "hush" not in str(fault)


def test_an_address_in_a_variable_is_never_shown(folder: Path) -> None:
    fault = fault_of(folder, "notify: [{to: VEILLE_NOTIFY_CHAT}]", {"VEILLE_NOTIFY_CHAT": "hush-hush"})
    assert fault.place == "VEILLE_NOTIFY_CHAT"
    assert "hush" not in str(fault)
    path = write(folder, "notify: [{to: VEILLE_NOTIFY_CHAT}]")
    settings = load(path, env={"VEILLE_NOTIFY_CHAT": "slack://hush/hush/hush"}, overrides={})
    assert "hush" not in repr(settings)
    assert settings.notify[0].shown == "slack://…"
    mail = Route("VEILLE_NOTIFY_MAIL", "mailtos://me:hush@mail.example:587?to=hush@example.com")
    assert mail.shown == "mailtos://mail.example:587"
