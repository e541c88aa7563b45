"""A profile's free text made readable, and what in it is no word: coordinates, flags, accounts, addresses."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 200
"""Characters that are read; networks allow 30 (X) to 150."""

_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_COORDINATES = re.compile(
    r"(-?\d{1,2}\.(?:\d{2,}|\d(?=\s*°)))\s*°?\s*([NS]?)\s*[,;/ ]\s*"
    r"(-?\d{1,3}\.(?:\d{2,}|\d(?=\s*°)))\s*°?\s*([EW]?)(?!\w)",
    re.IGNORECASE,
)

_ADDRESS = re.compile(r"\S*(?:@\w|://|www\.)\S*")
_ACCOUNT = re.compile(
    r"\b(?:snap(?:chat)?|sc|ig|insta(?:gram)?|fb|facebook|twitter|tiktok|yt|youtube|kik|telegram|discord|psn|skype)"
    r"\s*[:\-–@]\s*@?[\w.]+",
    re.IGNORECASE,
)
"""Names of accounts elsewhere: "Snapchat: lola"."""

_MISREAD = re.compile("[\u00c2-\u00f4][\u0080-\u00bf\u0152-\u2122]")

_SPACED_OUT = re.compile(r"\b(?:[^\W\d_] ){3,}[^\W\d_]\b")
"""Letters one by one: "L O N D O N"."""

_SEPARATOR = re.compile(
    r"[,，、;:/|\\•·●★☆~<>()\[\]{}&+→←✈➡⇒«»\"“”\n\r\t=*!?。・｜／–—]"
    r"|\.\s|\s-+\s|\s(?:and|to|via|now in|et|und|y|x|or)\s"
)
"""What stands between two places, or a place and something else."""

_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")

_INITIALS = re.compile(r"\b(?:[^\W\d_]\.){2,}")
_SHORT_FORM_DOT = re.compile(r"\b(st|ste|ft|mt|pt|co|n|s|e|w)\.\s*(?=\w)", re.IGNORECASE)
"""Dots that end no sentence: "D.C.", "St. Louis", "Co. Down"."""

_LIVES = re.compile(
    r"\b(?:(?:now|living|live|lives|based|residing|relocated|moved)\s(?:\w+\s)?(?:in|to|at)"
    r"|(?:vis|vit|habite|basée?|vivo|vivendo|moro|morando|wohne|lebe)\s(?:à|a|en|em|in))\s(?P<where>.+)",
    re.IGNORECASE | re.DOTALL,
)
"""What comes behind says where somebody is, whatever was said before: "born in Ghana, living in London"."""


def readable(text: str) -> str:
    """The start of a text without addresses and accounts, its letters as they are written otherwise."""
    text = _plain(text[:LONGEST])
    if any(sign in text for sign in ":@-–"):
        text = _ACCOUNT.sub(" ", text)
    if "@" in text or "://" in text or "www." in text:
        text = _ADDRESS.sub(" ", text)
    if "." in text:
        text = _SHORT_FORM_DOT.sub(r"\1 ", _INITIALS.sub(lambda found: found[0].replace(".", ""), text))
    return text


def _plain(text: str) -> str:
    """Letters in circles, of double width, one by one or read in another encoding as they are written otherwise."""
    if not text.isascii():
        if _MISREAD.search(text):
            text = _read_again(text)
        text = unicodedata.normalize("NFKC", text)
    return _SPACED_OUT.sub(lambda found: found[0].replace(" ", ""), text) if text.count(" ") > 2 else text


def _read_again(text: str) -> str:
    """UTF-8 that somebody took for Windows-1252: "SÃ£o Paulo"."""
    try:
        return text.encode("cp1252").decode()
    except UnicodeError:
        return text


def lives(text: str) -> str | None:
    """What stands behind "living in" and the like; None where nobody says so."""
    found = _LIVES.search(text) if " " in text else None
    return None if found is None else found["where"]


def segments(text: str) -> list[str]:
    """Its parts between commas, bars, dashes and the like."""
    return _SEPARATOR.split(text)


def apart(text: str) -> str:
    """Words that were run together: "NewYork"."""
    return _HUMP.sub(" ", text)


def flags(text: str) -> list[str]:
    """Country codes of its flags, in order, each once."""
    if text.isascii():
        return []
    codes = ("".join(chr(ord(sign) - 0x1F1E6 + 65) for sign in flag) for flag in _FLAG.findall(text))
    return list(dict.fromkeys(codes))


def coordinates(text: str) -> tuple[float, float] | None:
    """Longitude and latitude written in a profile ("ÜT: 48.85,2.35"), or None."""
    match = _COORDINATES.search(text[:LONGEST]) if "." in text else None
    if match is None:
        return None
    latitude, longitude = (
        -float(number) if side in ("S", "s", "W", "w") else float(number)
        for number, side in (match.group(1, 2), match.group(3, 4))
    )
    return (longitude, latitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None
