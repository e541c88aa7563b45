"""Whether a text asks a question, in French or English: by its mark, or without one by how people begin to ask.

A question is what somebody could answer. Bare surprise (`What?!`), the mark in a URL and a question that is quoted are
none. tests/fixtures/questions has labelled posts, tests/processors/test_tags.py the figure reached on them.
"""

from __future__ import annotations

import re

from veille.processors.remembered import remembered

_MARK = re.compile(r"[?？؟]++(?![\w/=&%])(?![?!]*\s?[\"”»])")
"""Question marks, not in the middle of a URL, not at the end of a quotation."""

_LAST_WORD = re.compile(r"(?P<word>[^\W_]+)[\s!'’)\]]{0,3}$")
_ONLY_WORD = re.compile(r"(?:^|[.!?…:\n])[^\w.!?…:\n]*[^\W_]+[\s!'’)\]]{0,3}$")

_SURPRISE_WORDS = (
    "what wtf huh eh oh really seriously srsly again no yes ok right lol "
    "quoi hein ah euh vraiment sérieux serieux sérieusement encore non oui mdr pardon"
)
_SURPRISE = frozenset(_SURPRISE_WORDS.split())

_BEGINNINGS = (
    # English
    r"(?:does|do|did|has|have|can|could|would|will|is) (?:any(?:one|body)|some(?:one|body)) (?!who\b)\w",
    r"any(?:one|body) (?:know|knows|else|got|has|have|tried|recommend)\b",
    r"(?:does|did|is|are|was|were|has|can|could|should|will) (?:it|this|that|they|the|i|we|there)\b",
    r"any (?:idea|ideas|tips|advice|recommendations)\b",
    r"how (?:do|does|did|can|could|should|much|many|long|come)\b",
    r"what (?:do|does|did)\b",
    r"(?:what|when|where|why|which|who)(?: \w+)? (?:is|are|do|does|did|can|could|should|will)"
    r" (?:i|you|we|the|it|they|this|that|your|my)\b",
    r"(?:can|could|would|will|do|did) you \w",
    r"wondering (?:if|whether)\b",
    # French
    r"est[ -]ce qu",
    r"quelqu['’]un (?:sait|saurait|connaît|connait|peut|pourrait|a|aurait|d['’]autre|l['’]a)\b",
    r"(?:savez|pouvez|avez|pourriez|connaissez|auriez|sais|peux|as|pourrais|connais)-(?:vous|tu)\b",
    r"(?:faut|peut|doit|existe|sont|ont|est|y a|a|va)-(?:t-)?(?:il|ils|elle|elles|on)\b",
    r"c['’]est quoi\b",
    r"que veut dire\b",
    r"(?:une|des) idées? (?:de|d['’]|du|pour|si)\b",
    r"comment (?:on fait|faire|puis-je|fait-on|je fais|ça se fait)\b",
    r"qui (?:sait|connaît|connait|peut|a déjà)\b",
    r"(?:je )?me demande si\b",
)
_BEGINNING = re.compile(
    r"[^\w@#]{0,4}(?:(?:[@#]\w+|hey|hi|hello|bonjour|salut|so|alors|donc|et|and|but|mais|svp|please|just)[^\w@#]{1,4}){0,4}+"
    rf"(?:{'|'.join(_BEGINNINGS)})"
)
"""A question without a mark, perhaps after names and greetings."""

_OPENING = re.compile(r"[.!,;:…\n(]++|[@#]\w++")
"""What a question may begin after: the end of a sentence or of a part of it, a name."""

_WORD = 20
"""Characters before a mark that are looked at: longer words are no surprise."""


@remembered
def asks(text: str) -> bool:
    """Whether a question is asked."""
    if any(map(_is_question, _MARK.finditer(text))):
        return True
    lower = text.lower()
    return _begins(lower, 0) or any(_begins(lower, opening.end()) for opening in _OPENING.finditer(lower))


def _begins(lower: str, at: int) -> bool:
    return _BEGINNING.match(lower, at) is not None


def _is_question(mark: re.Match[str]) -> bool:
    """A mark after a word counts, unless its sentence is a single word of surprise."""
    text, end = mark.string, mark.start()
    last = _LAST_WORD.search(text, max(0, end - _WORD), end)
    if last is None:
        return False
    return last["word"].lower() not in _SURPRISE or _ONLY_WORD.search(text, max(0, end - _WORD), end) is None
