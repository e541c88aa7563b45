"""What X is sent, and what its author is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from query.cases import Case, cases, post_of
from veille.errors import Misused
from veille.query import Use, parse, words, x_rule
from veille.query.match import Matcher
from veille.query.wording_words import ENGLISH, FRENCH


@pytest.mark.parametrize(
    ("rule", "sent"),
    [
        ("acme kettle", ["acme kettle"]),
        ("acme or kettle", ['acme "or" kettle']),
        ("coca-cola", ['"coca-cola"']),
        ("été", ["été OR ete"]),
        ("acme -été", ["acme -été -ete"]),
        ('"à la carte" acme', ['("à la carte" OR "a la carte") acme']),
        ("👩\u200d💻 ❤\ufe0f", ['"👩\u200d💻" "❤\ufe0f"']),
        ("acme lang:he -is:nullcast", ["acme lang:iw -is:nullcast"]),
        ("acme OR @acme.bsky.social", ["acme"]),
        ("@acme.bsky.social", []),
        ("acme source:bluesky", []),
        ("acme source:x", ["acme"]),
        ("acme -source:bluesky", ["acme"]),
        ("acme -(a1 OR b1)", ["acme -a1 -b1"]),
        ("acme -(a1 b1)", ["acme -(a1 b1)"]),
        ('"acme kettle"~3', ['"acme kettle"~3']),
        ("acme tweets_count:..9 followers_count:5", ["acme tweets_count:0..9 followers_count:5"]),
        ("point_radius:[2.35 48.85 10km]", ["point_radius:[2.35 48.85 10km]"]),
        ("acme has:videos", ["acme has:video_link"]),
        ('"say \\"hi\\""', ['"say \\"hi\\""']),
        ('url:"https://acme.example" OR url:acme', ['url:"https://acme.example" OR url:acme']),
    ],
)
def test_a_rule_is_printed_as_x_takes_it(rule: str, sent: list[str]) -> None:
    assert sent == x_rule(parse(rule))


def test_a_rule_too_long_for_x_is_split_at_its_or_with_the_rest_in_each_part() -> None:
    names = [f"é{number:03}" for number in range(100)]
    parts = x_rule(parse(f"({' OR '.join(names)}) -is:retweet"))
    assert len(parts) == 2
    assert all(len(part) <= 1024 and part.endswith(") -is:retweet") for part in parts)
    assert names == [name for name in names if sum(f"{name} " in part for part in parts) == 1]


def test_a_long_rule_without_or_is_refused() -> None:
    with pytest.raises(Misused, match="longer than 1,024"):
        x_rule(parse(" ".join(f"-é{number:03}" for number in range(120)) + " acme"))


BROADER_ON_X = ("source:", "lang:pt-BR", "embedding", "context")
"""What X is asked for less narrowly, or settles itself."""

CASES = [case for case in cases() if case.post and not any(part in case.rule for part in BROADER_ON_X)]


@given(st.sampled_from([case for case in CASES if x_rule(parse(case.rule), 4096)]))
def test_what_x_is_sent_matches_the_same_posts(case: Case) -> None:
    parts = {str(number): parse(rule) for number, rule in enumerate(x_rule(parse(case.rule)))}
    assert case.match == bool(Matcher(parts).match(post_of(case.post or {})))


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("acme -is:retweet", "posts that contain “acme”, and are no reposts"),
        ("acme OR (@acme has:links)", "posts that contain “acme” or (mention @acme, and have a link)"),
        ("acme followers_count:10..20", "posts that contain “acme”, and are by accounts with 10 to 20 followers"),
        ("acme -(a1 b1)", "posts that contain “acme”, and are not posts that (contain “a1”, and contain “b1”)"),
    ],
)
def test_a_rule_is_said_in_english(rule: str, said: str) -> None:
    assert said == words(parse(rule))


@given(st.sampled_from([case.rule for case in cases() if case.error is None]))
def test_every_rule_can_be_said(rule: str) -> None:
    assert words(parse(rule)).startswith("posts that ")
    assert words(parse(rule), "fr").startswith("les publications qui ")


def test_all_that_can_be_said_in_english_can_be_said_in_french_with_the_same_blanks() -> None:
    assert {name: [each.count("{}") for each in said] for name, said in ENGLISH.items()} == {
        name: [each.count("{}") for each in said] for name, said in FRENCH.items()
    }


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("acme -is:retweet", "les publications qui contiennent « acme », et ne sont pas des republications"),
        (
            "acme OR (@acme has:links)",
            "les publications qui contiennent « acme » ou (mentionnent @acme, et ont un lien)",
        ),
        ("acme -has:links", "les publications qui contiennent « acme », et n’ont pas de lien"),
        ("acme lang:und", "les publications qui contiennent « acme », et sont déclarées en langue « indéterminée »"),
        (
            "acme -followers_count:10..20",
            "les publications qui contiennent « acme », et ne sont pas de comptes qui ont 10 à 20 abonnés",
        ),
        (
            "acme -(a1 b1)",
            "les publications qui contiennent « acme », et ne sont pas des publications qui (contiennent « a1 », "
            "et contiennent « b1 »)",
        ),
    ],
)
def test_a_rule_is_said_in_french(rule: str, said: str) -> None:
    assert said.replace("« ", "«\u00a0").replace(" »", "\u00a0»") == words(parse(rule), "fr")


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("has:question -is:followed", "posts that have a question, and are no replies to what the watch has"),
        ("author:ana min_likes:10", "posts that are by ana, by handle or name, and are liked at least 10 times"),
        ("region:FR-75 -min_reposts:..3", "posts that are from the region FR-75, and are not reposted at most 3 times"),
    ],
)
def test_a_search_is_said_in_english(rule: str, said: str) -> None:
    assert said == words(parse(rule, Use.SEARCH))


@pytest.mark.parametrize(
    ("query", "english", "french"),
    [
        ("sentiment:negative", "are of negative sentiment", "sont de sentiment négatif"),
        ("tea -sentiment:unsure", "are not of unsure sentiment", "ne sont pas de sentiment incertain"),
        ("sentiment:..-0.4", "have a sentiment score from -1 to -0.4", "ont un score de sentiment de -1 à -0.4"),
    ],
)
def test_a_sentiment_is_named_in_the_readers_language(query: str, english: str, french: str) -> None:
    read = parse(query, Use.SEARCH)
    assert (english in words(read), french in words(read, "fr")) == (True, True)
