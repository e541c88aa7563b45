"""The fingerprint of a text: what makes near-duplicates comparable, from the text alone.

text --less URLs, handles, accents--> letters run together --every 4 in a row--> MinHash (64 values, a byte of each)
                                                                  as one number: UTF-16, little-endian

MinHash: A. Broder, "On the resemblance and containment of documents", 1997; the share of equal values estimates how
much of the two sets is common. One byte of each value is kept: P. Li and C. König, "b-bit minwise hashing", 2010.
Case, accents, punctuation, spaces, emoji variants, links and names do not count. What changes the fingerprint of the
same text (a constant here, `plain`, another hash in rensa) raises the enrichment's REVISION: a test notices it.
"""

from __future__ import annotations

import re
import sys
from array import array
from base64 import b64decode, b64encode
from unicodedata import normalize

import numpy as np
import numpy.typing as npt
from rensa import RMinHash

from veille.mention import Enrichment
from veille.post import Post
from veille.processors.plain import plain
from veille.processors.remembered import remembered

VALUES = 64
"""Bytes of a fingerprint; the error of an estimated similarity s is the root of s * (1 - s) / VALUES, at most 0.06."""

SEED = 1
SHINGLE = 4
"""Letters in a row that are compared as one."""

LEAST = 15
"""Letters below which a text says too little to be the same as another."""

LEAST_DIFFERENT = 5
"""Different letters: a row of laughter or of emoji is no text."""

MOST = 4096
"""Letters that count: a longer text is the same as another when its beginning is."""

SAME = 0.5
"""Similarity from which one text is a copy of the other."""

_UNIT = 2
"""Bytes of a letter in UTF-16, of which four are a number of eight bytes; rare letters count as two."""

_WIDTH = array("I").itemsize
_LOWEST = 0 if sys.byteorder == "little" else _WIDTH - 1
"""Where the lowest byte of each value stands."""

_REPEATED = re.compile(r"[\W_]*rt(?![^\W_])")
"""`RT`, before what is repeated."""


class _Letters(dict[int, str | None]):
    """What each character is without its accents (NFKD), for `str.translate`; what is no letter or digit goes."""

    def __missing__(self, code: int) -> str | None:
        self[code] = found = "".join(filter(str.isalnum, normalize("NFKD", chr(code)))) or None
        return found


_LETTERS = _Letters()


def add_fingerprint(post: Post, found: Enrichment) -> None:
    """Fill `fingerprint`; None when there is too little text."""
    found.fingerprint = fingerprint(post.text)


@remembered
def fingerprint(text: str) -> str | None:
    """Base64 of the 64 bytes; None when there is too little text."""
    letters = _letters(text[: 4 * MOST])[:MOST]
    if not _says_enough(letters):
        return None
    shingles = _shingles(letters)
    (values,) = RMinHash.digest_matrix_from_flat_token_hashes(shingles, (0, len(shingles)), VALUES, SEED).to_rows()
    return b64encode(array("I", values).tobytes()[_LOWEST::_WIDTH]).decode()


def _says_enough(letters: str) -> bool:
    """Mostly the first few tell."""
    return len(letters) >= LEAST and any(len(set(part)) >= LEAST_DIFFERENT for part in (letters[:LEAST], letters))


def _shingles(letters: str) -> npt.NDArray[np.uint64]:
    """Every four letters in a row as a number. To make a string of each took twice the time of the rest [measured]."""
    raw = letters.encode("utf-16-le", "surrogatepass")
    return np.ndarray((len(raw) // _UNIT - SHINGLE + 1,), np.dtype("<u8"), raw, strides=(_UNIT,)).copy()


def _letters(text: str) -> str:
    """Letters and digits without accents, less URLs, handles and the `RT` before what is repeated."""
    line = plain(text)
    repeated = _REPEATED.match(line)
    return line[repeated.end() if repeated else 0 :].translate(_LETTERS)


SIMILARITY = tuple(max(0.0, (equal / VALUES - 1 / 256) / (1 - 1 / 256)) for equal in range(VALUES + 1))
"""Similarity of two fingerprints by the bytes that they share; one byte in 256 is shared by chance."""


def as_number(fingerprint: str) -> int:
    """A fingerprint as it is compared fast. Raises ValueError when it is none."""
    values = b64decode(fingerprint, validate=True)
    if len(values) != VALUES:
        raise ValueError(f"a fingerprint has {VALUES} bytes, this one has {len(values)}")
    return int.from_bytes(values, "little")


def shared(one: int, other: int) -> int:
    """Bytes that two fingerprints have in common, of VALUES."""
    return (one ^ other).to_bytes(VALUES, "little").count(0)


def similarity(one: str, other: str) -> float:
    """How much of two texts is common, 0 to 1 (Jaccard index of their shingles, estimated), from their fingerprints.

    Raises ValueError when one of them is no fingerprint.
    """
    return SIMILARITY[shared(as_number(one), as_number(other))]


def nearly_the_same(one: str, other: str) -> bool:
    """Whether two fingerprints are those of one text and a copy of it, mildly edited. Raises ValueError."""
    return similarity(one, other) >= SAME
