"""Texts that would do something if a page let them, and a mention that carries them in every field."""

from __future__ import annotations

from typing import Any

from veille.mention import Enrichment, Geo, Language, NamedPlace, Note, Sentiment, Tags
from veille.post import Author, Entities, Link, Metrics, Place, Quoted, Reference, WatchMatch
from veille.sinks.sink import Record
from web.site import mention

TEXTS = (
    "<script>hacked()</script>",
    '"><img src=x onerror=hacked()>',
    "' onfocus='hacked()' autofocus='",
    "</p></article></main><svg onload=hacked()>",
    "--></title></style></textarea><iframe srcdoc='<script>parent.hacked()</script>'>",
    "javascript:hacked()//",
    "data:text/html,<script>hacked()</script>",
    "\x01javascript:hacked()",
    "java\tscript:hacked()",
    'https://a.example/"onclick="hacked()',
    "https://a.example/' style='position:fixed",
    "//evil.example/x",
    "http://[",
    "http://a.example:99999999/",
    "{{ 7 * 7 }}{% raw %}${7*7}<%= 7*7 %>",
    "&lt;script&gt;hacked()&lt;/script&gt; &#x3c;img src=x onerror=hacked()>",
    "\u202egnissecorp\u2066 \u200f",
    "<base href=//evil.example><meta http-equiv=refresh content=0;url=//evil.example>",
    "\0<link rel=stylesheet href=//evil.example/x.css>",
)


def hostile(name: str, text: str, source: str = "bluesky") -> Record:
    """A mention that says `text` wherever it may say anything."""
    author = Author(id=text, handle=text, name=text, bio=text, location=text, avatar=text, url=text)
    said = Entities([text], [text], [text], [Link(text, text, text, text, text), Link("https://t.co/1", text, text)])
    found = Enrichment(
        tags=Tags([WatchMatch(text, [text], rules=[text])], [text], [text], [text], [text], [text], question=True),
        language=Language(text, 1.0, "network"),
        geo=Geo(None, text, text, text, "city", "profile", 1.0),
        places=[NamedPlace(text, 0, 1, text)],
        sentiment=Sentiment("unsure", 0.0, 0.5, text),
        notes=[Note(text, text)],
    )
    fields: dict[str, Any] = {
        "source": source, "native_id": text, "uri": text, "url": text, "instance": text, "langs": [text],
        "text": f"{text} @{text} #{text} https://t.co/1", "author": author, "entities": said, "warning": text,
        "place": Place(None, text, text, text, text), "ref": Reference(text, text, text, text, text, text),
        "quoted": Quoted(text, author, said, [text], url=text), "metrics": Metrics(), "media": [text],
        "labels": [text], "app": text, "flags": [text], "watches_hash": text, "created_at_claimed": text,
    }  # fmt: skip
    return mention(name, found=found, **fields)
