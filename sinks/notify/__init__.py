"""The stage `notify`: tells people of alerts, and remembers what they were told.

receivers.py   who is told, from the settings
judge.py       what is told, kept back, or no news          pure
desk.py        what each receiver knows and is still to be told; retries
wording.py     titles and texts, French and English
sending.py     Apprise; imported by nothing else
notifier.py    the loop between the topics and the threads that send
"""
