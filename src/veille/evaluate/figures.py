"""The usual figures, counted in one place for all tasks.

precision, recall, F1, macro averages: C. Manning, P. Raghavan, H. Schütze, "Introduction to Information Retrieval",
2008, 8.3 and 13.6. Coverage beside the accuracy of what is answered: R. El-Yaniv, Y. Wiener, "On the foundations of
noise-free selective classification", 2010.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

from veille.evaluate.report import Report

NO_ANSWER = "-"


def share(part: float, whole: float) -> float | None:
    """None of nothing."""
    return round(part / whole, 4) if whole else None


def f1(precision: float | None, recall: float | None) -> float | None:
    """None where one of the two is."""
    if precision is None or recall is None:
        return None
    return share(2 * precision * recall, precision + recall) or 0.0


def retrieved(cases: int, *, right: int, given: int, wanted: int) -> Report:
    """Precision, recall and F1 of things looked for: so many of those given are right, and so many there are."""
    precision, recall = share(right, given), share(right, wanted)
    return Report(cases=cases, precision=precision, recall=recall, f1=f1(precision, recall))


def retrieved_in(pairs: Iterable[tuple[Iterable[Hashable], Iterable[Hashable]]]) -> Report:
    """The same from the things wanted and the things given of each case; twice the same counts twice."""
    cases = right = given = wanted = 0
    for expected, found in pairs:
        there, here = Counter(expected), Counter(found)
        cases += 1
        right += (there & here).total()
        given += here.total()
        wanted += there.total()
    return retrieved(cases, right=right, given=given, wanted=wanted)


def classified(pairs: Sequence[tuple[str, str | None]]) -> Report:
    """All figures of one label a case, from the label wanted and the one given; None is no answer.

    An answer that is left out lowers recall, never precision; `macro_*` are over the labels that the file has.
    """
    labels = sorted({wanted for wanted, _ in pairs})
    right = Counter(wanted for wanted, given in pairs if wanted == given)
    there, here = Counter(wanted for wanted, _ in pairs), Counter(given for _, given in pairs)
    answered = len(pairs) - here[None]
    by_label = {
        label: retrieved(there[label], right=right[label], given=here[label], wanted=there[label]) for label in labels
    }
    report = retrieved(len(pairs), right=right.total(), given=answered, wanted=len(pairs))
    report.macro_f1 = _mean([each.f1 or 0.0 for each in by_label.values()])
    report.macro_recall = _mean([each.recall or 0.0 for each in by_label.values()])
    report.accuracy = share(right.total(), answered)
    report.coverage = share(answered, len(pairs))
    report.confusion = _confusion(pairs)
    report.by = by_label
    return report


def _mean(values: Sequence[float]) -> float | None:
    return share(sum(values), len(values))


def _confusion(pairs: Iterable[tuple[str, str | None]]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for (wanted, given), number in sorted(Counter((wanted, given or NO_ANSWER) for wanted, given in pairs).items()):
        found.setdefault(wanted, {})[given] = number
    return found
