"""Every text of the page and of messages is there in both languages, and only those that are used."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

import veille.web
from veille.words import LANGUAGES, WORDS, speaker

HERE = Path(veille.web.__file__).parent
TEMPLATES = "\n".join(path.read_text("utf-8") for path in sorted((HERE / "templates").glob("*.html")))
ROOM = HERE.parent
SPEAKING = [
    ROOM / "formats.py",
    ROOM / "telling.py",
    ROOM / "gap_telling.py",
    ROOM / "brief_telling.py",
    *sorted(HERE.glob("*.py")),
    *sorted(ROOM.glob("sinks/notify/*.py")),
]
CODE = "\n".join(path.read_text("utf-8") for path in SPEAKING)


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("key", sorted(WORDS))
def test_a_text_has_the_same_blanks_in_every_language(key: str) -> None:
    texts = WORDS[key]
    assert len(texts) == len(LANGUAGES)
    assert all(text.strip() == text and text for text in texts)
    assert not any(re.search(r" [.,)]|  ", text) for text in texts)
    assert len({frozenset(blanks(text)) for text in texts}) == 1


def test_every_key_that_is_asked_for_is_there() -> None:
    asked = set(re.findall(r"say\('(\w+)'[,)]", TEMPLATES)) | set(re.findall(r'say\("(\w+)"', CODE))
    assert len(asked) > 60
    assert asked <= WORDS.keys()


def test_every_key_that_is_there_is_asked_for() -> None:
    stems = set(re.findall(r"say(?:_or)?\('(\w+_)' ~", TEMPLATES)) | set(re.findall(r'f"(\w+_)\{', CODE))
    quoted = set(re.findall(r"""['"](\w+)['"]""", TEMPLATES + CODE))
    unused = {key for key in WORDS if key not in quoted and not any(key.startswith(stem) for stem in stems)}
    assert unused == set()


def test_templates_hold_no_words_of_their_own() -> None:
    written = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", TEMPLATES, flags=re.DOTALL)
    visible = re.sub(r"<[^>]*>|&\w+;", " ", written)
    words = set(re.findall(r"[^\W\d_]{2,}", visible)) - {"veille", "API", "backtest"}
    assert words == set()


def test_french_puts_a_no_break_space_nowhere_wrong() -> None:
    say = speaker("fr")
    assert say("ago", n=4) == "il y a 4\u00a0min"
    assert say("brief_quoted", about="acme", begins="a : b") == "acme\u00a0: «\u00a0a : b\u00a0»"
    said = [re.sub("`[^`]*`", "", text) for _, text in WORDS.values()]
    assert [text for text in said if re.search(r"(?<! ):", text) and "from:" not in text] == []
