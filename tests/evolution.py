"""What may change in a schema while its topic stays the same.

Readers of an older schema must understand newer records, and a newer veille older ones: a field may be added, and a
value to those that one may have. Whatever else changes needs a new topic (`.v2`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]


def incompatible(old: Schema, new: Schema) -> list[str]:
    """Each change that breaks a reader, in words; empty where there is none."""
    return [*_Comparison(old, new).objects("", old, new)]


class _Comparison:
    def __init__(self, old: Schema, new: Schema) -> None:
        self._old, self._new = old, new
        self._seen: set[str] = set()

    def objects(self, path: str, old: Schema, new: Schema) -> Iterator[str]:
        was, now = old.get("properties", {}), new.get("properties", {})
        before, after = set(old.get("required", ())), set(new.get("required", ()))
        for name in sorted(was.keys() - now.keys()):
            yield f"{path}{name} is gone"
        for name in sorted(after - before):
            yield f"{path}{name} must be there now: older records do not have it"
        for name in sorted(before - after):
            yield f"{path}{name} may be left out now: older readers need it"
        for name in sorted(was.keys() & now.keys()):
            yield from self._values(f"{path}{name}", was[name], now[name])

    def _values(self, path: str, old: Schema, new: Schema) -> Iterator[str]:
        for word in ("default", "format", "pattern"):
            if old.get(word) != new.get(word):
                yield f"{path}: `{word}` was {old.get(word)!r}, is {new.get(word)!r}"
        was, now = _kinds(old), _kinds(new)
        if was.keys() != now.keys():
            yield f"{path} was {' or '.join(sorted(was))}, is {' or '.join(sorted(now))}"
            return
        for kind in sorted(was):
            yield from self._kind(path, was[kind], now[kind])

    def _kind(self, path: str, old: Schema, new: Schema) -> Iterator[str]:
        if gone := {*map(str, old.get("enum", ()))} - {*map(str, new.get("enum", ()))}:
            yield f"{path} is never {', '.join(sorted(gone))} any more"
        if old.get("prefixItems") != new.get("prefixItems"):
            yield f"{path} has other members"
        if "$ref" in old and old["$ref"] not in self._seen:
            self._seen.add(old["$ref"])
            yield from self.objects(f"{path}.", _resolved(old, self._old), _resolved(new, self._new))
        for word, mark in (("items", "[]"), ("additionalProperties", "{}")):
            if isinstance(old.get(word), dict) and isinstance(new.get(word), dict):
                yield from self._values(path + mark, old[word], new[word])


def _kinds(schema: Schema) -> dict[str, Schema]:
    """What a value may be, by a name for it."""
    found = {}
    for option in schema.get("anyOf") or [schema]:
        if "$ref" in option:
            found[option["$ref"].rpartition("/")[2]] = option
        elif "enum" in option:
            found["one of several"] = option
        else:
            found[str(option.get("type", "anything"))] = option
    return found


def _resolved(schema: Schema, whole: Schema) -> Schema:
    found: Schema = whole["$defs"][schema["$ref"].rpartition("/")[2]]
    return found
