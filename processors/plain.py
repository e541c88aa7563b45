"""The words of a text as people wrote them, less what only points elsewhere: what language and fingerprint look at."""

from __future__ import annotations

import re

from veille.processors.remembered import remembered

_ADDRESS = re.compile(r"https?://\S*|[@＠][\w.]+", re.IGNORECASE)


@remembered
def plain(text: str) -> str:
    """One line in lower case, less URLs and handles; the signs that join words are spaces."""
    if "@" in text or "＠" in text or "://" in text:
        text = _ADDRESS.sub(" ", text)
    return text.replace("\n", " ").replace("#", " ").replace("＃", " ").replace("_", " ").lower()
