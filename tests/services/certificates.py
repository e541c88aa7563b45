"""A certificate authority for one test run, and server certificates that it signs."""

from __future__ import annotations

from pathlib import Path

import trustme
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)


class Authority:
    """`ca` is the PEM file that clients trust, `server` holds key and certificate for 127.0.0.1 and localhost."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        authority = trustme.CA()
        issued = authority.issue_cert("127.0.0.1", "localhost")
        key = load_pem_private_key(issued.private_key_pem.bytes(), password=None)
        # Kafka reads only PKCS 8 keys.
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self.ca = folder / "ca.pem"
        self.server = folder / "server.pem"
        authority.cert_pem.write_to_path(str(self.ca))
        self.server.write_bytes(pem + b"".join(part.bytes() for part in issued.cert_chain_pems))
        self.server.chmod(0o600)
