"""One stage, run until it is told to stop; alone in a container, or as a child of `veille run`.

Each stage stands in a module of `veille.stages`, which is loaded when it runs: a start takes seconds on two cores.

parent --(settings, pickled)--> pipe FD of `python -m veille.stage NAME FD` --> the stage
pipe closed: the parent is gone, and so is the stage within seconds
"""

from __future__ import annotations

import gc
import importlib
import logging
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING

from veille.errors import Corrupt, Misused, Unavailable, VeilleError
from veille.log import configure
from veille.settings import KafkaSettings, Settings
from veille.topics import ALERTS, STORIES, WINDOWS, Topic

if TYPE_CHECKING:
    from veille.batches import Pace

SOURCES = ("x", "bluesky", "mastodon", "feeds", "files", "world", "replay", "again")
"""What puts posts in. `replay` and `again` are no networks: `veille dead replay`, `veille run enrich --again`."""

SINKS = ("elasticsearch", "sqlite")
STAGES = (*SOURCES, "enrich", "windows", *SINKS, "sweep", "notify", "web")

FINDINGS = (WINDOWS, ALERTS, STORIES)
"""Topics of what the windows stage found, which every sink reads beside the mentions."""

COUNTS = "counts"
"""The folder in the data folder where groups on the embedded broker keep their counts."""

EXIT_MISUSED = 2
EXIT_UNAVAILABLE = 3
EXIT_CORRUPT = 4
EXITS = {Misused: EXIT_MISUSED, Unavailable: EXIT_UNAVAILABLE, Corrupt: EXIT_CORRUPT}
LAST_WORDS_S = 10.0
"""How long a stage lives on without its parent."""

ENDING_S = 6.0
"""How long a stage that is told to stop may wait for others; who waits longer is killed (supervisor.py)."""

LOOK_S = 0.1

NEEDED = {
    **dict.fromkeys(SOURCES, ("veille.stages.source", "veille.sinks.sqlite")),
    "again": ("veille.stages.again", "veille.sinks.sqlite"),
    "enrich": ("veille.stages.enrich",),
    "windows": ("veille.stages.windows", "veille.sinks.sqlite"),
    "sqlite": ("veille.stages.sink", "veille.sinks.sqlite"),
    "elasticsearch": ("veille.stages.sink", "veille.sinks.elasticsearch"),
    "sweep": ("veille.stages.sweep", "veille.sinks.sqlite"),
    "notify": ("veille.stages.notify",),
    "web": ("veille.stages.web",),
}
"""The module whose `run` is the stage, and what it imports later: a child loads them while the broker starts."""

SHARED = ("veille.stages.source", "veille.stages.sink")
"""These run under several names, and take the one that is meant."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Order:
    """What a stage needs to know: the settings, the broker, and whether it is the embedded one."""

    settings: Settings
    kafka: KafkaSettings
    embedded: bool

    @property
    def pace(self) -> Pace:
        """How groups read."""
        from veille.batches import CLUSTER, EMBEDDED

        return EMBEDDED._replace(counts=self.settings.data / COUNTS) if self.embedded else CLUSTER


def group(order: Order, stage: str) -> str:
    """The consumer group of a stage."""
    return f"{order.kafka.prefix}.{stage}"


def findings_group(order: Order, sink: str, topic: Topic) -> str:
    """The consumer group in which a sink reads one of `FINDINGS`."""
    return group(order, f"{sink}.{topic.name.partition('.')[0]}")


def run_stage(name: str, order: Order) -> int:
    """Run a stage in this process until SIGTERM, SIGINT, or its own end; returns the exit code.

    One that is told to stop before it listens, while it loads or waits for others, has done nothing: it ends at once.
    """
    on_signals(_leave)
    run: Callable[..., None] = importlib.import_module(NEEDED[name][0]).run
    return ended(name, partial(run, name, order) if NEEDED[name][0] in SHARED else partial(run, order))


def ended(name: str, run: Callable[[], object]) -> int:
    """Run something to its end, and tell how it ended if that was not well; the exit code says it, too."""
    try:
        run()
    except VeilleError as error:
        log.error("%s: %s", name, error)
        return next((code for kind, code in EXITS.items() if isinstance(error, kind)), 1)
    except MemoryError:
        log.error("%s: there is not enough memory", name)
        return EXIT_UNAVAILABLE
    except Exception:  # the last place where a mistake can be told without its values
        log.exception("%s: a mistake in veille itself; VEILLE_TRACEBACK=1 shows all of it; please report it", name)
        return 1
    return 0


def on_signals(call: Callable[[], None]) -> None:
    """Call this at SIGTERM and SIGINT. A terminal that is closed is as SIGTERM, unless that is ignored (nohup)."""

    def handle(_signum: int, _frame: FrameType | None) -> None:
        call()

    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, handle)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:  # whoever listens for SIGTERM by then, Faust or uvicorn
        signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))


def until_told(name: str, work: Callable[[threading.Event], None], *, ending_s: float = ENDING_S) -> None:
    """Work until it is done or SIGTERM or SIGINT tells `stop`; raises what it raises.

    Work that is held up by brokers or an archive that do not answer is left behind in its thread, as if killed there:
    what it had not said is read again.
    """
    stop, ended = threading.Event(), threading.Event()
    faults: list[BaseException] = []
    on_signals(stop.set)

    def run() -> None:
        try:
            work(stop)
        except BaseException as error:
            faults.append(error)
        finally:
            ended.set()

    threading.Thread(target=run, name=name, daemon=True).start()
    while not ended.wait(LOOK_S) and not stop.is_set():
        pass
    if not ended.wait(ending_s):
        log.warning("%s stops while it waits for others, and reads the rest again later", name)
    for fault in faults:
        if not (stop.is_set() and isinstance(fault, Unavailable)):
            raise fault
        log.warning("%s stops while it waits, and reads the rest again later: %s", name, fault)


def _leave() -> None:
    sys.exit(0)


def _end_with_parent(lifeline: int) -> None:
    """Wait for the end of the pipe that only the parent holds open; then end in good order, or at least end."""
    while os.read(lifeline, 1 << 16):  # past Python's buffers, whose locks would abort the interpreter's end
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(LAST_WORDS_S)
    os._exit(1)


def main() -> None:
    """Entry of a child process: the order comes through the pipe whose number it is given."""
    configure()
    name, lifeline = sys.argv[1], int(sys.argv[2])
    gc.disable()  # what is loaded stays: to look through it again and again takes a tenth of a start, or a third
    for module in NEEDED[name]:
        importlib.import_module(module)
    gc.freeze()
    gc.enable()
    with os.fdopen(lifeline, "rb", closefd=False) as pipe:
        try:
            order: Order = pickle.load(pipe)  # noqa: S301  # written by our parent, nobody else has this pipe
        except EOFError:
            return  # the parent ended before it had an order
    threading.Thread(target=_end_with_parent, args=(lifeline,), name="lifeline", daemon=True).start()
    sys.exit(run_stage(name, order))


if __name__ == "__main__":
    main()
