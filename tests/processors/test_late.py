"""How far the archive is, by the places of whoever writes it."""

from __future__ import annotations

from collections.abc import Mapping

from veille.processors.late import ArchivePlace


class Group:
    """A group on a topic, as a test sets both."""

    def __init__(self, end: int = 0, at: int = 0) -> None:
        self.end, self.at = end, at

    def ends(self) -> dict[int, int]:
        return {0: self.end}

    def committed(self) -> dict[int, int]:
        return {0: self.at}

    def passed(self, ends: Mapping[int, int]) -> bool:
        return self.at >= ends[0]


def test_an_archive_has_what_was_told_when_it_has_passed_what_was_there_as_it_was_first_asked() -> None:
    mentions, own, windows, alerts = Group(at=5), Group(at=9), Group(end=4, at=3), Group()
    place = ArchivePlace(mentions, own, [windows, alerts])
    assert not place.has_what_was_told()
    own.at, windows.end = 12, 8  # more is told meanwhile
    mentions.at = 10
    assert not place.has_what_was_told()
    windows.at = 4
    assert place.has_what_was_told()
    assert not place.has_what_was_told()
    mentions.at, windows.at = 12, 8
    assert place.has_what_was_told()
