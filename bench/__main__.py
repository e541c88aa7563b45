"""`python -m bench [NAME...] [--json]`: run benchmarks and print what they measured.

Machines are shared and noisy: contenders take turns, medians are printed, and only ratios are worth quoting.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys

NAMES = ("hop", "enrich", "match", "near", "windows", "sink", "latency", "notify", "bluesky", "x")
APART = ("alerts", "browser", "export", "notified", "page", "questions", "search", "soak")
"""Those that take long, or as long as they are told, and only run by name."""


def main() -> int:
    """Run the named benchmarks, or all; returns 1 when one of them missed what it must reach."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; none: all of them")
    parser.add_argument("--minutes", type=float, default=30, help="how long `soak` takes, which only runs by name")
    parser.add_argument("--json", action="store_true", help="one JSON object a benchmark instead of a table")
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.names if name not in NAMES + APART]:
        parser.error(f"no benchmark {unknown[0]!r}: expected one of {', '.join(NAMES + APART)}")
    reached = True
    for name in arguments.names or NAMES:
        asked = {"minutes": arguments.minutes} if name == "soak" else {}
        figures = importlib.import_module(f"bench.{name}").run(**asked)
        reached &= all(figures["reached"].values())
        if arguments.json:
            print(json.dumps({"bench": name, **figures}), flush=True)
        else:
            tell(name, figures)
    return 0 if reached else 1


def tell(name: str, figures: dict[str, object]) -> None:
    """Print one benchmark's figures for people."""
    print(f"\n{name}")
    for key, value in figures.items():
        if isinstance(value, dict):
            print(f"  {key}")
            for inner, figure in value.items():
                print(f"    {inner:<28} {figure}")
        else:
            print(f"  {key:<30} {value}")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
