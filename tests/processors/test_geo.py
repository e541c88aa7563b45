"""Where a post or its author is: coordinates, then the tagged place, then the profile's words."""

from __future__ import annotations

import gc
import subprocess
import sys
import zlib
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from veille.evaluate.geo import Case
from veille.mention import Enrichment, Geo
from veille.post import Author, Place, Post
from veille.processors.data.make_geo.sources import HERE
from veille.processors.data.make_geo.table import make
from veille.processors.gazetteer import FILE
from veille.processors.geo import add_geo

NOW = datetime(2026, 3, 1, tzinfo=UTC)
FIXTURES = Path(__file__).parents[1] / "fixtures" / "geo"


def geo(location: str | None = None, place: Place | None = None) -> Geo:
    found = Enrichment()
    author = Author(id="1", location=location)
    post = Post(
        doc_id="x:1",
        version="1",
        source="x",
        native_id="1",
        created_at=NOW,
        received_at=NOW,
        author=author,
        place=place,
    )
    add_geo(post, found)
    return found.geo


PROFILES = [
    ("Paris 🗼", "FR", "FR-IDF", "Paris"),
    ("75011 Paris", "FR", "FR-IDF", "Paris"),
    ("Lyon, France", "FR", "FR-ARA", "Lyon"),
    ("Haute-Savoie", "FR", "FR-ARA", None),
    ("Bordeaux - Nouvelle-Aquitaine", "FR", "FR-NAQ", "Bordeaux"),
    ("banlieue de Lille", "FR", "FR-HDF", "Lille"),
    ("Québec, Canada", "CA", "CA-QC", None),
    ("Montréal", "CA", "CA-QC", "Montréal"),
    ("Toronto, ON", "CA", "CA-ON", "Toronto"),
    ("Dayton, OH", "US", "US-OH", "Dayton"),
    ("dayton, oh", "US", "US-OH", "Dayton"),
    ("Tampa FL", "US", "US-FL", "Tampa"),
    ("Paris, Texas", "US", "US-TX", "Paris"),
    ("Birmingham, AL", "US", "US-AL", "Birmingham"),
    ("Birmingham", "GB", "GB-ENG", "Birmingham"),
    ("Cambridge, MA", "US", "US-MA", "Cambridge"),
    ("Cambridge, UK", "GB", "GB-ENG", "Cambridge"),
    ("Springfield, IL", "US", "US-IL", "Springfield"),
    ("Tbilisi, Georgia", "GE", "GE-TB", "Tbilisi"),
    ("Atlanta, Georgia", "US", "US-GA", "Atlanta"),
    ("Milano, MI", "IT", "IT-25", "Milan"),
    ("São Paulo, SP", "BR", "BR-SP", "São Paulo"),
    ("Berlin, DE", "DE", "DE-BE", "Berlin"),
    ("Quito Ecuador", "EC", "EC-P", "Quito"),
    ("Lagos, Nigeria", "NG", "NG-LA", "Lagos"),
    ("NYC", "US", "US-NY", "New York"),
    ("Reading, England", "GB", "GB-ENG", "Reading"),
    ("Nice, France", "FR", "FR-PAC", "Nice"),
    ("🇸🇳 Dakar", "SN", "SN-DK", "Dakar"),
    ("🇧🇷", "BR", None, None),
    ("Deutschland", "DE", None, None),
    ("Ирландия", "IE", None, None),
    ("Москва", "RU", "RU-MOW", "Moscow"),
    ("東京", "JP", "JP-13", "Tokyo"),
    ("日本 大阪市", "JP", "JP-27", "Osaka"),
    ("中国北京", "CN", "CN-BJ", "Beijing"),
    ("القاهرة، مصر", "EG", "EG-C", "Cairo"),
    ("Αθήνα", "GR", "GR-I", "Athens"),
    ("서울", "KR", "KR-11", "Seoul"),
    ("मुंबई", "IN", "IN-MH", "Mumbai"),
    ("Lost in Oregon", "US", "US-OR", None),
    ("Sud de la France", "FR", None, None),
    ("Georgia", "US", "US-GA", None),
    ("Buenos Aires, Argentina", "AR", "AR-C", "Buenos Aires"),
    ("Rochester, New York", "US", "US-NY", "Rochester"),
    ("台北市", "TW", None, "Taipei"),
    ("กรุงเทพ", "TH", "TH-10", "Bangkok"),
    ("#Lagos", "NG", "NG-LA", "Lagos"),
    ("St Louis, MO", "US", "US-MO", "St. Louis"),
    ("ÜT: 48.8566,2.3522", "FR", "FR-IDF", "Paris"),
    ("St. Louis", "US", "US-MO", "St. Louis"),
    ("Ft. Worth", "US", "US-TX", "Fort Worth"),
    ("N.Y.C.", "US", "US-NY", "New York"),
    ("Washington, D.C.", "US", "US-DC", "Washington"),
    ("Vancouver, B.C.", "CA", "CA-BC", "Vancouver"),
    ("Monterrey, N.L.", "MX", "MX-NLE", "Monterrey"),
    ("Luxembourg", "LU", None, None),
    ("Republic of Georgia", "GE", None, None),
    ("Jefferson County, CO", "US", "US-CO", None),
    ("Sarasota County", "US", "US-FL", None),
    ("King County", "US", None, None),
    ("sud-ouest de la France", "FR", None, None),
    ("Gold Coast", "AU", "AU-QLD", "Gold Coast"),
    ("South West, Cameroon", "CM", "CM-SW", None),
    ("born in Ghana, living in London", "GB", "GB-ENG", "London"),
    ("Née à Dakar, vit à Lyon", "FR", "FR-ARA", "Lyon"),
]


@pytest.mark.parametrize(("text", "country", "region", "city"), PROFILES)
def test_a_profile_names_its_place(text: str, country: str, region: str | None, city: str | None) -> None:
    found = geo(text)
    assert (found.country, found.region, found.city) == (country, region, city)
    assert found.by == "profile"
    assert found.point is not None
    assert 0.5 < found.confidence < 1


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "the internet", "quelque part", "he/him", "she/her 🌈",
            "Earth", "everywhere & nowhere", "Hogwarts",
        "in your head", "ici et là", "home",
            "somewhere over the rainbow", "not your business", "🌍🌎🌏", "404 not found",
        "Europe", "worldwide", "moon", "hello@example.com", "@someone", "https://example.com/paris",
        "dans la lune", "chez moi", "Reading", "Hope", "on tour",
            "The Moon", "your heart", "Gotham City", "everywhere", "the north", "West Coast", "the city", "island",
            "Real Madrid", "Liverpool FC", "Dallas Cowboys", "Manchester United fan", "Diagon Alley", "Since 1985",
            "par monts et par vaux", "El Dorado", "living in a dream", "now in the moment", "from", "rest",
        "one of us", "1,2", "127.0.0.1", "10.5, 3.2 km", "with my cat", "C:\\Windows",
    ],
)  # fmt: skip
def test_who_names_no_place_gets_none(text: str) -> None:
    assert geo(text) == Geo()


POINTS = [
    ((2.3522, 48.8566), "FR", "FR-IDF", "Paris"),
    ((-0.1276, 51.5072), "GB", "GB-ENG", "London"),
    ((1.3134, 51.1279), "GB", "GB-ENG", "Dover"),
    ((1.8587, 50.9513), "FR", "FR-HDF", "Calais"),
    ((27.1428, 38.4237), "TR", "TR-35", "İzmir"),
    ((26.1363, 38.3677), "GR", "GR-K", "Chios"),
    ((-73.9857, 40.7484), "US", "US-NY", "New York"),
    ((151.2093, -33.8688), "AU", "AU-NSW", "Sydney"),
    ((-79.3832, 43.6532), "CA", "CA-ON", "Toronto"),
    ((103.8198, 1.3521), "SG", None, "Singapore"),
    ((179.99, -16.8), "FJ", None, None),
]


@pytest.mark.parametrize(("point", "country", "region", "city"), POINTS)
def test_coordinates_lie_where_the_nearest_town_does(
    point: tuple[float, float], country: str, region: str | None, city: str | None
) -> None:
    found = geo("Tokyo", Place(point=point))
    assert (found.country, found.by, found.precision, found.point) == (country, "coordinates", "point", point)
    if city is not None:
        assert (found.region, found.city) == (region, city)


def test_a_point_on_the_open_sea_has_no_country() -> None:
    found = geo(None, Place(point=(-40.0, 40.0)))
    assert (found.point, found.country, found.city) == ((-40.0, 40.0), None, None)


def test_the_country_that_the_network_names_beats_the_nearest_town() -> None:
    found = geo(None, Place(point=(7.5886, 47.5596), country="FR"))
    assert (found.country, found.region, found.city) == ("FR", None, None)


@pytest.mark.parametrize("point", [(0.0, 0.0), (200.0, 10.0), (10.0, -95.0), (float("nan"), 1.0), (float("inf"), 1.0)])
def test_a_point_that_is_none_leaves_the_word_to_the_profile(point: tuple[float, float]) -> None:
    assert geo("Tokyo", Place(point=point)).country == "JP"


def test_a_larger_place_is_as_precise_as_its_kind() -> None:
    found = geo(None, Place(point=(2.35, 46.6), kind="country", country="FR"))
    assert (found.precision, found.region, found.city) == ("country", None, None)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (Place(name="Paris, France", country="FR"), ("FR", "FR-IDF", "Paris")),
        (Place(name="Paris", country="US"), ("US", "US-TX", "Paris")),
        (Place(name="Chez Marcel", country="FR"), ("FR", None, None)),
        (Place(name="Paris Tacos", kind="poi", country="US"), ("US", None, None)),
        (Place(country="SN"), ("SN", None, None)),
        (Place(name="Nowhere", country="ZZ"), (None, None, None)),
    ],
)
def test_a_tagged_place_is_read_within_its_country(place: Place, expected: tuple[str | None, ...]) -> None:
    found = geo(None, place)
    assert (found.country, found.region, found.city) == expected
    assert found.by == ("place" if expected[0] else "none")


@given(st.text())
def test_any_profile_gives_a_place_or_none(text: str) -> None:
    found = geo(text)
    assert (found.country is None) == (found.by == "none") or found.point is not None
    assert found.region is None or found.region.startswith(f"{found.country}-")


WORDS = [
    "Paris",
    "TX",
    "🇫🇷",
    ",",
    "-",
    "new",
    "york",
    "東京都",
    "大阪",
    "la",
    "Georgia",
    "48.85,2.35",
    "the",
    "@a",
    "ny",
    "st",
]


@pytest.mark.parametrize(
    ("text", "country", "region", "city"),
    [
        ("ⓁⓄⓃⒹⓄⓃ", "GB", "GB-ENG", "London"),
        ("L O N D O N", "GB", "GB-ENG", "London"),
        ("Lagos State", "NG", "NG-LA", None),
        ("千葉県松戸市", "JP", "JP-12", "Matsudo"),
        ("Tijuana, B.C.", "MX", "MX-BCN", "Tijuana"),
        ("North Shore Massachusetts", "US", "US-MA", None),
        ("Puerto Rico", "PR", None, None),
        ("Hong Kong SAR", "HK", None, None),
        ("New Delhi", "IN", "IN-DL", "New Delhi"),
        ("الخرطوم", "SD", "SD-KH", "Khartoum"),
        ("فلسطين", "PS", None, None),
        ("M?xico", "MX", None, None),
        ("S?o Paulo, Brasil", "BR", "BR-SP", "São Paulo"),
        ("Bogot?, Colombia", "CO", "CO-DC", "Bogotá"),
        ("KÃ¸benhavn", "DK", "DK-84", "Copenhagen"),
        ("Bosnien und Herzegowina", "BA", None, None),
        ("Congo - Kinshasa", "CD", None, None),
        ("San Fernando, Trinidad & Tobago", "TT", "TT-SFO", "San Fernando"),
        ("Grenada", "GD", None, None),
        ("도미니카 공화국", "DO", None, None),
        ("ميانمار (بورما)", "MM", None, None),
    ],
)
def test_places_are_found_however_they_are_written(
    text: str, country: str, region: str | None, city: str | None
) -> None:
    found = geo(text)
    assert (found.country, found.region, found.city) == (country, region, city)


def test_demonyms_count_where_nothing_else_says_where_and_less() -> None:
    assert [geo(text).city for text in ("Londoner", "Parisienne", "New Yorker")] == ["London", "Paris", "New York"]
    assert geo("Proud Nigerian").country == "NG"
    assert geo("Texan in Tokyo").country == "JP"
    assert geo("Proud Nigerian").confidence < geo("Nigeria").confidence
    assert [geo(text).country for text in ("Ex-Londoner", "French toast lover", "polish your shoes")] == [None] * 3
    assert [geo(text).country for text in ("where? here!", "Hungry? Me too", "who? what? when?")] == [None] * 3


def test_names_of_accounts_are_no_places() -> None:
    assert [geo(text).country for text in ("Snapchat: lola", "IG @paris.m", "insta: london_girl")] == [None] * 3


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("ÜT: 48.85,2.35", (2.35, 48.85)),
        ("35.68°N 139.69°E", (139.69, 35.68)),
        ("51.5°N 0.12°W", (-0.12, 51.5)),
        ("33.87° S, 151.21° E", (151.21, -33.87)),
    ],
)
def test_coordinates_are_read_as_people_write_them(text: str, point: tuple[float, float]) -> None:
    assert geo(text).point == point


@pytest.mark.parametrize("name", ["profiles.jsonl", "profiles_later.jsonl", "profiles_last.jsonl"])
def test_invented_profiles_of_all_countries_are_read_as_they_were_labelled(name: str) -> None:
    cases = [msgspec.json.decode(line, type=Case) for line in (FIXTURES / name).read_bytes().splitlines()]
    read = [(case, geo(case.text).country) for case in cases]
    right = sum(case.country is not None and found in (case.country, *case.alternatives) for case, found in read)
    wrong = [case.text for case, found in read if found not in (case.country, *case.alternatives, None)]
    assert right / sum(case.country is not None for case in cases) >= 0.98
    assert len(wrong) <= len(cases) // 100, wrong


@given(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join))
def test_any_mix_of_names_gives_a_region_of_its_country(text: str) -> None:
    found = geo(text)
    assert found.region is None or found.region.startswith(f"{found.country}-")
    assert (found.precision == "none") == (found.point is None)


@given(st.floats(-180, 180), st.floats(-90, 90))
def test_any_point_on_earth_gives_an_answer(longitude: float, latitude: float) -> None:
    found = geo(None, Place(point=(longitude, latitude)))
    assert found.point == (longitude, latitude) or (longitude, latitude) == (0, 0)


@pytest.mark.parametrize("part", ["a", "Paris ", "東", ", ", "🇫", "1.11,", "A a", "@"])
def test_only_the_start_of_a_long_profile_is_read(part: str) -> None:
    text = part * 200
    assert geo(text + "Tokyo" * 200_000) == geo(text)


MEASURED = """
from pathlib import Path
from veille.processors.geo import of_profile
from veille.processors.places import places
assert of_profile("Lyon, France").country == of_profile("45.75, 4.85").country == "FR"
assert [place.country for place in places("Floods in Lyon")] == ["FR"]
print(next(line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line))
"""
"""Its peak, in KB: `getrusage` would tell that of the process that it was forked from."""


def test_a_process_that_looks_places_up_takes_less_than_150_megabytes() -> None:
    done = subprocess.run([sys.executable, "-c", MEASURED], capture_output=True, text=True, check=True, timeout=120)
    assert int(done.stdout) < 150_000


@pytest.mark.slow
def test_the_table_is_what_its_script_makes() -> None:
    packed = (HERE / FILE).read_bytes()
    gc.disable()  # millions of rows, all of which stay to the end: half of its time [measured]
    try:
        made = make()
    finally:
        gc.enable()
    assert zlib.decompress(packed) == msgspec.msgpack.encode(made)
