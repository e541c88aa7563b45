"""Makes `tlds.txt` from twitter-text's list: `python -m veille.text.make_tlds tests/fixtures/conformance/tld_lib.yml`.

The list has two parts, `country` and `generic`, a name a line.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

TARGET = Path(__file__).with_name("tlds.txt")


def made(listed: str) -> str:
    """The table: what it is and whose, then all names, sorted, each once."""
    country, generic = (re.findall(r"(?m)^- '?([^'\n]+)", part) for part in listed.split("generic:"))
    head = [
        f"# Top-level domains, one a line: {len(country):,} of countries and {len(generic):,} generic ones, sorted, "
        "each once.",
        "# Source: twitter-text, conformance/tld_lib.yml (github.com/twitter/twitter-text), 2021.",
        "# Licence: Apache-2.0, Copyright Twitter, Inc. and other contributors.",
    ]
    return "\n".join([*head, *sorted({*country, *generic})]) + "\n"


if __name__ == "__main__":
    TARGET.write_text(made(Path(sys.argv[1]).read_text("utf-8")), "utf-8")
