"""What an export of either archive says of mentions that go, or get their story, while it runs."""

from __future__ import annotations

from contracts.records import System, at, record, tombstone
from veille.export.task import Asked, Done, finds
from veille.identity import public_id
from veille.mention import Mention
from veille.story import Membership, story_of


class ExportsContract:
    """Subclasses give the fixture `system`, empty."""

    def test_what_changes_while_an_export_runs_is_told_by_the_next(self, system: System) -> None:
        names = [f"x:{number}" for number in range(6)]
        system.sink.write([record(name) for name in names])
        system.settle()
        done, then = Done(), Done()
        running = finds(system.archive, Asked(None), None, done, signed_in=True)
        taken = [next(running)]
        system.sink.write([tombstone(name) for name in names[:2]])
        system.sink.write([record(names[2], at(2), "acme teapot"), record("x:new")])
        story = story_of(names[3])
        assert system.sink.join([Membership(doc_id=names[3], story=story, version=f"{at(1)}")]) == []
        system.settle()
        taken += running
        assert {one.doc_id for one in taken if isinstance(one, Mention)} >= set(names[2:])
        told = [*finds(system.archive, Asked(None), done.position, then, signed_in=True)]
        assert {one for one in told if isinstance(one, str)} == {public_id(name) for name in names[:2]}
        changed = {one.doc_id: (one.text, one.story) for one in told if isinstance(one, Mention)}
        assert changed == {
            names[2]: ("acme teapot", None),
            "x:new": ("acme kettle", None),
            names[3]: ("acme kettle", story),
        }
        assert [*finds(system.archive, Asked(None), then.position, Done(), signed_in=True)] == []
