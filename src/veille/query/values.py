"""Values of operators: each function checks one kind of value and gives it in the form in which it is compared.

value as written --check, normalise--> (value, tokens)     or Fault: what is wrong, and what to write
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from veille.mention import whereabouts
from veille.query.codes import COUNTRIES, LANGUAGES, RENAMED_LANGUAGES
from veille.query.errors import Fault
from veille.text.addresses import domain as host_of
from veille.text.addresses import readable
from veille.text.tokens import words

Normalised = tuple[str, tuple[str, ...]]
"""The value as it is compared, and its tokens where words are compared."""

Check = Callable[[str], Normalised]

MILE = 1.609344
"""Kilometres."""

LONGEST_KM = 25 * MILE
"""X takes radii and sides below 25 miles."""

EARTH_KM = 6371.0088
"""Mean radius (IUGG)."""

SOURCES = frozenset({"x", "bluesky", "mastodon", "feed", "file"})
SENTIMENTS = ("negative", "neutral", "positive", "unsure")

_NUMBER = r"[+-]?\d+(?:\.\d+)?"
_POINT = re.compile(rf"\[\s*({_NUMBER})\s+({_NUMBER})\s+(\d+(?:\.\d+)?)(km|mi)\s*\]", re.IGNORECASE)
_BOX = re.compile(rf"\[\s*({_NUMBER})\s+({_NUMBER})\s+({_NUMBER})\s+({_NUMBER})\s*\]")
_HANDLE = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.\-]*[A-Za-z0-9_])?(?:@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+)?")
_DID = re.compile(r"did:[a-z0-9]+:[A-Za-z0-9._:%\-]+")
_URI = re.compile(r"https?://[^\s/]+/\S+", re.IGNORECASE)
_LANGUAGE = re.compile(r"([a-z]{2,3})((?:-[a-z0-9]{2,8})*)", re.ASCII)
_RELATIVE = re.compile(r"(\d{1,5})([mhdw])", re.ASCII)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def handle(value: str) -> Normalised:
    """A name without @, a Bluesky handle or did, name@host, or an id (of Mastodon an address); folded, as compared."""
    name = value.lstrip("@＠")
    if len(value) - len(name) > 1 or not is_handle(name):
        raise Fault("bad_handle", f"`{value}` is no handle.", "Write a name, name.domain.tld or name@domain.tld.")
    return name.casefold(), ()


def is_handle(name: str) -> bool:
    """Whether a handle or an id of a network looks so."""
    return any(form.fullmatch(name) for form in (_HANDLE, _DID, _URI))


def author(value: str) -> Normalised:
    """A handle without @ or an id, as handles are compared, and the words that a name may hold."""
    name = value.lstrip("@＠")
    if not name:
        raise Fault("bad_handle", f"`{value}` is no author.", "Write a handle, or words of the name.")
    return name.casefold(), tuple(token.text for token in words(name))


def literal(value: str) -> Normalised:
    """Any characters, compared without case."""
    return value.casefold(), ()


def identifier(value: str) -> Normalised:
    """An id of any network, as it is."""
    return value, ()


def watch_and_term(value: str) -> Normalised:
    """A watch and a term of its query, `acme/kettle`."""
    watch, _, wanted = value.partition("/")
    if not watch or not wanted:
        raise Fault("bad_match", f"`{value}` names no term of a watch.", "Write the watch and its term, `acme/kettle`.")
    return value, ()


def phrase(value: str) -> Normalised:
    """Words in order."""
    found = tuple(token.text for token in words(value))
    if not found:
        raise Fault("no_word", f"`{value}` holds no word.", "Write a word or several in quotation marks.")
    return value, found


def address(value: str) -> Normalised:
    """Words of a URL in order, percent-escapes and punycode decoded."""
    return value, phrase(readable(value))[1]


def language(value: str) -> Normalised:
    """A code of ISO 639, with or without a region; `und` for none."""
    parts = _LANGUAGE.fullmatch(value.lower().replace("_", "-"))
    code = RENAMED_LANGUAGES.get(parts[1], parts[1]) if parts else ""
    if parts is None or (len(code) == 2 and code not in LANGUAGES):
        nearest = _nearest_code(value, "languages", {"jp": "ja", "gr": "el", "cn": "zh", "ua": "uk", "gb": "en"})
        raise Fault("bad_language", f"`{value}` is no language code.", f"Write a code, `{nearest or 'fr'}`.")
    return code + parts[2], ()


def country(value: str) -> Normalised:
    """A code of ISO 3166-1 alpha-2, in capitals."""
    code = value.upper()
    if code not in COUNTRIES:
        nearest = _nearest_code(value, "territories", {"uk": "GB", "en": "GB", "ja": "JP"})
        raise Fault("bad_country", f"`{value}` is no country code.", f"Write two letters, `{nearest or 'FR'}`.")
    return code, ()


def region(value: str) -> Normalised:
    """A code of ISO 3166-2, in capitals."""
    code = value.upper()
    if not re.fullmatch(r"[A-Z]{2}-[A-Z0-9]{1,3}", code):
        raise Fault("bad_country", f"`{value}` is no region code.", "Write country and region, `FR-75`.")
    return code, ()


def about(value: str) -> Normalised:
    """A country, or a place as the map writes it: country, latitude, longitude, `FR/48.86/2.35`."""
    code, *where = value.split("/")
    land, _ = country(code)
    if not where:
        return land, ()
    try:
        latitude, longitude = map(float, where)
    except ValueError:
        latitude = longitude = 1000.0
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise Fault("bad_point", f"`{value}` is no place.", "Write a country, `about:FR`; places are on the map.")
    return whereabouts(land, (longitude, latitude)), ()


def _nearest_code(value: str, table: str, known: Mapping[str, str]) -> str | None:
    """The code of a language or country named in English or French; loads the names only to mend an error."""
    from babel import Locale

    wanted = value.strip().casefold()
    for locale in ("en", "fr"):
        names: Mapping[str, str] = getattr(Locale(locale), table)
        for code, name in names.items():
            if name.casefold() == wanted:
                return code
    return known.get(wanted)


def domain(value: str) -> Normalised:
    """The host of links, as `tags.domains` has it: without `www.`, `m.` and `mobile.`."""
    host = host_of(f"https://{value}") if not re.search(r"[\s/:@?#]", value) else None
    if host is None:
        raise Fault("bad_domain", f"`{value}` is no host.", "Write the host alone, `domain:shop.example`.")
    return host, ()


def sample(value: str) -> Normalised:
    """A whole percentage, 1 to 100."""
    if not (value.isascii() and value.isdigit() and 1 <= int(value[:9]) <= 100):
        raise Fault("bad_number", f"`{value}` is no percentage.", "Write a whole number from 1 to 100.")
    return str(int(value)), ()


def at_least(value: str) -> Normalised:
    """A count, as a range without an upper end."""
    return f"{_count(value)}..", ()


def count_range(value: str) -> Normalised:
    """`n` means at least; `a..b`, `a..`, `..b` include their ends. Normalised: `a..b`, either end may be empty."""
    low, dots, high = value.partition("..")
    if not dots:
        return at_least(value)
    ends = [_count(end) if end else None for end in (low, high)]
    if ends == [None, None] or (ends[0] is not None and ends[1] is not None and ends[0] > ends[1]):
        raise Fault("bad_range", f"`{value}` is no range.", "Lower end first: `100..500`, `100..` or `..500`.")
    return "..".join("" if end is None else str(end) for end in ends), ()


def _count(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) <= 15):
        raise Fault("bad_number", f"`{value}` is no number.", "Write a whole number, `1000`.")
    return int(value)


def threshold(value: str) -> Normalised:
    """A similarity between 0 and 1."""
    if not re.fullmatch(r"0?\.\d+|[01](?:\.0+)?", value):
        raise Fault("bad_number", f"`{value}` is no similarity.", "Write a number from 0 to 1, `0.8`.")
    return value, ()


def annotation(value: str) -> Normalised:
    """Domain and entity of X's annotations: `10.799022225751871488`, `47.*`."""
    if not re.fullmatch(r"(\d+|\*)\.(\d+|\*)", value, re.ASCII):
        raise Fault("bad_option", f"`{value}` is no annotation.", "Write domain and entity, `47.*`.")
    return value, ()


def distance_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Great-circle distance of two points (longitude, latitude) by the haversine formula."""
    (west, south), (east, north) = (tuple(map(math.radians, point)) for point in (one, other))
    half = math.sin((north - south) / 2) ** 2 + math.cos(south) * math.cos(north) * math.sin((east - west) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(min(1.0, half)))


def point_radius(value: str) -> Normalised:
    """`[longitude latitude radius]`, radius in km or mi. Normalised: `longitude latitude kilometres`."""
    parts = _POINT.fullmatch(value)
    if parts is None:
        raise Fault("bad_point", f"`{value}` is no circle.", "Longitude, latitude, radius: `[2.35 48.85 16km]`.")
    longitude, latitude = _point(parts[1], parts[2], "bad_point")
    radius = float(parts[3]) * (MILE if parts[4].lower() == "mi" else 1)
    if not 0 < radius < LONGEST_KM:
        raise Fault("bad_point", f"A radius of {parts[3]}{parts[4]} is out of range.", "It must be below 25mi (40km).")
    return f"{longitude} {latitude} {radius}", ()


def bounding_box(value: str) -> Normalised:
    """`[west south east north]`; west > east crosses the antimeridian. Normalised: the four numbers."""
    parts = _BOX.fullmatch(value)
    if parts is None:
        raise Fault("bad_box", f"`{value}` is no box.", "West, south, east, north: `[2.2 48.8 2.45 48.92]`.")
    west, south = _point(parts[1], parts[2], "bad_box")
    east, north = _point(parts[3], parts[4], "bad_box")
    if south >= north or west == east:
        raise Fault("bad_box", f"`{value}` is empty.", "Write west and south first: `[2.2 48.8 2.45 48.92]`.")
    width = (east - west) % 360
    sides = [2 * math.pi * EARTH_KM * math.cos(math.radians(side)) * width / 360 for side in (south, north)]
    if max(*sides, distance_km((west, south), (west, north))) >= LONGEST_KM:
        raise Fault("bad_box", "The box is too large.", "Each side must be below 25 miles (40 km).")
    return f"{west} {south} {east} {north}", ()


def _point(longitude: str, latitude: str, kind: str) -> tuple[float, float]:
    west, south = float(longitude), float(latitude)
    if abs(south) > 90:
        raise Fault(kind, f"Latitude {latitude} is past 90.", "Longitude comes first: `[2.35 48.85 …]`.")
    if abs(west) > 180:
        raise Fault(kind, f"Longitude {longitude} is past 180.", "Longitude comes first: `[2.35 48.85 …]`.")
    return west, south


def option(options: Mapping[str, str]) -> Check:
    """One of a list of words; the mapping leads from each spelling to its present name."""

    def check(value: str) -> Normalised:
        chosen = options.get(value.lower())
        if chosen is None:
            raise Fault("bad_option", f"`{value}` is not one of its values.", f"Write one of: {', '.join(options)}.")
        return chosen, ()

    return check


def sentiment(value: str) -> Normalised:
    """A label, or a range of the score such as `-1..-0.4`."""
    low, dots, high = value.partition("..")
    if not dots:
        return option({label: label for label in SENTIMENTS})(value)
    try:
        ends = [float(end) if end else default for end, default in ((low, -1.0), (high, 1.0))]
    except ValueError:
        ends = []
    if not ends or not -1 <= ends[0] <= ends[1] <= 1:
        raise Fault("bad_range", f"`{value}` is no range of scores.", "From -1 to 1, lower end first: `-1..-0.4`.")
    return f"{ends[0]}..{ends[1]}", ()


def source(value: str) -> Normalised:
    """A network, or the name of an application without case."""
    return value.casefold(), ()


def moment(value: str) -> Normalised:
    """A day, a minute in UTC, or a time ago (`36h`, `7d`). Normalised: ISO 8601 with Z, or the time ago."""
    if _RELATIVE.fullmatch(value.lower()):
        return value.lower(), ()
    try:
        found = datetime.fromisoformat(value.upper())
    except ValueError:
        found = None
    if found is None or not re.match(r"\d{4}-\d\d-\d\d", value):
        raise Fault("bad_date", f"`{value}` is no time.", "Write `2026-11-01`, `2026-11-01T08:00Z`, `36h` or `7d`.")
    found = found.replace(tzinfo=UTC) if found.tzinfo is None else found
    try:
        return found.astimezone(UTC).isoformat().replace("+00:00", "Z"), ()
    except OverflowError as error:
        raise Fault("bad_date", f"`{value}` is out of range.", "Write `2026-11-01`.") from error


def instant(value: str, now: datetime) -> datetime:
    """The time that a normalised `since:` or `until:` means at a given time, in UTC."""
    ago = _RELATIVE.fullmatch(value)
    if ago is None:
        return datetime.fromisoformat(value)
    return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
