"""Replies to mentions are followed, though they do not name the brand: that is how a question gets its answer.

    post --> what it answers, else what began its thread: remembered? --> the same watches, marked `followed`
    post with watches, followed or not --> remembered, the least recently answered forgotten first

Of the same events in the same order comes the same. After a start, what the archive received lately is known again.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from veille.archive import Archive
from veille.clock import Clock
from veille.errors import Unavailable
from veille.mention import Mention
from veille.post import Post, WatchMatch
from veille.query import parse
from veille.query.facts import Facts
from veille.query.predicates import Test, test_of
from veille.query.tree import And, Node, Not, Operator, Or
from veille.query.use import Use

REMEMBERED = 100_000
"""Mentions whose replies are followed; about 30 MB."""

RECALLED = 20_000
"""Mentions taken from the archive at a start, at most."""

RECALL = timedelta(days=2)
"""How far back: later than that, hardly anybody answers."""

LAG_S = 60.0
"""The archive is looked at once more so long after a start: then it has what was on its way to it."""

ASK_AGAIN_S = 10.0
PAGE = 1_000
NETWORKS = ("x", "bluesky", "mastodon")

Key = tuple[str, str]

log = logging.getLogger(__name__)


class Conversations:
    """The mentions that may be answered, and by which watches they matched."""

    def __init__(self, watches: Mapping[str, Node], limit: int = REMEMBERED) -> None:
        """`watches`: their queries by id. What one excludes outright (`-is:reply`) is not followed for it either."""
        self.exclude(watches)
        self._limit = limit
        self._known: OrderedDict[Key, tuple[str, ...]] = OrderedDict()

    def exclude(self, watches: Mapping[str, Node]) -> None:
        """Follow for these watches from now on, and for no other."""
        self._excluded = {name: [*map(test_of, _exclusions(tree))] for name, tree in watches.items()}

    def __len__(self) -> int:
        """How many are remembered."""
        return len(self._known)

    def recall(self, mentions: Iterable[Mention]) -> None:
        """Remember what an earlier process published, in this order; what is known already is newer."""
        for mention in mentions:
            if _key(mention, mention.native_id) not in self._known:
                self._remember(mention)

    def take(self, post: Post) -> None:
        """Add to `matched` the watches of what the post answers, and remember the post."""
        if post.origin == "replay":  # a file is read for what it says, and in any order
            return
        if post.ref.reply_to is not None:
            post.matched += self._followed(post)
        self._remember(post)

    def _followed(self, post: Post) -> list[WatchMatch]:
        own = {match.id for match in post.matched}
        inherited = [name for name in self._answered(post) if name in self._excluded and name not in own]
        if not inherited:
            return []
        facts = Facts(post)
        return [WatchMatch(name, followed=True) for name in inherited if not _any(self._excluded[name], facts)]

    def _answered(self, post: Post) -> tuple[str, ...]:
        """The watches of what it answers, else those of what began its thread."""
        for native_id in (post.ref.reply_to, post.ref.conversation):
            key = _key(post, native_id or "")
            if (found := self._known.get(key)) is not None:
                self._known.move_to_end(key)
                return found
        return ()

    def _remember(self, post: Post) -> None:
        key = _key(post, post.native_id)
        if not post.matched:
            self._known.pop(key, None)
            return
        self._known[key] = tuple(match.id for match in post.matched)
        self._known.move_to_end(key)
        if len(self._known) > self._limit:
            self._known.popitem(last=False)


class Recall:
    """When to look into the archive for what an earlier process published: at the start, and `LAG_S` later."""

    def __init__(self, recent: Callable[[], Iterable[Mention]], clock: Clock) -> None:
        """`recent` asks the archive, and may raise Unavailable: then it is asked again."""
        self._recent, self._clock = recent, clock
        self._looks = [clock.monotonic(), clock.monotonic() + LAG_S]

    def due(self) -> Iterable[Mention]:
        """What there is, when it is time to look; nothing at all other times."""
        now = self._clock.monotonic()
        if not self._looks or now < self._looks[0]:
            return ()
        try:
            found = list(self._recent())
        except Unavailable as error:
            log.warning("the archive cannot be asked, replies to earlier mentions are not followed yet: %s", error)
            self._looks[0] = now + ASK_AGAIN_S
            return ()
        del self._looks[0]
        return found


def recent(archive: Archive, source: str, now: datetime) -> Iterator[Mention]:
    """The archive's latest mentions of a source that may be answered, oldest first. Raises Unavailable."""
    query = parse(f"source:{source}", Use.SEARCH).tree if source in NETWORKS else None
    found: list[Mention] = []
    after: str | None = None
    while len(found) < RECALLED:
        page = archive.search(query, since=now - RECALL, limit=PAGE, after=after)
        found += page.hits
        if (after := page.after) is None:
            break
    return reversed(found)


def _key(post: Post, native_id: str) -> Key:
    """Native ids are a network's own, numbers on Mastodon an instance's."""
    numbered = post.source == "mastodon" and native_id.isdigit()
    return (f"{post.source}/{post.instance}" if numbered else post.source, native_id)


def _exclusions(tree: Node) -> Iterator[Node]:
    """What a query says no post may be."""
    for item in tree.items if isinstance(tree, And) else (tree,):
        if isinstance(item, Not):
            yield item.item


def takes_replies(tree: Node) -> bool:
    """Whether replies may be followed for this query: not where it says outright that no post may be one."""
    return not any(_asks_for_replies(item) for item in _exclusions(tree))


def _asks_for_replies(tree: Node) -> bool:
    match tree:
        case Or(items=items):
            return any(map(_asks_for_replies, items))
        case Operator(name="is", value="reply"):
            return True
    return False


def _any(tests: Iterable[Test], facts: Facts) -> bool:
    return any(test(facts) for test in tests)
