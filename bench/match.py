"""Matching: posts a second against 5,000 watches on one core, beside a plain loop over the same watches.

Watches are invented: names, phrases, hashtags and handles, alone, in ORs, with exclusions, some near each other, by an
author, or by a link. Posts are the invented stream of bench/posts.py, in which about one post in ten is made to name
what some watch looks for. As in a source the garbage collector is spared, posts are decoded a slice at a time and
matched at once; only matching is measured, as processor time of this thread. The median over slices says what is usual.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterator, Sequence

import msgspec
from msgspec.structs import replace

from bench.cores import one_core
from bench.posts import stream
from veille.batches import spare_collector
from veille.post import Post
from veille.query import Query, parse
from veille.query.facts import Facts
from veille.query.match import Matcher
from veille.query.predicates import Test, test_of

RULES = 5_000
POSTS = 40_000
SLICE = 100
LOOPED = 100
"""Posts that the plain loop is given: it takes long."""

NAMED = 0.1
"""Share of posts that name what a watch looks for."""

FLOOR = 50_000
"""Posts a second that one core must reach."""

FORMS = (
    "{a} -is:retweet",
    '"{a} {b}"',
    "{a} OR {b} OR #{a}",
    '("{a} {b}" OR @{a} OR #{a}{b}) -is:retweet lang:en',
    "@{a} OR from:{a}",
    "#{a} OR #{b} -{c}",
    '"{a} {c}"~3 -{b}',
    "{a} ({b} OR {c}) -is:reply",
    'url:"{a}.example" OR "{a} {b} {c}"',
    "{a} has:links -{b}",
)
_DECODE = msgspec.json.Decoder(Post).decode
SYLLABLES = [consonant + vowel for consonant in "bdfghjklmnprstvwz" for vowel in "aeiou"]


def run() -> dict[str, object]:
    """Posts a second of the matcher and of a loop over all watches, and the share that matched."""
    chance = random.Random(5)
    names = sorted({"".join(chance.choices(SYLLABLES, k=3)) for _ in range(6_000)})
    queries = {f"watch{number}": _watch(chance, names, number) for number in range(RULES)}
    records = [msgspec.json.encode(_named(chance, names, post)) for post in stream(POSTS)]
    with one_core():
        matcher = Matcher(queries)
        spare_collector()
        found, slices = _matched(matcher, records)
        tests = [test_of(query.tree) for query in queries.values()]
        looped = statistics.median(_looped(tests, [_DECODE(record) for record in records[:LOOPED]]))
    cost = statistics.median(slices)
    rate, plain = round(1e6 / cost), round(1e6 / looped)
    return {
        "posts_per_second": rate,
        "microseconds a post": round(cost, 1),
        "plain loop, posts_per_second": plain,
        "times the plain loop": round(rate / plain),
        "posts that matched": f"{found / POSTS:.1%}",
        "watches": RULES,
        "reached": {f"at least {FLOOR:,} posts/s on one core": rate >= FLOOR},
    }


def _watch(chance: random.Random, names: Sequence[str], number: int) -> Query:
    a, b, c = chance.sample(names, 3)
    return parse(FORMS[number % len(FORMS)].format(a=a, b=b, c=c))


def _named(chance: random.Random, names: Sequence[str], post: Post) -> Post:
    if chance.random() >= NAMED:
        return post
    return replace(post, text=f"{post.text} {chance.choice(names)} {chance.choice(names)}")


def _matched(matcher: Matcher, records: Sequence[bytes]) -> tuple[int, list[float]]:
    """How many matched, and processor time a post by slices, the first tenth left out: caches fill."""
    found, costs = 0, []
    for first in range(0, len(records), SLICE):
        part = [_DECODE(record) for record in records[first : first + SLICE]]
        started = time.thread_time()
        found += sum(1 for post in part if matcher.match(post))
        costs.append((time.thread_time() - started) / len(part) * 1e6)
    return found, costs[len(costs) // 10 :]


def _looped(tests: Sequence[Test], posts: Sequence[Post]) -> Iterator[float]:
    for post in posts:
        started = time.thread_time()
        facts = Facts(post)
        for test in tests:
            test(facts)
        yield (time.thread_time() - started) * 1e6
