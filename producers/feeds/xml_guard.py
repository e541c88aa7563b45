"""XML made harmless before a parser sees it: one encoding, no entities of its own, no abyss of elements.

    bytes --encoding--> text --no `<!ENTITY`, not too deep--> UTF-8 that a parser reads as we did, well-formed or not

Entities are refused wherever they stand, so billion laughs, quadratic blow-up and external entities (XXE) have no
beginning; and since the text is handed on in the encoding that it was judged in, no other reading of it brings them
back. An external DTD is only ever named, never fetched.
"""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple
from xml.parsers import expat

from veille.producers.feeds.document import NotAFeed

DEEPEST = 100
"""Elements within each other in a well-formed feed; real ones have about ten."""

DEEPEST_LOOSE = 1_000
"""The same where tags are not closed."""

LONGEST_LOOSE = 256 << 10
"""Characters of a document that is not well-formed: reading it takes time with the square of that."""

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"<\0?\0", "utf-16-le"),
    (b"\0<\0?", "utf-16-be"),
)
"""How a document begins that says its encoding by that; the longer ones first."""

ENCODINGS = re.compile(
    r"(utf-?8|us-?ascii|ascii|iso-?8859-?\d+|latin-?\d|windows-?125\d|cp125\d|koi8-[ru]|shift[_-]?jis|euc-?(jp|kr)|"
    r"gb2312|gbk|gb18030|big5|macintosh|iso-2022-jp)"
)
"""Those that may be declared. Not UTF-7 and its like, in which `<` is no `<`."""

_DECLARED = re.compile(rb"""<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_CHARSET = re.compile(r"""charset\s*=\s*"?([A-Za-z0-9._-]{1,40})""", re.IGNORECASE)
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
_ENTITY = re.compile(r"<!ENTITY", re.IGNORECASE)
_NEVER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_TAG = re.compile(r"<(/?)[A-Za-z][^<>]*?(/?)>")
_ROOT_END = re.compile(r"</(?:\w+:)?(?:rss|rdf|feed)\s*>\s*\Z", re.IGNORECASE)
_ENTRY_END = re.compile(r"</(?:\w+:)?(?:item|entry)\s*>", re.IGNORECASE)


class Harmless(NamedTuple):
    """What may be parsed; `whole`: its end was there."""

    xml: bytes
    well_formed: bool
    whole: bool


def harmless(body: bytes, content_type: str) -> Harmless:
    """Judge a document. Raises NotAFeed (`unsafe_xml`)."""
    text = _NEVER.sub(" ", _DECLARATION.sub("", decoded(body, content_type).lstrip("\ufeff")))
    if _ENTITY.search(text):
        raise NotAFeed("unsafe_xml", "it declares entities, which a feed has no use for and an attack has")
    text = text.lstrip()
    xml = text.encode()
    if _well_formed(xml):
        return Harmless(xml, well_formed=True, whole=True)
    whole = _ROOT_END.search(text[-200:]) is not None and len(text) <= LONGEST_LOOSE
    return Harmless(_loose(text), well_formed=False, whole=whole)


def decoded(body: bytes, content_type: str) -> str:
    """The text, by its first bytes, by HTTP's word or its own declaration, else as UTF-8."""
    for mark, encoding in MARKS:
        if body.startswith(mark):
            return body.decode(encoding, "replace")
    said = _CHARSET.search(content_type)
    declared = _DECLARED.search(body[:400])
    for name in (said and said[1], declared and declared[1].decode()):
        if name and ENCODINGS.fullmatch(name.lower()):
            try:
                return body.decode(name, "replace")
            except LookupError:
                continue
    return body.decode("utf-8", "replace")


def _well_formed(xml: bytes) -> bool:
    """Raises NotAFeed where elements are too deep within each other."""
    depth = 0

    def start(_name: str, _attributes: list[str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise NotAFeed("unsafe_xml", f"its elements stand more than {DEEPEST} deep within each other")

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate("utf-8")
    parser.ordered_attributes = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    try:
        parser.Parse(xml, True)
    except expat.ExpatError:
        return False
    return True


def _loose(text: str) -> bytes:
    """The entries that are whole, of so much of the text as can be read in time."""
    ends = [end.end() for end in _ENTRY_END.finditer(text[:LONGEST_LOOSE])]
    kept = text[: ends[-1]] if ends else text[:2_000]
    depth = 0
    for tag in _TAG.finditer(kept):
        depth += -1 if tag[1] else 0 if tag[2] else 1
        if depth > DEEPEST_LOOSE:
            raise NotAFeed("unsafe_xml", f"its elements stand more than {DEEPEST_LOOSE} deep within each other")
    return kept.encode()
