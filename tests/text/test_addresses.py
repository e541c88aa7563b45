"""Links: all forms of one have one key, and say which campaign they belong to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veille.text.addresses import CLICK_IDS, address_words, campaign, link_key

OFFER = "acme.example/offer?utm_campaign=no%C3%ABl&utm_source=x"


@pytest.mark.parametrize(
    "form",
    [
        "https://acme.example/offer?utm_source=x&utm_campaign=no%C3%ABl",
        "http://www.acme.example/offer/?utm_campaign=noël&utm_source=x",
        "ACME.example/offer?utm_source=x&utm_campaign=no%c3%abl&fbclid=1#top",
        "https://m.acme.example/offer?gclid=2&utm_campaign=no%C3%ABl&utm_source=x&_ga=3",
    ],
)
def test_all_forms_of_a_link_have_one_key(form: str) -> None:
    assert link_key(form) == OFFER


@pytest.mark.parametrize("written", ["été", "%C3%A9t%C3%A9", "%E9t%E9", "%e9t%E9"])
def test_letters_count_in_whatever_encoding_they_are_escaped(written: str) -> None:
    link = f"https://a.example/{written}?utm_campaign={written}+24"
    assert link_key(link) == "a.example/été?utm_campaign=%C3%A9t%C3%A9+24"
    named = campaign(link)
    assert named is not None
    assert named.name == "été 24"
    assert address_words(link)[3] == "ete"


def test_what_makes_another_page_makes_another_key() -> None:
    forms = ["a.example", "a.example/b", "a.example/B", "a.example/b?c=1", "a.example/b?c=2", "b.example/b?c=1"]
    forms += ["a.example/b%3Fc=1", "a.example/%E9", "a.example/%E8", "a.example/%25E9"]
    assert len({link_key(form) for form in forms}) == len(forms)


@pytest.mark.parametrize("address", ["", "no address", "http://[::1", "localhost/x", "mailto:ana@b", "https://"])
def test_what_is_no_address_of_a_page_has_no_key(address: str) -> None:
    assert link_key(address) == ""


@given(st.text(max_size=60) | st.text("%3F25E9#?&=+ a/", max_size=30))
def test_a_key_is_its_own_key_and_nothing_breaks(text: str) -> None:
    key = link_key(f"https://acme.example/{text}")
    assert link_key(key) == key
    link_key(text)
    campaign(f"https://acme.example/?utm_source={text}")


@given(st.sampled_from(sorted(CLICK_IDS)), st.text(st.sampled_from("ab1"), max_size=5))
def test_what_one_click_left_does_not_count(name: str, value: str) -> None:
    assert link_key(f"https://a.example/b?{name}={value}&c=1") == "a.example/b?c=1"


def test_a_link_names_its_campaign_in_any_case_and_order() -> None:
    named = campaign("https://a.example/?x=1&UTM_Medium=social&utm_campaign=No%C3%ABl+24&utm_source=bluesky")
    assert named == ("bluesky", "social", "Noël 24", "", "")
    assert campaign("https://a.example/?utm_source=&x=utm_") is None
    assert campaign("https://a.example/utm_source=x") is None
