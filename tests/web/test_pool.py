"""Calls of one page: few threads make them, and none that hangs keeps the others."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator

import pytest

from awaited import until
from veille.web import pool
from veille.web.pool import Calls, Pool

LONG_S = 60.0


@pytest.fixture
def over() -> Iterator[threading.Event]:
    """Set at the end: whoever hangs lets go."""
    event = threading.Event()
    yield event
    event.set()


def told(number: int = 6) -> dict[str, Callable[[], int]]:
    """Calls that tell which thread makes them."""
    return {str(each): threading.get_ident for each in range(number)}


def threads(pool: Pool, calls: dict[str, Callable[[], int]]) -> list[int]:
    made = Calls(pool, calls)
    made.wait(LONG_S)
    return [end.result() for end in made.ends.values()]


def test_calls_that_are_quick_are_made_by_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "JOINS_S", LONG_S)
    assert len(set(threads(Pool(4, "quick"), told()))) == 1


def test_the_thread_that_was_idle_last_is_taken_first(over: threading.Event) -> None:
    made = Pool(4, "idle")
    for _ in range(3):
        Calls(made, {"hangs": over.wait})
    before = threads(made, told(1))
    until(lambda: len(made._idle) == 1, "it is idle")
    over.set()

    def taken() -> list[int]:
        """Who makes one call, while all have ended what they did."""
        until(lambda: len(made._idle) == 4, "all are idle")
        return threads(made, told(1))

    (last,) = taken()
    assert [taken() for _ in range(4)] == [[last]] * 4
    assert before != [last]


def test_what_hangs_does_not_keep_the_others(over: threading.Event) -> None:
    hanging = {f"hangs {number}": over.wait for number in range(2)}
    made = Calls(Pool(4, "hangs"), hanging | told())
    threading.Thread(target=made.wait, args=(10 * LONG_S,), daemon=True).start()
    until(lambda: sum(end.done() for end in made.ends.values()) == 6, "all others end")
    assert not [name for name in hanging if made.ends[name].done()]


def test_a_pool_has_no_more_threads_than_it_may_and_makes_up_for_what_waits(
    over: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "JOINS_S", 10 * LONG_S)
    made, begun = Pool(2, "few"), threading.Semaphore(0)

    def hang() -> int:
        begun.release()
        over.wait()
        return threading.get_ident()

    waiting = [Calls(made, {"hangs": hang}) for _ in range(5)]
    assert begun.acquire(timeout=LONG_S)
    assert begun.acquire(timeout=LONG_S)
    over.set()
    for each in waiting:
        each.wait(LONG_S)
    assert len({each.ends["hangs"].result() for each in waiting}) == 2


def test_what_nobody_waits_for_any_more_is_not_begun(over: threading.Event) -> None:
    made, asked = Pool(1, "one"), []
    Calls(made, {"hangs": over.wait})
    late = Calls(made, {"late": lambda: asked.append(1)})
    late.wait(0.01)
    over.set()
    assert threads(made, told(1))
    assert (late.ends["late"].cancelled(), asked) == (True, [])


def test_a_call_that_fails_fails_alone() -> None:
    def fail() -> int:
        raise ZeroDivisionError

    made = Calls(Pool(1, "fails"), {"fails": fail} | told(1))
    made.wait(LONG_S)
    assert isinstance(made.ends["fails"].exception(), ZeroDivisionError)
    assert made.ends["0"].result()


def test_an_idle_thread_keeps_nothing_of_what_it_found() -> None:
    class Found:
        """What may be deleted meanwhile."""

    made = Pool(1, "idle")
    one = Calls(made, {"found": Found})
    one.wait(LONG_S)
    kept = weakref.ref(one.ends["found"].result())
    del one
    until(lambda: kept() is None, "nothing holds it")
