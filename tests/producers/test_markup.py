"""HTML is taken apart, whatever it is: nothing raises, nothing is told twice, escapes are gone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veille.producers.markup import LONGEST, Tag, pieces
from veille.producers.mastodon.html import plain

BITS = st.sampled_from(
    ["<", ">", "</", "<!", "<![", "<!--", "-->", "p", "a ", "br/", "=", '"', "'", "&amp;", "&#", "é", "\0"]
)


def test_tags_come_with_their_attributes_and_text_without_its_escapes() -> None:
    told = list(pieces('<A HREF="/?a=1&amp;b" class=x class=y>Thé &lt;3</a><!-- no --><br/>'))
    assert isinstance(told[0], Tag)
    assert told[0].attributes() == {"href": "/?a=1&b", "class": "x"}
    assert [piece if isinstance(piece, str) else (piece.name, piece.end) for piece in told] == [
        ("a", False),
        "Thé <3",
        ("a", True),
        ("br", False),
    ]


@given(st.lists(BITS).map("".join))
def test_anything_can_be_read_and_no_text_is_longer_than_what_was_written(html: str) -> None:
    assert sum(len(piece) for piece in pieces(html) if isinstance(piece, str)) <= len(html)
    plain(html)


@pytest.mark.parametrize("hostile", ["<a ", "<![<!", '<a "', "<!--", "<a b=c "])
def test_hostile_html_is_read_to_its_end_as_fast_as_any_other(hostile: str) -> None:
    text = hostile * (LONGEST // len(hostile))
    assert len(plain(text + "x" * LONGEST)[0]) <= LONGEST
