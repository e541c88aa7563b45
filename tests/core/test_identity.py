"""Which index a mention belongs to, whatever its doc id."""

from __future__ import annotations

import pytest

from veille.identity import UNDATED, period


@pytest.mark.parametrize(
    ("doc_id", "index"),
    [
        ("x:1700000000000000000", "2023.09"),
        ("x:" + "1" * 5_000, UNDATED),  # more digits than Python makes a number of
        ("x:0", UNDATED),
        ("x:²", UNDATED),
        ("feed:1700000000000000000", UNDATED),
        ("", UNDATED),
    ],
)
def test_a_doc_id_belongs_to_the_month_that_it_tells_or_to_none(doc_id: str, index: str) -> None:
    assert period(doc_id) == index
