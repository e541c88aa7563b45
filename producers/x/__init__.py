"""X API v2: the filtered stream as a source, and what it sends as posts.

stream.py    the source: connect, wait as X asks, gaps        rules.py     our rules at X, in step with the watches
client.py    the only importer of tweepy                      backoff.py, refusals.py    what X's answers mean
payload.py   one JSON text --> events                         tweet.py     one post of X in our form (wire.py: as sent)
"""

from veille.producers.x.stream import XSource

__all__ = ["XSource"]
