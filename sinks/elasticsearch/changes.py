"""Positions among the changes of an archive: for each index the number (`_seq_no`) of the last change that was seen.

    position --unseen--> clauses --search--> hits --note--> the next position

A change gets its number before it can be found, and two bulks are written at once: a lower number may come into sight
after a higher one. So a position also holds the numbers that were not in sight, which are asked for again.
Superseded changes are among them, and never come: the highest numbers are kept, `MOST_AWAITED` in all.

`veille upgrade` makes indices anew, with other numbers under the same names: a position of another schema knows
nothing, so that everything comes again and no change is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from veille.errors import Misused
from veille.sinks.elasticsearch.template import SCHEMA

MOST_AWAITED = 4_000
"""Shared by all indices: at 8 characters a number a position fits into an address, of which servers take 64 kB."""

LOOK_BACK = 100
"""How many changes of an index a position of now is made from; Elasticsearch's limit of one such list."""

_SCHEMA = "schema"
"""Beside the indices, of which none has this name: the schema under which they were numbered."""

Positions = dict[str, list[int]]
"""By index: the last number seen, then the lower ones that are awaited, rising."""


def pack(positions: Positions) -> str:
    """As text, opaque to others."""
    return msgspec.json.encode(positions | {_SCHEMA: [SCHEMA]}, order="sorted").decode()


def unpack(position: str) -> Positions:
    """Read it back, empty where it is of another schema. Raises Misused for anything that `pack` did not make."""
    try:
        found = msgspec.json.decode(position.encode(), type=Positions)
    except msgspec.DecodeError:
        found = {"": []}
    if not all(found.values()):
        raise Misused("this is no position among the changes: take the one that you were given, as it is")
    return found if found.pop(_SCHEMA, []) == [SCHEMA] else {}


def position_of_now(numbers: dict[str, list[int]]) -> Positions:
    """From the highest numbers in sight, by index: `LOOK_BACK` of them, or all."""
    beginnings = {index: [min(found) if len(found) >= LOOK_BACK else -1] for index, found in numbers.items()}
    return _moved(beginnings, {index: set(found) for index, found in numbers.items()})


def unseen(positions: Positions) -> list[dict[str, Any]]:
    """Clauses, any of which finds: what is newer or awaited in an index that was seen, all in one that was not."""
    known = [
        {
            "bool": {
                "filter": [{"term": {"_index": index}}],
                "should": [{"range": {"_seq_no": {"gt": last}}}, {"terms": {"_seq_no": awaited}}],
                "minimum_should_match": 1,
            }
        }
        for index, (last, *awaited) in positions.items()
    ]
    return [*known, {"bool": {"must_not": [{"terms": {"_index": list(positions)}}]}}]


def note(positions: Positions, seen: Iterable[tuple[str, int]]) -> Positions:
    """The position after these changes (index, number): all that were in sight up to the highest of each index."""
    found: dict[str, set[int]] = {}
    for index, number in seen:
        found.setdefault(index, set()).add(number)
    return _moved(positions, found)


def _moved(positions: Positions, found: dict[str, set[int]]) -> Positions:
    indices = positions.keys() | found.keys()
    share = MOST_AWAITED // max(1, len(indices))
    return {index: _past(positions.get(index, [-1]), found.get(index, set()), share) for index in indices}


def _past(position: list[int], found: set[int], share: int) -> list[int]:
    before, *awaited = position
    last = max(before, *found, -1)
    passed = range(max(before + 1, last - share), last)
    return [last, *sorted({*awaited, *passed} - found)[-share:]]
