"""Who asks how far a group is is not held up by brokers that do not answer."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import pytest

from veille.errors import Unavailable
from veille.processors.beside import Beside

DEADLINE_S = 20.0


class Slow:
    """A place whose answers come when it is let; notes what it was asked, and whether by two at once."""

    def __init__(self) -> None:
        self.let, self.answered = threading.Event(), threading.Event()
        self.asked: list[str] = []
        self.fault: Exception | None = None
        self.at_once = 0

    def ends(self) -> Mapping[int, int]:
        self._answer("ends")
        return {0: 7}

    def committed(self) -> Mapping[int, int]:
        self._answer("committed")
        return {0: 5}

    def passed(self, ends: Mapping[int, int]) -> bool:
        self._answer(f"passed {dict(ends)}")
        return all(end <= 5 for end in ends.values())

    def _answer(self, what: str) -> None:
        self.asked.append(what)
        self.at_once += 1
        assert self.at_once == 1
        assert self.let.wait(DEADLINE_S)
        self.at_once -= 1
        self.answered.set()
        if self.fault is not None:
            raise self.fault


@pytest.fixture
def slow() -> Slow:
    return Slow()


def test_an_answer_that_comes_in_time_is_given(slow: Slow) -> None:
    slow.let.set()
    place = Beside(slow, within_s=DEADLINE_S)
    assert (place.ends(), place.committed(), place.passed({0: 6}), place.passed({0: 4})) == (
        {0: 7},
        {0: 5},
        False,
        True,
    )


def test_what_does_not_come_in_time_is_unavailable_and_there_for_who_asks_again(slow: Slow) -> None:
    place = Beside(slow, within_s=0.01)
    for _ in range(3):
        with pytest.raises(Unavailable, match="have not answered"):
            place.committed()
    slow.let.set()
    assert slow.answered.wait(DEADLINE_S)
    assert patient(place).committed() == {0: 5}
    assert slow.asked == ["committed"]


def test_another_question_waits_for_the_one_before_and_has_its_own_answer(slow: Slow) -> None:
    place = Beside(slow, within_s=0.01)
    for _ in range(2):
        with pytest.raises(Unavailable):
            place.passed({0: 6})
    with pytest.raises(Unavailable):
        place.passed({0: 4})
    slow.let.set()
    assert patient(place).passed({0: 4}) is True
    assert slow.asked == ["passed {0: 6}", "passed {0: 4}"]


def test_what_the_place_raises_is_raised_and_asked_anew(slow: Slow) -> None:
    slow.let.set()
    slow.fault = Unavailable("no broker")
    place = Beside(slow, within_s=DEADLINE_S)
    with pytest.raises(Unavailable, match="no broker"):
        place.ends()
    slow.fault = None
    assert place.ends() == {0: 7}


def patient(place: Beside) -> Beside:
    """The same, by who waits longer."""
    place._within_s = DEADLINE_S
    return place
