"""Reading one term of a rule: phrase, proximity, `#` `@` `$`, operator or word.

    position --first character, then its text--> Part (one leaf of the tree), where it ends

The order of the tests is part of the language: it decides which error is reported.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import replace
from datetime import datetime

import regex

from veille.query.errors import Fault, QueryError
from veille.query.operators import (
    ARCHIVE_ONLY,
    ARCHIVE_ONLY_OPTIONS,
    BY_NAME,
    INSTEAD,
    MUST_BE_NEGATED,
    OperatorType,
    Refusal,
)
from veille.query.part import Part
from veille.query.tree import Operator, Tag, Text
from veille.query.use import Use
from veille.query.values import instant
from veille.text.folding import fold
from veille.text.tokens import tokens

WHITE = "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
"""Unicode White_Space."""

INVISIBLE = "\u200b\ufeff\u200e\u200f\u061c\u2060" + "".join(map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]))
"""Marks without width, which pasted rules carry; one before a minus must not hide it."""

_BLANK = frozenset(WHITE + INVISIBLE)
_WORD = re.compile(f'[^{re.escape(WHITE)}()"]*')
_PHRASE = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_NAME = re.compile(r"([A-Za-z_]+):")
_LINK = re.compile(r"https?://", re.IGNORECASE)
_QUOTES = frozenset("'`´‘’‚“”„«»‹›＂＇")
_LOOKALIKE = re.compile(f"[{''.join(_QUOTES)}]([^{''.join(_QUOTES)}]*)[{''.join(_QUOTES)}]")
_BRACKETS = frozenset("[]{}（）［］｛｝")
_DASHES = frozenset("–—−‐‑‒―－")
_SIGNS = {"#": "hashtag", "＃": "hashtag", "@": "handle", "＠": "handle", "$": "cashtag", "＄": "cashtag"}
_HASHTAG = regex.compile(r"(?=.*\p{L})[\p{L}\p{M}\p{N}_]+")
_HANDLE = re.compile(
    r"[A-Za-z0-9_]+|[A-Za-z0-9_][A-Za-z0-9_\-]*(?:\.[A-Za-z0-9\-]+)*\.[A-Za-z]{2,}"
    r"|[A-Za-z0-9_](?:[A-Za-z0-9_.\-]*[A-Za-z0-9_])?@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)*\.[A-Za-z]{2,}"
)
_CASHTAG = re.compile(r"[A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?")


class Terms:
    """The terms of one rule."""

    def __init__(self, text: str, use: Use, now: datetime) -> None:
        self._text = text
        self._use = use
        self._now = now

    def skip(self, position: int) -> int:
        """The next character that is neither white space nor without width."""
        while position < len(self._text) and self._text[position] in _BLANK:
            position += 1
        return position

    def is_or(self, position: int) -> bool:
        """Whether the whole word OR stands here."""
        return self._word(position).strip(INVISIBLE) == "OR"

    def after_minus(self, position: int) -> int:
        """Where the term begins that this minus excludes."""
        following = position + 1
        while following < len(self._text) and self._text[following] in INVISIBLE:
            following += 1
        if following == len(self._text) or self._text[following] in WHITE + ")":
            raise self._error("dangling_minus", position, "`-` must touch what it excludes.", "Write `-kettle`.")
        if self._text[following] == "-":
            raise self._error("double_minus", position, "One minus is enough.", "Write `-kettle`.")
        return following

    def read(self, at: int, minus: int | None) -> tuple[Part, int]:
        """The term here and its end. `minus` is the place of what negates it, None where it is not negated."""
        if self._text[at] == '"':
            return self._quoted(at)
        word = self._word(at)
        self._check_first(at, word)
        name = _NAME.match(word)
        if name is not None:
            return self._operator(at, name[1], minus)
        end = at + len(word)
        self._check_glued(end, end, word)
        self._check_word(at, word)
        if word[0] in _SIGNS:
            return self._tag(at, word.strip(INVISIBLE)), end
        if word[0] in _DASHES and len(word) > 1:
            raise self._error("wrong_dash", at, f"`{word[0]}` is a dash.", f"Write `-{word[1:]}`.")
        return self._keyword(at, word), end

    def _word(self, at: int) -> str:
        found = _WORD.match(self._text, at)
        return found[0] if found else ""

    def _check_first(self, at: int, word: str) -> None:
        if word[0] in _QUOTES:
            found = _LOOKALIKE.match(self._text, at)
            inside = (found[1] if found else "").strip() or word[1:] or "acme corp"
            raise self._error("wrong_quote", at, f"`{word[0]}` is not a straight quote.", f'Write `"{inside}"`.')
        if word[0] in _BRACKETS:
            raise self._error("wrong_bracket", at, f"`{word[0]}` does not group.", "Group with ( ).")

    def _check_word(self, at: int, word: str) -> None:
        if word == "AND":
            hint = 'Leave it out; for the word, write `"AND"`.'
            raise self._error("explicit_and", at, "A space already means AND.", hint)
        if word == "NOT":
            raise self._error("explicit_not", at, "NOT is written as a minus.", "Write `-kettle`.")
        if word[0] in _SIGNS or word[0] in _DASHES:
            return
        for char, kind, message, hint in (
            ("~", "bad_proximity", "`~` follows a quotation of two words or more.", 'Write `"acme kettle"~3`.'),
            ("*", "wildcard", "There are no wildcards.", "Write the forms, `(kettle OR kettles)`."),
        ):
            if char in word:
                raise self._error(kind, at + word.index(char), message, hint)

    def _keyword(self, at: int, word: str) -> Part:
        return self._leaf(self._texts(at, word, word))

    def _texts(self, at: int, inside: str, raw: str) -> Text:
        if _LINK.search(inside):
            raise self._error("bare_url", at, "An address is searched with `url:`.", 'Write `url:"acme.example"`.')
        found = tuple(token.text for token in tokens(inside))
        if not found:
            hint = "Write OR." if raw.strip("|") == "" else "Leave it out, or write the words beside it."
            raise self._error("no_word", at, f"`{raw}` holds no word.", hint)
        return Text(found, inside.strip(INVISIBLE + WHITE), at)

    def _quoted(self, at: int) -> tuple[Part, int]:
        inside, end = self._phrase(at)
        if not inside.strip(WHITE + INVISIBLE):
            raise self._error("empty_phrase", at, "There is nothing between these quotation marks.", "Leave them out.")
        raw = self._text[at:end]
        text = self._texts(at, inside, raw)
        if self._text.startswith("~", end):
            text, end = self._proximity(text, end)
        self._check_glued(end, at, self._text[at:end])
        return self._leaf(text), end

    def _phrase(self, at: int) -> tuple[str, int]:
        found = _PHRASE.match(self._text, at)
        if found is None:
            raise self._error("unbalanced_quote", at, "This quotation is never closed.", 'Add a `"`.')
        return re.sub(r"\\(.)", r"\1", found[1], flags=re.DOTALL), found.end()

    def _proximity(self, text: Text, tilde: int) -> tuple[Text, int]:
        number = self._word(tilde + 1)
        if number.strip(INVISIBLE) not in {"1", "2", "3", "4", "5", "6"} or len(text.tokens) < 2:
            message = "`~` follows a quotation of two words or more, and a number from 1 to 6 follows it."
            raise self._error("bad_proximity", tilde, message, 'Write `"acme kettle"~3`.')
        end = tilde + 1 + len(number)
        slop = int(number.strip(INVISIBLE))
        return replace(text, slop=slop), end

    def _check_glued(self, end: int, start: int, shown: str) -> None:
        """A quotation must stand apart from the word before or after it."""
        following = self._text[end : end + 1]
        after_word = start == end
        glued = following == '"' if after_word else following not in _BLANK | {"", "(", ")"} and not self.is_or(end)
        if glued:
            hint = f"Write `{shown} {self._text[end : end + 12]}`."
            raise self._error("missing_space", end, "A space is missing here.", hint)

    def _tag(self, at: int, word: str) -> Part:
        kind, value = _SIGNS[word[0]], word[1:]
        visible = regex.sub(r"\p{Default_Ignorable_Code_Point}", "", value)
        if kind == "hashtag":
            if not _HASHTAG.fullmatch(visible):
                raise self._error(
                    "bad_hashtag", at, f"`{word}` is no hashtag.", "A hashtag needs a letter, and no signs."
                )
            return self._leaf(Tag("hashtag", fold(visible), at, "#" + visible))
        if kind == "handle":
            if not _HANDLE.fullmatch(visible):
                hint = "Write @name, @name.domain.tld or @name@domain.tld."
                raise self._error("bad_handle", at, f"`{word}` is no handle.", hint)
            return self._leaf(Tag("handle", visible.casefold(), at, "@" + visible))
        if not _CASHTAG.fullmatch(visible):
            amount = visible.strip("0123456789.,") == "" and visible
            hint = f"For the amount, write `{visible}`." if amount else "Up to six letters, `$ACME` or `$BRK.B`."
            raise self._error("bad_cashtag", at, f"`{word}` is no cashtag.", hint)
        return self._leaf(Tag("cashtag", visible.casefold(), at, "$" + visible))

    def _operator(self, at: int, name: str, minus: int | None) -> tuple[Part, int]:
        known = BY_NAME.get(name.lower())
        if known is None:
            raise self._unknown(at, name)
        value, end = self._value(at, at + len(name) + 1)
        if not value:
            hint = f"Write `{known.name}:value`, without a space after the colon."
            raise self._error("empty_value", at, f"`{name}:` has no value.", hint)
        self._check_glued(end, at, self._text[at:end])
        self._check_place(at, f"{known.name}:", known.watch if self._use is Use.WATCH else known.search)
        try:
            normal, found = known.check(value)
        except Fault as fault:
            raise self._error(fault.kind, at, fault.message, fault.hint) from fault
        if known.name in {"since", "until"}:
            normal = instant(normal, self._now).isoformat()
        if self._use is Use.WATCH and (known.name, normal) in ARCHIVE_ONLY_OPTIONS:
            self._check_place(at, f"{known.name}:{normal}", ARCHIVE_ONLY)
        self._check_sign(at, known, normal, minus)
        anchored = known.type == "S"
        sample = at if known.name == "sample" else None
        return Part(Operator(known.name, normal, at, found), at, anchored, True, sample=sample), end

    def _value(self, at: int, start: int) -> tuple[str, int]:
        if self._text.startswith('"', start):
            return self._phrase(start)
        if self._text.startswith("[", start):
            closing = self._text.find("]", start)
            if closing >= 0:
                return self._text[start : closing + 1], closing + 1
        word = self._word(start)
        end = start + len(word)
        if word:
            self._check_glued(end, end, self._text[at:end])
        return word.strip(INVISIBLE), end

    def _unknown(self, at: int, name: str) -> QueryError:
        if name.lower() in {"http", "https"}:
            return self._error("bare_url", at, "An address is searched with `url:`.", 'Write `url:"acme.example"`.')
        nearest = difflib.get_close_matches(name.lower(), BY_NAME, n=1)
        instead = INSTEAD.get(name.lower()) or (f"{nearest[0]}:" if nearest else "")
        meant = f"Nearest: `{instead}`. " if instead else ""
        hint = f'{meant}For the words, write `"{self._word(at)}"`.'
        return self._error("unknown_operator", at, f"There is no operator `{name}:`.", hint)

    def _check_place(self, at: int, shown: str, refusal: Refusal | None) -> None:
        """Refuse what this use does not know, with the reason."""
        if refusal is not None:
            raise self._error(refusal.kind, at, f"`{shown}` {refusal.why}", refusal.hint)

    def _check_sign(self, at: int, known: OperatorType, value: str, minus: int | None) -> None:
        if minus is None and (known.name, value) in MUST_BE_NEGATED:
            message = f"`{known.name}:{value}` can only be excluded."
            raise self._error("must_be_negated", at, message, f"Write `-{known.name}:{value}`.")
        if minus is not None and not known.may_negate:
            message = f"`{known.name}:` cannot be excluded."
            raise self._error("cannot_negate", minus, message, "Leave out the minus.")

    def _leaf(self, node: Text | Tag) -> Part:
        return Part(node, node.at, True, True)

    def _error(self, kind: str, at: int, message: str, hint: str) -> QueryError:
        return QueryError(kind, at, message, hint, self._text)
