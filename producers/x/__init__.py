"""X API v2: the filtered stream as a source, and what it sends as posts.

stream.py    the source: connect, wait as X asks, gaps        rules.py     our rules at X, in step with the watches
asked.py     what X is asked of a watch: rules, searches      repair.py    gaps filled by recent search
timeline.py  our own accounts' mentions                       spend.py     what it costs, and the budget
client.py    the only importer of tweepy                      backoff.py, refusals.py    what X's answers mean
payload.py   one JSON text --> events                         tweet.py     one post of X in our form (wire.py: as sent)
cursor.py    all that a restart knows                         watched.py   all that is made of the watches
pace.py      how long things take at X

Imports nothing: the page reads cursors and spending, and needs no client of X for it.
"""
