"""Whether a text asks a question, in French or English: by its mark, or without one by how people begin to ask.

text --less quotations and links--> sentences --less greetings--> none of those that only look so? --> mark or beginning

A question is what somebody could answer. Bare surprise (`What?!`), what answers itself (`Hungry? Same.`), a title, the
mark in a URL and a question that is quoted are none. How they begin is in `question_words.py`; tests/fixtures/questions
has labelled posts, docs/evaluation.md the figures reached on them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from veille.processors import question_words as words
from veille.processors.remembered import remembered

_QUOTED = re.compile(r"«[^«»]*»|“[^“”]*”|\"[^\"]*\"|(?<!\w)['‘][^'‘’]*[?!.]['’](?!\w)")
_LINK = re.compile(r"https?://\S+")

_SENTENCE = re.compile(r"(?P<body>[^.!?？؟…\n]*+(?:\.(?=\w)[^.!?？؟…\n]*+)*+)(?P<end>[.!?？؟…\n]*+)")
_MARKS = frozenset("?？؟")

_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
_FIRST = re.compile(r"(?:[^\w@#＠＃]|_|[@#＠＃][\w.-]*)*+(?P<word>[^\W_]+(?:['-][^\W_]+)*)")
"""The first word after signs and names."""

_CLAUSE = re.compile(r"[,;:(–—@#\s](?:(?<=[,;:(–—])|(?<=[@#])\w++|(?<=\s)(?:-+|and|but|so|et|mais|donc)(?=\s))")
"""What a question may begin after inside of a sentence."""

_ENDING = re.compile(
    r"(?:\bor not|\bou (?:pas|non|quoi|pas encore|c'est fini)|\bn'est[- ]ce pas|\bvotez(?: en dessous)?|\bvote below"
    r"|, (?:(?:isn't|doesn't|won't) it|(?:aren't|don't) they|right|innit|any (?:ideas|tips|suggestions|advice)|un avis)"
    r"|(?:tu|vous|on|ils?|elles?) \w+ quoi|à quelle heure"
    r"|(?<!sais)(?<!savoir)(?<!importe)(?<!mais)(?<!lol)\s(?:où|quand|combien|laquelle|lequel|c'est quoi))$"
)
_LAST_WORDS = (
    *(
        "not",
        "pas",
        "non",
        "quoi",
        "encore",
        "fini",
        "votez",
        "dessous",
        "below",
        " it",
        "they",
        "right",
        "innit",
        "où",
    ),
    *("quand", "combien", "laquelle", "lequel", "heure", "ideas", "tips", "suggestions", "advice", "avis"),
)
"""How a question ends."""

_INVERTED = re.compile(
    r"\b(?:(?<!, )(?<!… )(?!dit|ajoute|explique|précise|lance|répond|affirme|assure|raconte|confie|écrit|indique)"
    r"[^\W_]+-(?:t-)?(?:ils?|elles?|on)\b(?! (?:dit|déclaré|ajouté|expliqué|annoncé|indiqué|précisé|affirmé|assuré))"
    r"|(?:puis|dois|vais|ai|suis|pourrais)-je\b"
    r"|(?:sais|peux|as|pourrais|connais|es|vas|veux|viens|penses|crois|aurais|utilises)-tu\b"
    r"|(?:savez|pouvez|avez|pourriez|connaissez|auriez|êtes|allez|voulez|voudriez|pensez|utilisez|livrez|acceptez|vendez"
    r"|proposez|prenez|prévoyez|comptez|aimez|préférez|recrutez|fermez|ouvrez|remboursez|seriez|devez|pourrez)-vous\b)"
)
"""French: the subject after its verb, but for who said what."""

_TITLE = re.compile(r"\s?: ?\w|\ben (?:\w+) (?:étapes|points|leçons)|\bin (?:\w+) (?:steps|easy steps|minutes)")

_TITLES = frozenset(
    ("why", "how", "what", "when", "where", "which", "pourquoi", "comment", "où", "quand", "quel", "quelle")
)
_IN_A_LINK = re.compile(r"[\w/=&%]")

_IN_A_NAME = re.compile(r"[@#]\w++[.-]")
"""Where a name of somebody goes on behind what seems to end it."""

LAST = 40
"""Characters before the end that are looked at for how a question ends."""

MOST_OPENERS = 5

_SURPRISE_WORDS = (
    "what wtf huh eh oh really seriously srsly again no yes ok right lol omg excuse me sorry wait say "
    "quoi hein ah euh vraiment sérieux serieux sérieusement encore non oui mdr pardon bon"
)
_SURPRISE = frozenset(_SURPRISE_WORDS.split())
_ANSWER = re.compile(
    r"\s*(?:no|yes|nope|yep|nah|never|always|absolutely|same|of course|me too|not really|in a heartbeat"
    r"|non|oui|si|jamais|toujours|pas du tout|moi aussi|pareil|évidemment|bien sûr)\b\s*(?:[.!,…]|$)"
)

_BEGINNING, _CLAUSES, _NONE, _OFFERS = (
    {word: re.compile(f"(?:{pattern})") for word, pattern in words.by_first_word(rows).items()}
    for rows in ((*words.AT_THE_BEGINNING, *words.EVERYWHERE), words.EVERYWHERE, words.NONE, words.OFFERS)
)

_GOES_ON = re.compile(
    r"(?:\s|…|[@#]\w+)*+(?:(?!thanks|thank|thx|merci|svp|please|pls|asking|help|cheers)[^\W_][\w'-]*\s+){2}"
)
"""More than thanks after a mark."""

THEME = 3
"""Words without a verb that a text may begin with, mark and all, to go on about them."""

Patterns = Mapping[str, re.Pattern[str]]


@remembered
def asks(text: str) -> bool:
    """Whether a question is asked."""
    lower = text.lower().replace("’", "'")
    if "://" in lower:
        lower = _LINK.sub(" … ", lower)
    if '"' in lower or "«" in lower or "“" in lower or "‘" in lower or "?'" in lower:
        lower = _QUOTED.sub(" … ", lower)
    return any(map(_is_question, _SENTENCE.finditer(lower)))


def _is_question(sentence: re.Match[str]) -> bool:
    text, (start, end) = sentence.string, sentence.span("body")
    first = _first_word(text, start, end) if start < end else None
    if first is None or _begins(_NONE, text, first, end):
        return False
    if not _MARKS.isdisjoint(sentence["end"]):
        return _is_meant(sentence, first)
    if first["word"] in _TITLES and _TITLE.search(text, first.end(), end):
        return False
    return _asks_without_mark(text, first, end)


def _is_meant(sentence: re.Match[str], first: re.Match[str]) -> bool:
    """A mark counts, unless its sentence is surprise, answers itself or offers something."""
    text, end = sentence.string, sentence.end()
    if _IN_A_LINK.match(text, end) or all(word in _SURPRISE for word in _WORD.findall(sentence["body"])):
        return False
    if "!" in sentence["end"] and not _asks_without_mark(text, first, sentence.end("body")):
        return False
    if _ANSWER.match(text, end) or (_GOES_ON.match(text, end) and _is_theme(sentence, first)):
        return False
    return not sentence["body"].endswith("(")


def _is_theme(sentence: re.Match[str], first: re.Match[str]) -> bool:
    """`Hungry? Our new soup is here`: what a text goes on to talk about, and an offer."""
    text, end = sentence.string, sentence.end("body")
    if _begins(_OFFERS, text, first, end):
        return True
    return len(_WORD.findall(text, first.start("word"), end)) <= THEME and not _asks_without_mark(text, first, end)


def _asks_without_mark(text: str, first: re.Match[str], end: int) -> bool:
    start = first.start("word")
    if _begins(_BEGINNING, text, first, end):
        return True
    if text.endswith(_LAST_WORDS, start, end) and _ENDING.search(text, max(start, end - LAST), end):
        return True
    if text.find("-", start, end) >= 0 and _INVERTED.search(text, start, end):
        return True
    looked = start
    for clause in _CLAUSE.finditer(text, start, end):
        if clause.end() <= looked and not _IN_A_NAME.match(text, clause.start()):
            continue  # the next word was looked at: in a run of commas or names it is the same one for all
        word = _FIRST.match(text, clause.end(), end)
        if word is not None and _begins(_CLAUSES, text, word, end):
            return True
        looked = end if word is None else word.start("word")
    return False


def _first_word(text: str, start: int, end: int) -> re.Match[str] | None:
    """The first word that is no greeting; the last one, when all are."""
    word = None
    for _ in range(MOST_OPENERS):
        following = _FIRST.match(text, start, end)
        if following is None:
            return word
        word, start = following, following.end()
        if word["word"] not in words.OPENERS:
            return word
    return word


def _begins(patterns: Patterns, text: str, word: re.Match[str], end: int) -> bool:
    pattern = patterns.get(word["word"])
    return pattern is not None and pattern.match(text, word.end(), end) is not None
