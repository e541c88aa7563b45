"""Makes `sentiment.npz`, the model of `processors/sentiment.py`, from labelled posts, word lists and word vectors.

    sources, vectors --extract--> features --one-against-rest SVM--> decisions --calibrate--> scores --fold--> integers

Run as `python -m veille.processors.data.train_sentiment POSTS LISTS`; formats, terms and figures are in
`processors/data/sentiment.md`.
"""
