"""Mastodon's public timelines through its REST API, without an account: hashtags, and the public timeline.

client.py    one instance's API: pages, single statuses, rate limits, refusals
html.py      the HTML of a status --> text and links
status.py    one status as the API sends it --> one event of ours
hashtags.py  what the watches ask for --> which timelines are read
cursor.py    where each timeline is, and what is to be checked again
checks.py    what was published lately, and when it is looked at again: edits, deletes
instance.py  one instance: when what is asked of it, limits, gaps
source.py    all of them in turn; a post seen on several counts once
"""

from veille.producers.mastodon.source import MastodonSource

__all__ = ["MastodonSource"]
