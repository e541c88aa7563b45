"""A port of loopback where nobody is, and where nobody can come but whoever wants that very one."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def nobody_at() -> Iterator[int]:
    """Such a port. A server that has left its own leaves it to the next who takes any, be it in another process."""
    with socket.socket() as holding:
        holding.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holding.bind(("127.0.0.1", 0))
        yield holding.getsockname()[1]
