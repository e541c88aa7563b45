"""Bluesky's public stream through Jetstream, which needs no account.

wire.py     the two forms of Jetstream's frames, and where to resume
payload.py  one frame --> one event of ours
record.py   the record of a post, as Bluesky's lexicon has it --> Post
stream.py   the connection: reconnects, stalls, gaps; the only module that imports the client
"""

from veille.producers.bluesky.stream import BlueskySource

__all__ = ["BlueskySource"]
