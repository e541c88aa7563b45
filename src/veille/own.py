"""Which authors are our own accounts: those that `own` names, by network."""

from __future__ import annotations

from veille.post import Author
from veille.settings import OwnSettings
from veille.turn import Speaker


class OwnAccounts:
    """Says of an author whether the account is ours; case does not count, nor an `@` before the name."""

    def __init__(self, settings: OwnSettings) -> None:
        """`settings`: handles on X, handles or DIDs on Bluesky, `name@instance` on Mastodon."""
        named = {"x": settings.x, "bluesky": settings.bluesky, "mastodon": settings.mastodon}
        self.names = {source: tuple(map(_folded, names)) for source, names in named.items() if names}
        """By source, as they are compared."""

    def __call__(self, source: str, author: Author | Speaker) -> bool:
        """Whether this author of this source is one of ours."""
        names = self.names.get(source, ())
        return bool(names) and (_folded(author.handle or "") in names or _folded(author.id) in names)


def _folded(name: str) -> str:
    return name.removeprefix("@").casefold()
