"""Rules are read whole, and what cannot be used says where and why."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from query.cases import cases
from veille.errors import Misused
from veille.query import QueryError, Use, parse
from veille.query.fault_french import in_french
from veille.query.tree import And, Not, Operator, Or, Tag, Text

NOW = datetime(2026, 11, 8, tzinfo=UTC)


def kind(rule: str, use: Use = Use.WATCH) -> tuple[int, str]:
    with pytest.raises(QueryError) as raised:
        parse(rule, use)
    return raised.value.at, raised.value.kind


def test_and_binds_tighter_than_or_and_groups_are_flattened() -> None:
    tree = parse("a ((b) c) OR (d OR (e))").tree
    words = {name: Text((name,), name, at) for name, at in (("a", 0), ("b", 4), ("c", 7), ("d", 14), ("e", 20))}
    assert Or((And((words["a"], words["b"], words["c"])), words["d"], words["e"])) == tree


def test_two_negations_fall() -> None:
    assert isinstance(parse("-(-(acme))").tree, Text)


def test_values_are_normalised() -> None:
    tree = parse("@Acme lang:IW -is:Retweet #Été url:acme.example/%C3%A9t%C3%A9 from:@ACME").tree
    assert isinstance(tree, And)
    assert tree.items == (
        Tag("handle", "acme", 0, "@Acme"),
        Operator("lang", "he", 6),
        Not(Operator("is", "retweet", 15)),
        Tag("hashtag", "ete", 26, "#Été"),
        Operator("url", "acme.example/%C3%A9t%C3%A9", 31, ("acme", "example", "ete")),
        Operator("from", "acme", 62),
    )


def test_an_alias_is_read_under_its_present_name() -> None:
    tree = parse("acme has:videos statuses_count:10").tree
    assert isinstance(tree, And)
    assert (Operator("has", "video_link", 5), Operator("tweets_count", "10..", 16)) == tree.items[1:]


def test_the_error_shows_the_place_and_what_to_write() -> None:
    with pytest.raises(Misused) as raised:
        parse("acme frm:bob")
    assert str(raised.value).splitlines() == [
        "There is no operator `frm:`. (character 6)",
        "    acme frm:bob",
        "         ^",
        'Nearest: `from:`. For the words, write `"frm:bob"`.',
    ]


@pytest.mark.parametrize(
    ("rule", "hint"),
    [
        ("“acme corp” kettle", 'Write `"acme corp"`.'),
        ("acme lang:French", "Write a code, `fr`."),
        ("place_country:Allemagne", "Write two letters, `DE`."),
        ("acme contains:kettle", 'Nearest: `"acme corp"`. For the words, write `"contains:kettle"`.'),
        ("$100", "For the amount, write `100`."),
    ],
)
def test_the_hint_is_what_was_probably_meant(rule: str, hint: str) -> None:
    with pytest.raises(QueryError) as raised:
        parse(rule)
    assert hint == raised.value.hint


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ('"acme"kettle', (6, "missing_space")),
        ('acme"kettle"', (4, "missing_space")),
        ("acme min_faves:10", (5, "unknown_operator")),
        ("re:zero", (0, "unknown_operator")),
        ('acme ""', (5, "empty_phrase")),
        ("acme - kettle", (5, "dangling_minus")),
        ("acme (-)", (6, "dangling_minus")),
        ("‘acme’", (0, "wrong_quote")),
        ("$100", (0, "bad_cashtag")),
        ("@acme!", (0, "bad_handle")),
        ("from:a,b", (0, "bad_handle")),
        ("point_radius:[48.85 174.76 5km]", (0, "bad_point")),
        ("acme -(sample:10 kettle)", (5, "cannot_negate")),
        ("acme OR (kettle lang:fr) OR (has:media is:quote)", (28, "needs_standalone")),
        ("acme sample:1 OR kettle", (5, "sample_ungrouped")),
        ("acme embedding_threshold:2", (5, "bad_number")),
        ("acme AND", (5, "explicit_and")),
    ],
)
def test_further_errors_have_their_place_and_kind(rule: str, expected: tuple[int, str]) -> None:
    assert expected == kind(rule)


def test_a_search_may_stand_on_anything_and_looks_back() -> None:
    tree = parse("-is:retweet since:7d until:2026-11-07T08:00+02:00", Use.SEARCH, now=NOW).tree
    assert isinstance(tree, And)
    assert tree.items[1:] == (
        Operator("since", "2026-11-01T00:00:00+00:00", 12),
        Operator("until", "2026-11-07T06:00:00+00:00", 21),
    )
    assert kind("since:yesterday", Use.SEARCH) == (0, "bad_date")


def test_a_search_takes_what_only_the_archive_knows() -> None:
    tree = parse(
        "has:question is:followed region:fr-75 sentiment:-1..-0.4 country:fr language:iw watch:acme", Use.SEARCH
    ).tree
    assert isinstance(tree, And)
    values = [(item.name, item.value) for item in tree.items if isinstance(item, Operator)]
    assert values == [
        ("has", "question"),
        ("is", "followed"),
        ("region", "FR-75"),
        ("sentiment", "-1.0..-0.4"),
        ("country", "FR"),
        ("language", "he"),
        ("watch", "acme"),
    ]


@pytest.mark.parametrize(
    ("written", "value"), [("fr", "FR"), ("FR/48.864/2.3", "FR/48.86/2.30"), ("fr/-0.001/-0.004", "FR/0.00/0.00")]
)
def test_a_place_that_is_talked_about_has_one_name(written: str, value: str) -> None:
    assert parse(f"about:{written}", Use.SEARCH).tree == Operator("about", value, 0)
    assert kind(f"acme about:{written}") == (5, "archive_only")


@pytest.mark.parametrize(
    ("written", "wrong"),
    [("Paris", "bad_country"), ("FR/91/0", "bad_point"), ("FR/nan/0", "bad_point"), ("FR/1", "bad_point")],
)
def test_a_place_that_is_none_is_said(written: str, wrong: str) -> None:
    assert kind(f"about:{written}", Use.SEARCH) == (0, wrong)


@pytest.mark.parametrize("option", ["has:question", "is:followed"])
def test_a_watch_takes_no_option_that_only_the_archive_knows(option: str) -> None:
    assert kind(f"acme {option}") == (5, "archive_only")


def test_a_search_may_be_longer_than_a_watch() -> None:
    rule = "acme " * 300
    assert kind(rule) == (1024, "too_long")
    assert isinstance(parse(rule, Use.SEARCH).tree, And)


@pytest.mark.parametrize(
    ("rule", "part"),
    [
        ("acme or kettle", "`or` is searched as a word"),
        ("acme and kettle", "`and` is searched as a word"),
        ("c++", "`c++` is searched as `c`"),
        (".NET", "`.NET` is searched as `net`"),
        ("été", "Accents do not count in `été`"),
        ("acme x", "`x` is one letter only"),
        ("élève -élevé", "exclude each other"),
        ("acme context:47.*", "known to X alone"),
        ("acme -(recall toy)", "excluding a group"),
    ],
)
def test_a_warning_says_what_may_surprise_in_french_too(rule: str, part: str) -> None:
    (said,) = [warning for warning in parse(rule).warnings if part in warning]
    assert re.findall("`[^`]*`", in_french(said) or "") == re.findall("`[^`]*`", said) != []


def test_a_plain_rule_brings_no_warning() -> None:
    assert parse('("acme corp" OR @acme OR #acme) -is:retweet').warnings == ()


PIECES = st.lists(
    st.sampled_from(
        [
            *'()"-~*#@$: []\\\u200b–“',
            " OR ",
            "acme",
            '"a b"',
            "from:",
            "lang:fr",
            "is:nullcast",
            "sample:5",
            "~3",
            "été",
        ]
    )
)


@given(st.one_of(st.text(), PIECES.map("".join)), st.sampled_from(Use))
def test_no_text_raises_anything_but_a_query_error(text: str, use: Use) -> None:
    error = _error(text, use)
    if error is not None:
        assert 0 <= error.at <= len(text)
        assert error.message in str(error)


def _error(text: str, use: Use) -> QueryError | None:
    try:
        parse(text, use)
    except QueryError as error:
        return error
    return None


REFUSED = [(case.rule, use) for case in cases() if case.error is not None for use in Use]


def test_all_that_is_wrong_with_a_rule_can_be_said_in_french_with_the_same_values() -> None:
    said: set[str] = set()
    for rule, use in REFUSED:
        try:
            parse(rule, use)
        except QueryError as error:
            said |= {error.message, error.hint} - {""}
    assert len(said) > 60
    assert [each for each in said if in_french(each) is None] == []
    quoted = {each: Counter(re.findall("`[^`]*`", each)) for each in said}
    assert [each for each in said if Counter(re.findall("`[^`]*`", in_french(each) or "")) != quoted[each]] == []
    assert in_french("This is said nowhere.") is None


def test_the_french_of_a_fault_is_typeset() -> None:
    assert in_french("Write `a`, `b`, `c` or `d`.") == "Écrivez `a`, `b`, `c` ou `d`."
    assert in_french("Nearest: `from:`. For the words, write `a`.") == (
        "Le plus proche\u00a0: `from:`. Pour les mots, écrivez `a`."
    )


RULES = st.sampled_from([case.rule for case in cases() if case.error is None])


@given(RULES, st.integers(1, 3))
def test_brackets_around_a_rule_change_nothing(rule: str, depth: int) -> None:
    if len(rule) + 2 * depth <= 1024:
        plain, wrapped = parse(rule), parse("(" * depth + rule + ")" * depth)
        assert _shape(plain.tree) == _shape(wrapped.tree)


def _shape(node: And | Or | Not | Text | Tag | Operator) -> object:
    """A tree without places."""
    match node:
        case And(items=items) | Or(items=items):
            return type(node).__name__, [_shape(item) for item in items]
        case Not(item=item):
            return "Not", _shape(item)
        case Text(tokens=tokens, slop=slop):
            return tokens, slop
        case Tag(kind=tag, value=value):
            return tag, value
        case Operator(name=name, value=value):
            return name, value
