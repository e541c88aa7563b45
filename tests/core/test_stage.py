"""A stage that is told to stop ends, also one that waits for others who do not answer."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from veille.errors import Corrupt, Unavailable
from veille.stage import until_told


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # also where the tests themselves survive their terminal
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_work_hears_of_the_stop_and_ends_by_itself(number: signal.Signals) -> None:
    said: list[str] = []

    def work(stop: threading.Event) -> None:
        os.kill(os.getpid(), number)
        said.append("told" if stop.wait(20) else "never told")

    until_told("world", work)
    assert said == ["told"]


def test_a_terminal_that_is_closed_ends_nothing_where_that_is_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does

    def work(stop: threading.Event) -> None:
        os.kill(os.getpid(), signal.SIGHUP)
        assert not stop.is_set()

    until_told("world", work)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_work_that_waits_for_others_is_left_behind(caplog: pytest.LogCaptureFixture) -> None:
    answered = threading.Event()

    def work(_stop: threading.Event) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        answered.wait(60)

    until_told("world", work, ending_s=0.05)
    assert not answered.is_set()
    assert "world stops while it waits for others" in caplog.text
    answered.set()


def test_what_work_raises_comes_out_but_for_services_that_are_away_at_the_stop(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def away(stop: threading.Event) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.wait(20)
        raise Unavailable("no broker")

    def corrupt(stop: threading.Event) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.wait(20)
        raise Corrupt("another one writes here")

    def unasked(_stop: threading.Event) -> None:
        raise Unavailable("no broker")

    until_told("world", away)
    assert "world stops while it waits, and reads the rest again later: no broker" in caplog.text
    with pytest.raises(Corrupt):
        until_told("world", corrupt)
    with pytest.raises(Unavailable):
        until_told("world", unasked)
