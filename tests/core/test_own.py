"""Which authors are our own accounts."""

from __future__ import annotations

import pytest

from veille.own import OwnAccounts
from veille.post import Author
from veille.settings import OwnSettings

OURS = OwnAccounts(OwnSettings(x=("Acme",), bluesky=("acme.com", "did:plc:acme"), mastodon=("help@acme.example",)))


@pytest.mark.parametrize(
    ("source", "author", "ours"),
    [
        ("x", Author(id="1", handle="ACME"), True),
        ("x", Author(id="1", handle="acme_fan"), False),
        ("x", Author(id="acme.com", handle="acme.com"), False),
        ("bluesky", Author(id="did:plc:acme"), True),
        ("bluesky", Author(id="did:plc:other", handle="Acme.com"), True),
        ("mastodon", Author(id="https://acme.example/users/help", handle="help@acme.example"), True),
        ("feed", Author(handle="acme"), False),
        ("x", Author(), False),
    ],
)
def test_an_account_is_ours_by_its_network_and_its_handle_or_id(source: str, author: Author, ours: bool) -> None:
    assert OURS(source, author) is ours


def test_without_the_setting_nobody_is_ours() -> None:
    assert not OwnAccounts(OwnSettings())("x", Author(id="", handle=""))
