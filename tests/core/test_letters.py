"""Dead letters keep what is needed to show them and to bring them back."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from veille.letters import Letter, letter, save, saved

HEADERS = [
    ("stage", b"enrich"), ("reason", b"wrong_type"), ("detail", b"text is a number"), ("topic", b"veille.posts.v1"),
    ("partition", b"3"), ("offset", b"17"), ("at", b"2026-11-01T00:00:00+00:00"), ("source", b"x"), ("size", b"5"),
]  # fmt: skip


def test_a_letter_has_its_headers_by_name() -> None:
    assert letter("3:17", b"x:1", b"bytes", HEADERS) == Letter(
        id="3:17", key=b"x:1", value=b"bytes", stage="enrich", reason="wrong_type", detail="text is a number",
        topic="veille.posts.v1", partition=3, offset=17, at="2026-11-01T00:00:00+00:00", source="x", size=5,
    )  # fmt: skip


def test_a_letter_of_which_only_the_beginning_was_kept_is_not_whole() -> None:
    assert letter("1", None, b"bytes", HEADERS).whole
    assert not letter("1", None, b"byte", HEADERS).whole


HEADER = st.tuples(st.sampled_from(["stage", "size", "offset", "other"]), st.binary())


@given(st.lists(st.builds(letter, st.text(), st.none() | st.binary(), st.binary(), st.lists(HEADER)), max_size=3))
def test_letters_of_any_headers_are_saved_as_they_are_for_us_alone(letters: list[Letter]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "letters"
        save(letters, path)
        assert saved(path) == letters
        assert path.stat().st_mode & 0o077 == 0
