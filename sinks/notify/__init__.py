"""The stage `notify`: tells people of alerts, and remembers what they were told.

receivers.py   who is told, from the settings
judge.py       what is told, kept back, or no news          pure
desk.py        what each receiver knows and is still to be told
remembered.py  alerts and deliveries, as long as they matter
outbox.py      what one receiver waits for, in order; pauses, giving up
message.py     one thing to tell
wording.py     titles and texts, French and English
sending.py     Apprise; imported by nothing else
notifier.py    the loop between the topics and the threads that send
"""
