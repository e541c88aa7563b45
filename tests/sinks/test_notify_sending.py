"""Messages as mail servers and webhooks receive them, and what is said of those that they do not take."""

from __future__ import annotations

import logging
import socket
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts import NOON, alert
from notify_stands import MailServer, Mood, Webhook
from overheard import Overheard
from veille.brief import Brief
from veille.delivery import Delivery
from veille.errors import Misused, Unavailable
from veille.routes import Route
from veille.sinks.notify.message import OVER, Message
from veille.sinks.notify.receivers import receivers
from veille.sinks.notify.sending import HEADER, check, send
from veille.sinks.notify.wording import Text, Wording

TEXT = Text("Alert 7/10 – Bad buzz: acme", "Bad buzz: acme.\n\n<b>&amp; é", "Bad buzz. http://127.0.0.1:8420/alerts/a1")


def test_a_mail_is_plain_text_as_it_was_worded_with_an_id_that_repetitions_share(mail: MailServer) -> None:
    send(mail.address, TEXT, "a1/3")
    send(mail.address, TEXT, "a1/3")
    first, again = mail.mails
    assert first["subject"] == TEXT.title
    assert first["to"] == "desk@example.com"
    assert first.get_content_type() == "text/plain"
    assert first.get_content().strip().splitlines() == TEXT.body.splitlines()
    assert first[HEADER] == again[HEADER] == "a1/3"


def test_a_webhook_gets_title_text_and_id(hook: Webhook) -> None:
    send(hook.address, TEXT, "a1/3")
    (taken,) = hook.taken
    assert (taken["title"], taken["message"], taken["id"]) == (TEXT.title, TEXT.body, "a1/3")


@pytest.mark.parametrize("mood", ["refuse", "hang", "drop"])
def test_what_is_not_taken_is_unavailable_with_a_word_that_shows_nothing(
    hook: Webhook, mail: MailServer, mood: Mood, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[logging.LogRecord] = []
    monkeypatch.setattr(logging.getLogger(), "handlers", [_Keeping(logged)])
    hook.mood = mail.mood = mood
    secret = hook.address.replace("json://", "json://me:hush@") + "?rto=0.2"
    for address in (secret, mail.address):
        with pytest.raises(Unavailable) as told:
            send(address, TEXT, "a1/3") if mood != "hang" or address is secret else _hasten(address)
        assert "hush" not in str(told.value)
        assert "example.com" not in str(told.value)
    assert not hook.taken
    assert not mail.taken
    assert logged == []


class _Keeping(logging.Handler):
    def __init__(self, into: list[logging.LogRecord]) -> None:
        super().__init__()
        self._into = into

    def emit(self, record: logging.LogRecord) -> None:
        self._into.append(record)


def _hasten(address: str) -> None:
    """A mail server may take 15 seconds to answer; this one has hung for good."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("apprise.plugins.email.base.NotifyEmail.socket_connect_timeout", 0.2)
        send(address, TEXT, "a1/3")


def test_what_a_receiver_answered_is_said(hook: Webhook) -> None:
    hook.mood = "refuse"
    with pytest.raises(Unavailable, match="answered 503"):
        send(hook.address, TEXT, "a1/3")
    with socket.socket() as closed:  # a port that is taken, and that nobody listens on
        closed.bind(("127.0.0.1", 0))
        with pytest.raises(Unavailable, match="no connection"):
            send(f"json://127.0.0.1:{closed.getsockname()[1]}/", TEXT, "a1/3")


def test_addresses_are_checked_without_being_shown() -> None:
    check("mailto://h:25?from=a@b.co&to=c@d.co", "mailto://h:25")
    with pytest.raises(Misused, match="slack://… is no address") as told:
        check("slack://hush", "slack://…")
    assert "hush" not in str(told.value)
    with pytest.raises(Misused, match="2 receivers"):
        check("mailto://h:25?from=a@b.co&to=c@d.co,e@f.co", "mailto://h:25")


@pytest.mark.parametrize("address", ["slack://T0HUSH", "tgram://1hush/", "twilio://hush:x@abc", "foo://me:hush@host"])
def test_what_an_address_that_is_no_use_holds_is_not_logged(
    address: str, overheard: Overheard, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Misused):
        check(address, "shown")
    with pytest.raises(Unavailable):
        send(address, TEXT, "a1/3")
    overheard.nothing_of("hush")
    assert "hush" not in capsys.readouterr().err.casefold()


def test_an_answer_that_is_no_http_does_not_bring_the_address_into_the_log(hook: Webhook, overheard: Overheard) -> None:
    hook.mood = "babble"
    send(f"{hook.address}/hush", TEXT, "a1/3")
    assert hook.asked == 1
    overheard.nothing_of("hush")


def test_an_sms_gets_the_short_text(monkeypatch: pytest.MonkeyPatch, hook: Webhook) -> None:
    monkeypatch.setattr("apprise.plugins.custom_json.NotifyJSON.body_maxlen", 160)
    send(hook.address, TEXT, "a1/3")
    assert [each["message"] for each in hook.taken] == [TEXT.short]


def message(language: str = "en", kind: str = "alert", *names: str) -> Message:
    route = Route("json://h", "json://h", language=language)  # type: ignore[arg-type]  # one of both
    some = tuple(alert(name) for name in names or ("a1",))
    after = tuple(Delivery(receiver="r", alert=each.id) for each in some)
    kept = ("lesser", "muted", "hours")[: len(some)] if kind == "digest" else ()
    return Message(receivers([route])[0], kind, some, after, kept)  # type: ignore[arg-type]  # one of both


def test_a_message_is_worded_in_the_language_of_its_entry_and_leads_to_the_page() -> None:
    wording = Wording(ZoneInfo("Europe/Paris"), "https://v.example")
    english, french = wording.text(message(), []), wording.text(message("fr"), [])
    assert (english.title, french.title) == ("Alert 7/10 – Bad buzz: acme", "Alerte 7/10 – Bad buzz\u00a0: acme")
    for text in (english, french):
        assert "https://v.example/alerts/a1" in text.body
        assert "https://v.example/m/" in text.body
        assert text.short.endswith("https://v.example/alerts/a1")
        assert "did:plc" not in text.body
    assert english.body.splitlines()[-1] == "veille, alert a1, revision 1"


def test_who_hears_of_an_alert_for_the_first_time_is_told_of_an_alert_and_not_of_its_change() -> None:
    wording = Wording(ZoneInfo("UTC"), "https://v.example")
    later = replace(message(), alerts=(alert(revision=4, state="updated", severity=9),))
    assert wording.text(later, []).title == "Now 9/10 – Bad buzz: acme"
    assert wording.text(replace(later, first=True), []).title == "Alert 9/10 – Bad buzz: acme"


def test_what_was_over_before_it_could_be_told_is_told_as_that() -> None:
    ended = tuple(alert(name, 2, "closed", 1, highest=8) for name in ("a", "b"))
    over = replace(message("fr", "digest", "a", "b"), alerts=ended, kept=(OVER, OVER))
    text = Wording(ZoneInfo("UTC"), "https://v.example").text(over, [])
    assert text.title == "2 alertes sont closes"
    assert text.body.splitlines()[:2] == [
        "Closes avant d’avoir pu être dites\u00a0:",
        "- Bad buzz\u00a0: acme. Ouverte à 12:00, close à 12:00. Gravité 8 sur 10 au plus. "
        "214 mentions négatives de 160 auteurs en 28\u00a0min\u00a0; 30 à 55 attendues. https://v.example/alerts/a",
    ]


def test_a_digest_says_why_each_was_kept_back() -> None:
    text = Wording(ZoneInfo("UTC"), "https://v.example").text(message("en", "digest", "a", "b", "c"), [])
    assert text.title == "3 alerts kept back"
    order = [
        text.body.index(words)
        for words in ("Not urgent:", "/alerts/a", "Outside of", "/alerts/c", "While it was", "/alerts/b")
    ]
    assert order == sorted(order)


def test_messages_from_a_simulated_world_say_so_everywhere() -> None:
    text = Wording(ZoneInfo("UTC"), "https://v.example", simulated=True).text(message(), [])
    assert "Simulated" in text.body
    assert "Simulated" in text.short


def test_a_brief_is_worded_as_on_the_page_with_whole_addresses() -> None:
    nothing = Brief(NOON - timedelta(hours=18), NOON, [], 0, [], [], [], [], [], 1.0)
    text = Wording(ZoneInfo("UTC"), "https://v.example", simulated=True).brief(nothing, "fr")
    assert text.title == "Depuis le 22 nov. à 18:00\u00a0: aucune mention"
    assert "Aucune alerte.\nhttps://v.example/alerts?since=" in text.body
    assert "Simulation" in text.body
    assert text.short.endswith("https://v.example/")
