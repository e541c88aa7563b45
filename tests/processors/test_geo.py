"""Where a post or its author is: coordinates, then the tagged place, then the profile's words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from veille.mention import Enrichment, Geo
from veille.post import Author, Place, Post
from veille.processors.geo import add_geo

NOW = datetime(2026, 3, 1, tzinfo=UTC)


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
    ("#Lagos", "NG", "NG-LA", "Lagos"),
    ("St Louis, MO", "US", "US-MO", "St. Louis"),
    ("ÜT: 48.8566,2.3522", "FR", "FR-IDF", "Paris"),
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
        "dans la lune", "chez moi", "Reading", "Hope", "1,2", "127.0.0.1", "10.5, 3.2 km", "with my cat", "C:\\Windows",
    ],
)  # fmt: skip
def test_who_names_no_place_gets_none(text: str) -> None:
    assert geo(text) == Geo()
