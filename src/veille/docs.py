"""Writes the reference pages from the code: `python -m veille.docs [FOLDER]`. A test keeps them true.

settings, records, counts --> docs/configuration.md, event.md, metrics.md, schemas/*.json, asyncapi.json
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from veille.asyncapi import document
from veille.mention import Enrichment, Mention
from veille.metrics import AVATAR_OUTCOMES, DEAD_REASONS, DROP_REASONS, STAGES
from veille.post import Post
from veille.routes import Route
from veille.schemas import RECORDS, options, schema, sentences
from veille.settings import Settings, Watch
from veille.settings_fields import SECTIONS, SETTINGS, Setting, kind

GENERATED = "<!-- Written by `make docs` from the code; change it there. -->"


def pages() -> dict[str, str]:
    """Every generated file by its path below `docs/`."""
    schemas = {f"schemas/{name}.json": _json(schema(name, record)) for name, record in RECORDS.items()}
    pages = {"configuration.md": configuration(), "event.md": event(), "metrics.md": metrics()}
    return {**pages, "asyncapi.json": _json(document()), **schemas}


def write(folder: Path) -> list[Path]:
    """Write them all below a folder; returns those that changed."""
    changed = []
    for name, text in pages().items():
        path = folder / name
        if not path.is_file() or path.read_text("utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            changed.append(path)
    return changed


# --- configuration --------------------------------------------------------------------------------------------------

CONFIGURATION = """\
# Configuration

One file, `veille.yaml` in the current folder, or the one that `--config` or `VEILLE_CONFIG` names.
Environment variables win over it, flags over both. It is checked before anything starts: each fault is told with its
file, line, what was found, what was expected and the nearest valid name; the exit code is 2. A whole example is
[veille.example.yaml](../veille.example.yaml).

- Every scalar has a variable, named below. Lists are separated by commas there. An empty variable says nothing.
- A section that is absent is off; `kafka:` and `elasticsearch:` are also switched on by their variables, a source only
  by the file, by a flag of `veille run`, or by being named as a stage.
- Secrets are never read from the file: only from the variable, or from the file that the variable with `_FILE` at its
  end names. They are never shown.
- Paths are relative to the folder in which veille is started.
- While veille runs, a source takes up other watches within a second ([operations.md](operations.md)); all else holds
  from the next start on.
"""

FLAGS = {
    "data": "--data",
    "web.port": "--port",
    "sources.files.paths": "--files",
    "sources.world.seed": "--seed",
    "sources.world.rate": "--rate",
}
"""Flags of `veille run` that stand over a setting."""


def configuration() -> str:
    """docs/configuration.md."""
    parts = [GENERATED, CONFIGURATION, _watches(), _section("Top level", "", Settings)]
    parts.append(_notify())
    parts += [_section(f"`{path}`", path, holder) for path, holder in SECTIONS.items()]
    return "\n".join(parts)


def _watches() -> str:
    told = sentences(Watch)
    rows = [(f"`{name}`", told[name]) for name in ("role", "query")]
    lead = (
        f"A named query each: `NAME: {{role: ..., query: ...}}`. The name: {_lower(told['id'])} "
        "On the command line: `--watch NAME=QUERY`, which replaces those of the file."
    )
    return f"## `watches`\n\n{lead}\n\n" + _table(("key", "what"), rows)


def _notify() -> str:
    told = sentences(Route)
    rows = [(f"`{name}`", told[name]) for name in told if name != "address"]
    example = """```yaml
notify:
  - {to: "mailto://relay.example:25?from=veille@example.com&to=desk@example.com", language: fr, digest: 08:00}
  - {to: VEILLE_NOTIFY_SMS, when: "severity >= 8", watches: [acme], kinds: [bad_buzz], hours: "20:00-08:00"}
```
"""
    lead = f"A list of entries. {inspect.getdoc(Route)} See [operations.md](operations.md#notifications)."
    return f"## `notify`\n\n{lead}\n\n{example}\n" + _table(("key", "what"), rows)


def _section(title: str, section: str, holder: type[Any]) -> str:
    told = sentences(holder)
    lead = f"{inspect.getdoc(holder)}\n\n" if section else ""
    rows = [_setting_row(each, told[each.name]) for each in SETTINGS.values() if each.section == section]
    return f"## {title}\n\n{lead}" + _table(("key", "environment", "type", "default", "what"), rows)


def _setting_row(setting: Setting, told: str) -> tuple[str, ...]:
    flag = f" Flag: `{FLAGS[setting.path]}`." if setting.path in FLAGS else ""
    default = "" if setting.default in (None, "", ()) else f"`{_yaml(setting.default)}`"
    key = "not in the file" if setting.secret else f"`{setting.name}`"
    return key, f"`{setting.variable}`", "secret" if setting.secret else kind(setting.hint), default, told + flag


def _yaml(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _lower(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]


# --- records --------------------------------------------------------------------------------------------------------

EVENT = """\
# Post and mention

The values of `veille.posts.v1` and `veille.mentions.v1`: UTF-8 JSON, one object a record; a null value means deleted.
Schemas: [post.v1.json](schemas/post.v1.json), [mention.v1.json](schemas/mention.v1.json). Fields that hold their
default are left out. Times are RFC 3339 in UTC. Positions count Unicode code points of `text`.
"""


def event() -> str:
    """docs/event.md."""
    post, mention = schema("post.v1", Post), schema("mention.v1", Mention)
    added = set(sentences(Enrichment))
    ours = [row for row in _rows_of(mention) if re.split(r"[.\[]", row[0].strip("`"))[0] in added]
    columns = ("field", "type", "what")
    return "\n".join(
        [
            GENERATED,
            EVENT,
            "## Post\n",
            _table(columns, _rows_of(post)),
            "## What a mention adds\n\nA mention is the post with these fields beside its own.\n",
            _table(columns, ours),
        ]
    )


def _rows_of(whole: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    return list(_field_rows(whole, whole["properties"], set(whole["required"]), "", {}))


def _field_rows(
    whole: Mapping[str, Any], properties: Mapping[str, Any], required: set[str], path: str, told: dict[str, str]
) -> Iterator[tuple[str, str, str]]:
    """Field, type and sentence, depth first; `told` maps each object to the field that showed its fields already."""
    for name, each in properties.items():
        many, inner = _inner(each)
        here = f"{path}{name}{'[]' if many else ''}"
        known = f", as `{told[inner]}`" if inner in told else ""
        always = ", always" if name in required else ""
        yield f"`{here}`", _type(each) + known + always, each.get("description", "")
        if inner is not None and not known:
            told[inner] = here
            yield from _field_rows(whole, whole["$defs"][inner]["properties"], set(), f"{here}.", told)


def _inner(each: dict[str, Any]) -> tuple[bool, str | None]:
    """Whether a field is a list, and the name of the object in it, if any."""
    (option,) = options(each)
    if isinstance(option.get("items"), dict):
        return True, _inner(option["items"])[1]
    return False, option["$ref"].rpartition("/")[2] if "$ref" in option else None


def _type(each: dict[str, Any]) -> str:
    (option,) = options(each)
    if "enum" in option:
        return " / ".join(f"`{value}`" for value in option["enum"])
    if "$ref" in option:
        return "object"
    if option["type"] != "array":
        return {"date-time": "time"}.get(option.get("format", ""), str(option["type"]))
    if "prefixItems" in option:
        return "two numbers"
    return f"list of {_type(option['items'])}"


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"


# --- counts ---------------------------------------------------------------------------------------------------------

METRICS = """\
# What is counted

Each stage counts what it read and what became of it; the sum closes: read = out + dropped + dead. A version seen again
is `repeated`, outside the sum. The names below are the only ones that can be counted.
"""

AVATARS = """\
Not a stage's: the page counts each picture that it is asked for, and logs the sums, at most every ten minutes."""


def metrics() -> str:
    """docs/metrics.md."""
    stages = "## Stages\n\n" + " · ".join(f"`{stage}`" for stage in STAGES) + "\n"
    dropped = "## Why a record is dropped on purpose\n\n" + _reasons(DROP_REASONS)
    dead = "## Why a record becomes a dead letter\n\n" + _reasons(DEAD_REASONS)
    avatars = f"## What became of an author's picture\n\n{AVATARS}\n\n" + _reasons(AVATAR_OUTCOMES, "outcome")
    return f"{GENERATED}\n{METRICS}\n{stages}\n{dropped}\n{dead}\n{avatars}"


def _reasons(reasons: Mapping[str, str], column: str = "reason") -> str:
    return _table((column, "means"), [(f"`{name}`", told) for name, told in reasons.items()])


def _table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [columns, tuple("---" for _ in columns), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def main() -> int:
    """Write the pages; tells which ones changed."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs")
    for path in write(folder):
        sys.stdout.write(f"wrote {path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
