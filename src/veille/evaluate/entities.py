"""`veille eval entities`: hashtags, handles, cashtags and links, against a file of twitter-text's conformance cases.

    tests:
      hashtags_with_indices:
        - description: ...
          text: "a #hashtag"
          expected: [{hashtag: hashtag, indices: [2, 10]}]

The form is that of `conformance/extract.yml` (github.com/twitter/twitter-text); places are characters from 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec.yaml
from msgspec import Struct

from veille.evaluate.figures import retrieved_in, share
from veille.evaluate.labelled import LabelledFile, Unreadable
from veille.evaluate.report import Report
from veille.text.entities import Entity, cashtags, handles, hashtags, lists, urls

Extract = Callable[[str], list[Entity]]


class Case(Struct, frozen=True):
    """A text and what is to be extracted, in order."""

    text: str
    expected: Any


class Cases(Struct, frozen=True):
    """The file: cases by kind."""

    tests: dict[str, list[Case]]


def _values(extract: Extract) -> Callable[[str], list[Any]]:
    return lambda text: [entity.value for entity in extract(text)]


def _placed(extract: Extract, name: str) -> Callable[[str], list[Any]]:
    return lambda text: [{name: entity.value, "indices": [entity.start, entity.end]} for entity in extract(text)]


def _reply(text: str) -> list[Any]:
    """The handle with which a text begins."""
    found = handles(text)
    return [found[0].value] if found and not text[: found[0].start].strip() else []


def _handles_and_lists(text: str) -> list[Any]:
    return [
        {
            "screen_name": entity.value.partition("/")[0],
            "list_slug": "".join(entity.value.partition("/")[1:]),
            "indices": [entity.start, entity.end],
        }
        for entity in sorted(handles(text) + lists(text), key=lambda entity: entity.start)
    ]


KINDS: dict[str, Callable[[str], list[Any]]] = {
    "mentions": _values(handles),
    "mentions_with_indices": _placed(handles, "screen_name"),
    "mentions_or_lists_with_indices": _handles_and_lists,
    "replies": _reply,
    "urls": _values(urls),
    "urls_with_indices": _placed(urls, "url"),
    "urls_with_directional_markers": _placed(urls, "url"),
    "tco_urls_with_params": _values(urls),
    "hashtags": _values(hashtags),
    "hashtags_from_astral": _values(hashtags),
    "hashtags_with_indices": _placed(hashtags, "hashtag"),
    "cashtags": _values(cashtags),
    "cashtags_with_indices": _placed(cashtags, "cashtag"),
}


def judge(file: LabelledFile) -> Report:
    """Accuracy: cases whose whole list is right. Precision and recall: entities. `by` has each kind of case."""
    kinds = {name: _pairs(KINDS[name], cases) for name, cases in _read(file).items()}
    report = _figures([pair for pairs in kinds.values() for pair in pairs])
    report.by = {name: _figures(pairs) for name, pairs in kinds.items()}
    return report


Pair = tuple[list[Any], list[Any]]
"""Entities wanted and found, in order."""


def _pairs(extract: Callable[[str], list[Any]], cases: Sequence[Case]) -> list[Pair]:
    return [(_listed(case.expected), extract(case.text)) for case in cases]


def _listed(expected: Any) -> list[Any]:
    """A reply has one handle or none, everything else a list."""
    return expected if isinstance(expected, list) else [] if expected is None else [expected]


def _figures(pairs: Sequence[Pair]) -> Report:
    report = retrieved_in(
        [(map(str, map(_ordered, wanted)), map(str, map(_ordered, found))) for wanted, found in pairs]
    )
    report.accuracy = share(sum(wanted == found for wanted, found in pairs), len(pairs))
    return report


def _ordered(entity: Any) -> Any:
    return sorted(entity.items()) if isinstance(entity, dict) else entity


def _read(file: LabelledFile) -> dict[str, list[Case]]:
    try:
        found = msgspec.yaml.decode(file.text(), type=Cases).tests
    except (msgspec.DecodeError, RecursionError) as error:
        what = " ".join(str(error).split())  # with its line; a YAML error has several of its own
        raise Unreadable(
            "wrong_type", f"{file.path}: {what}; expected the form of twitter-text's extract.yml"
        ) from error
    if unknown := sorted(found.keys() - KINDS.keys()):
        raise Unreadable("wrong_type", f"{file.path}: found cases of {', '.join(unknown)}; expected {', '.join(KINDS)}")
    return found
