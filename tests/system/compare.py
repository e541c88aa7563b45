"""The archive against the model, document by document.

Replies that are followed come on top of the model: each must answer something, and be no post that was deleted.
"""

from __future__ import annotations

from collections.abc import Iterator

from system.model import GONE, LEFT, Held
from veille.archive import Archive
from veille.identity import PUBLISHED, at_revision, is_delete
from veille.mention import Mention


def differences(archive: Archive, model: dict[str, Held | str]) -> list[str]:
    """What is in the archive and should not be, the other way round, or otherwise; empty when both agree."""
    found = {mention.doc_id: mention for mention in everything(archive)}
    markers = {doc_id: deleted for doc_id, _version, deleted in archive.versions()}
    followed = {doc_id for doc_id, mention in found.items() if only_followed(mention)}
    told = [f"{doc_id} is followed and answers nothing" for doc_id in followed if found[doc_id].ref.reply_to is None]
    told += [
        f"{doc_id} is found, and must not be"
        for doc_id in found
        if not (isinstance(model.get(doc_id), Held) or (doc_id in followed and model.get(doc_id) in {None, LEFT}))
    ]
    for doc_id, wanted in model.items():
        if wanted in {GONE, LEFT}:
            if not (markers.get(doc_id) or (wanted == LEFT and doc_id in followed)):
                told.append(f"{doc_id} was deleted and has no marker")
        elif doc_id not in found:
            told.append(f"{doc_id} is missing")
        elif as_held(found[doc_id]) != wanted:
            told.append(f"{doc_id} is {as_held(found[doc_id])}, expected {wanted}")
    told += [
        f"{doc_id} stands there unasked"
        for doc_id, deleted in markers.items()
        if not deleted and doc_id not in model and doc_id not in followed
    ]
    return told


def only_followed(mention: Mention) -> bool:
    """Whether it is there for what it answers alone."""
    return all(match.followed for match in mention.tags.watches)


def as_held(mention: Mention) -> Held:
    """A mention in the model's terms."""
    version = int(mention.version)
    return Held(
        version=version if is_delete(version) else at_revision(version, PUBLISHED),
        text=mention.text,
        source=mention.source,
        kind=mention.kind,
        watches=tuple(match.id for match in mention.tags.watches if not match.followed),
    )


def everything(archive: Archive) -> Iterator[Mention]:
    """All mentions that can be found, page by page."""
    after: str | None = None
    while True:
        page = archive.search(None, limit=500, after=after)
        yield from page.hits
        if (after := page.after) is None:
            return
