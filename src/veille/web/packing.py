"""Long queries in short addresses: packed into `z`, so that the link holds all of it and no server has to keep any.

q --deflate, base64--> z     1,024 accented letters take some 1,200 characters instead of 6,000
"""

from __future__ import annotations

import base64
import binascii
import zlib

from fastapi import Request

from veille.errors import Misused
from veille.query.parser import LIMITS
from veille.query.use import Use

LONGEST_ADDRESS = 2_000
"""Characters that everything which carries links takes."""

MOST_BYTES = LIMITS[Use.SEARCH] * 4


def shorter(request: Request, query: str) -> str | None:
    """The address with its query packed, where it is longer than all take; None where it is not."""
    if not query or len(str(request.url)) <= LONGEST_ADDRESS:
        return None
    url = request.url.remove_query_params("q").include_query_params(z=packed(query))
    return f"{url.path}?{url.query}"


def packed(query: str) -> str:
    """A query as an address carries it."""
    deflated = zlib.compress(query.encode(), 9, wbits=-15)
    return base64.urlsafe_b64encode(deflated).decode().rstrip("=")


def unpacked(z: str) -> str:
    """The query again. Raises Misused for anything that `packed` did not make."""
    try:
        deflated = base64.urlsafe_b64decode(z + "=" * (-len(z) % 4))
        opened = zlib.decompressobj(wbits=-15)
        found = opened.decompress(deflated, MOST_BYTES)
        if opened.eof and not opened.unused_data:
            return found.decode()
    except (binascii.Error, ValueError, zlib.error):
        pass
    raise Misused("this link was cut or changed: type the query again")
