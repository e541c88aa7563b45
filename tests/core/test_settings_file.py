"""What a person who sets veille up meets: values from file, environment and flags, secrets from the last two alone."""

from __future__ import annotations

import dataclasses
from datetime import time, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settings_reading import fault_of, faults_of, write
from veille.routes import Comparison, Hours, Route
from veille.settings import KafkaSettings, Settings, Watch, watches_hash
from veille.settings_fields import SETTINGS, Setting
from veille.settings_file import load
from veille.settings_gathered import SettingsError

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
    "web.avatars": ("false", False),
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


def test_a_token_that_can_be_guessed_is_refused_where_others_reach_the_page() -> None:
    others = {"VEILLE_WEB_HOST": "0.0.0.0"}
    load(None, env=others | {"VEILLE_WEB_TOKEN": "twelve-chars"}, overrides={})
    load(None, env={"VEILLE_WEB_TOKEN": "hunter2"}, overrides={})
    (fault,) = faults_of(None, others | {"VEILLE_WEB_TOKEN": "hunter2"})
    assert (fault.place, "hunter2" in repr(fault)) == ("VEILLE_WEB_TOKEN", False)


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
