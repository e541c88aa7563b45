r"""Whether JSON text holds a NUL, which no archive can store: `\u0000`, and not a written backslash before u0000."""

from __future__ import annotations

import re

from veille.errors import Invalid

_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def refuse_nul(raw: bytes) -> None:
    """Raises Invalid (`bad_text`) for JSON text that holds one."""
    if b"\\u0000" in raw and _NUL.search(raw):
        raise Invalid("bad_text", "a NUL character")
