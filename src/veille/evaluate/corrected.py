"""Labels that people put right on the page, as a labelled file that `veille eval` reads.

actions on mentions --the latest of each--> label, with the text that the archive has of it --> one case a line

What was deleted or hidden meanwhile is left out with its text.
"""

from __future__ import annotations

from collections.abc import Iterator

from veille.archive import Archive
from veille.evaluate.questions import Case
from veille.identity import EPOCH
from veille.questions import NO_QUESTION

TOGETHER = 200


def corrected_questions(archive: Archive) -> Iterator[Case]:
    """Every text of which people said whether it asks something, in order of when they did. Raises Unavailable."""
    said = [each for each in archive.done_since("mention", EPOCH) if each.field == "question" and each.value]
    said.sort(key=lambda action: (action.at, action.subject))
    for start in range(0, len(said), TOGETHER):
        some = said[start : start + TOGETHER]
        mentions = archive.mentions([action.subject for action in some])
        for action in some:
            if (mention := mentions.get(action.subject)) is not None:
                language = mention.language.code
                yield Case(mention.text, action.value != NO_QUESTION, None if language == "und" else language)
