"""Whatever goes wrong at two instances, every post is published or in a gap, and deletes win."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mastodon_reading import EndingClock, Published, read, settings_of
from mastodon_world import RATE, at, wanted
from patience import Patience
from served import SERVED
from veille.gap import Gap
from veille.identity import mastodon_doc_id
from veille.producers.mastodon.cursor import time_of
from veille.producers.mastodon.html import plain
from veille.producers.simulate.mastodon import MastodonStandIn
from veille.producers.simulate.mastodon_faults import Fault
from veille.producers.simulate.mastodon_fediverse import Fediverse, Held
from veille.producers.simulate.people import INSTANCES

PASSING = st.sampled_from([fault for fault in Fault if fault is not Fault.FORMAT])

READ = INSTANCES[:2]
"""What is read; the third instance is heard of through them."""

FIRST = 6
"""Before that request an instance may still have shown nothing, and then nobody can tell that it has forgotten."""


def requests() -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(st.integers(0, len(READ) - 1), st.integers(0, 60))


SCHEDULES = st.dictionaries(requests(), PASSING, max_size=25).map(
    lambda faults: {place: fault for place, fault in faults.items() if fault is not Fault.FORGET or place[1] >= FIRST}
)

FORGOTTEN_BEFORE_A_RESTART = {
    (0, 5): Fault.LIMITED_BARE,
    (0, 9): Fault.CUT,
    (0, 11): Fault.FORGET,
    (0, 14): Fault.TRUNCATED,
}


@pytest.mark.slow
@settings(SERVED, max_examples=10)
@given(
    seed=st.integers(0, 50),
    schedule=SCHEDULES,
    restarts=st.lists(st.integers(1, 60), max_size=3),
    ahead=st.sampled_from([0, 30, 600]),
)
@example(seed=36, schedule=FORGOTTEN_BEFORE_A_RESTART, restarts=[57], ahead=30)
def test_whatever_goes_wrong_every_post_is_published_or_in_a_gap_and_deletes_win(
    seed: int, schedule: dict[tuple[int, int], Fault], restarts: list[int], ahead: int
) -> None:
    clock, patience = EndingClock(), Patience()
    fediverse = Fediverse(seed, RATE, clock, end=500, skews={INSTANCES[1]: timedelta(seconds=ahead)})
    published = Published(clock)
    with MastodonStandIn(fediverse, clock, instances=READ, faults=at(schedule)) as stand_in:
        stand_in.at_slow = patience.at_end
        chosen = settings_of(stand_in)
        hosts = {url.removeprefix("http://"): name for name, url in stand_in.urls.items()}
        for most in restarts:
            published.take(read(clock, chosen, 100, cursor=published.cursor, most=most, patience=patience))
            clock.advance(20)
        published.take(read(clock, chosen, 500, cursor=published.cursor, patience=patience))
        for _ in range(len(schedule) + 2):  # each fault may have made an instance ask for some minutes of patience
            if all(gap.until for gap in published.gaps.values()) and not _out_of_date(
                published, wanted(fediverse, READ)
            ):
                break
            published.take(read(clock, chosen, 400, cursor=published.cursor, patience=patience))

    assert [gap for gap in published.gaps.values() if gap.until is None] == []
    unrepaired = [(gap, hosts[gap.part]) for gap in published.gaps.values() if not gap.repaired]
    for uri, held in wanted(fediverse, READ).items():
        found = published.posts.get(mastodon_doc_id(uri))
        if found is None:
            assert mastodon_doc_id(uri) not in published.posts, "a post that is held somewhere was deleted"
            assert all(_inside(each, name, unrepaired, ahead) for name, each in held.items()), f"{uri} is lost"
    assert _out_of_date(published, wanted(fediverse, READ)) == []
    for uri in fediverse.deleted.keys() - wanted(fediverse, READ).keys():
        assert published.posts.get(mastodon_doc_id(uri)) is None, "a deleted post is there"


def _out_of_date(published: Published, held: dict[str, dict[str, Held]]) -> list[str]:
    """Posts that no instance shows as they were published last."""
    found = {uri: published.posts.get(mastodon_doc_id(uri)) for uri in held}
    return [
        uri
        for uri, post in found.items()
        if post is not None and all(post.text != plain_text(each) for each in held[uri].values())
    ]


def plain_text(held: Held) -> str:
    return plain(held.post.text.replace("&", "&amp;").replace("<", "&lt;").replace("\n", "<br>"))[0]


def _inside(held: Held, instance: str, unrepaired: list[tuple[Gap, str]], ahead: int) -> bool:
    """Whether it came to an instance within one of its gaps."""
    came = time_of(str(held.local_id))
    assert came is not None
    came -= timedelta(seconds=ahead if instance == READ[1] else 0)
    return any(name == instance and gap.since <= came <= (gap.until or came) for gap, name in unrepaired)
