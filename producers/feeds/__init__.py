"""Feeds: RSS, Atom and JSON Feed, read by address; needs no account.

address.py      which servers may be asked: nothing private, by whichever way
fetch.py        one feed over HTTP: robots.txt, redirects, conditions
caching.py      when to ask again
xml_guard.py    XML made harmless --> syndication.py   RSS and Atom, through feedparser
                                      json_feed.py     JSON Feed
                                  --> document.py      a feed's document in one form
plain.py        HTML --> plain text
entry.py        an entry --> Post: who it is, and which of two is newer
state.py        the cursor: how far each feed was read
feed.py         one feed: what a document adds to it
source.py       the schedule, gaps, and what becomes of each answer
"""
