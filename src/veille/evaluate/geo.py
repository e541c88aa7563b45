"""`veille eval geo`: the place that a profile's text names, as `processors.geo` reads it.

    {"text": "Toronto, ON", "country": "CA", "alternatives": [], "region": "CA-ON", "city": "Toronto", "note": null}

`alternatives` are countries that are right as well, or no mistake where there is no country. A note that begins with
`part: NAME` names a part of the city, which is right as well.
"""

from __future__ import annotations

from msgspec import Struct

from veille.evaluate.figures import f1, share
from veille.evaluate.labelled import LabelledFile
from veille.evaluate.report import Report
from veille.mention import Geo
from veille.processors.gazetteer import key
from veille.processors.geo import of_profile


class Case(Struct, frozen=True):
    """A profile's text and what it names: ISO 3166-1, ISO 3166-2, the city's English name."""

    text: str
    country: str | None
    alternatives: list[str] = []
    region: str | None = None
    city: str | None = None
    note: str | None = None


PART = "part: "


def judge(file: LabelledFile) -> Report:
    """Precision and recall of countries; those of regions and cities in `by`."""
    read = [(case, of_profile(case.text)) for case in file.rows(Case)]
    report = _figures([_country(case, found) for case, found in read])
    report.coverage = share(sum(found.country is not None for _, found in read), len(read))
    report.by = {
        "region": _figures([_level(case.region, found.region, [case.region]) for case, found in read]),
        "city": _figures([_level(case.city, found.city, _cities(case)) for case, found in read]),
    }
    return report


class Judged(Struct, frozen=True):
    """Whether something is there to be found, was given, and was right."""

    wanted: bool
    given: bool
    right: bool


def _figures(judged: list[Judged]) -> Report:
    right, given = sum(each.right for each in judged), sum(each.given for each in judged)
    wanted = sum(each.wanted for each in judged)
    precision, recall = share(right, given), share(right, wanted)
    return Report(cases=len(judged), precision=precision, recall=recall, f1=f1(precision, recall))


def _country(case: Case, found: Geo) -> Judged:
    given = found.country
    if case.country is None:
        return Judged(wanted=False, given=given is not None and given not in case.alternatives, right=False)
    return Judged(wanted=True, given=given is not None, right=given in (case.country, *case.alternatives))


def _level(wanted: str | None, given: str | None, right: list[str | None]) -> Judged:
    """Regions and cities: what is given where nothing is labelled is finer than the label, which is no mistake."""
    return Judged(
        wanted=wanted is not None,
        given=wanted is not None and given is not None,
        right=given is not None and wanted is not None and key(given) in {key(name) for name in right if name},
    )


def _cities(case: Case) -> list[str | None]:
    note = case.note or ""
    return [case.city, note.removeprefix(PART).partition(";")[0] if note.startswith(PART) else None]
