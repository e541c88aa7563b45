"""The command line: thin; parse, call, exit code.

Exit codes: 0 fine, 1 found wrong, 2 used wrong, 3 a service away, 130 interrupted.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

FOUND_WRONG, USED_WRONG, AWAY, INTERRUPTED = 1, 2, 3, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command (None: the process's own arguments) and return its exit code; people see no traceback."""
    if arguments is not None:
        return _run(list(arguments))
    _load()
    from veille.cli.output import open_output

    open_output()
    return _run(sys.argv[1:])


def _load() -> None:
    """Import the commands, most of a second. Ctrl-C meanwhile ends the process at once: nothing has begun.

    An exception would not do: Python prints and forgets one that is raised while it cleans up after an import.
    """
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
    import veille.cli.app  # noqa: F401  # for what it brings along

    signal.signal(signal.SIGINT, before)


def _run(given: list[str]) -> int:
    from veille.cli.app import app
    from veille.cli.output import print_error
    from veille.cli.run import spread_files
    from veille.errors import Misused, Unavailable, VeilleError

    try:
        try:
            app(spread_files(given), prog_name="veille")
        finally:
            sys.stdout.flush()  # while what it meets can still be told
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except KeyboardInterrupt:
        return INTERRUPTED
    except VeilleError as error:
        print_error(error, as_json="--json" in given)
        return USED_WRONG if isinstance(error, Misused) else AWAY if isinstance(error, Unavailable) else FOUND_WRONG
    except MemoryError:
        print_error(Unavailable("there is not enough memory"), as_json="--json" in given)
        return AWAY
    except Exception as error:  # the last place where a bug can be told without its values
        if os.environ.get("VEILLE_TRACEBACK"):
            sys.excepthook(type(error), error, error.__traceback__)
        print_error(_bug(error), as_json="--json" in given)
        return FOUND_WRONG
    return 0


def _bug(error: Exception) -> Exception:
    """Says where it happened and of which class; never its message, which may hold what somebody wrote."""
    import traceback

    last = traceback.extract_tb(error.__traceback__)[-1]
    return RuntimeError(
        f"a mistake in veille itself: {type(error).__name__} in {os.path.basename(last.filename)}, line {last.lineno}. "  # noqa: PTH119  # a name for people
        "VEILLE_TRACEBACK=1 shows all of it; please report it"
    )
