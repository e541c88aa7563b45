"""From labelled posts to the folder that `processors/transformer.py` reads. An hour on two cores.

    posts --pieces--> lower half, once --epochs--> upper half --export--> graph --val--> weight, calibrations, figures

A build that was stopped goes on with the epoch it was in.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import numpy as np

from veille.processors.data.train_sentiment.sources import Labelled, labelled
from veille.processors.data.train_transformer import weights
from veille.processors.data.train_transformer.encoder import Parameters, tensors
from veille.processors.data.train_transformer.export import graph
from veille.processors.data.train_transformer.join import figures, join
from veille.processors.data.train_transformer.learn import States, fresh, lower_half
from veille.processors.data.train_transformer.plan import Plan, told_apart
from veille.processors.data.train_transformer.train import Posts, Trainer
from veille.processors.pieces import Pieces
from veille.processors.sentiment import model
from veille.processors.sentiment_tiers import About, about_it, shipped_scores
from veille.processors.transformer import ABOUT, EMBEDDINGS, GRAPH, PLACES, VOCABULARY, Transformer

NAME = "veille-e5-small-2"
Say = Callable[[str], None]


def build(posts: Path, folder: Path, say: Say, plan: Plan | None = None) -> None:
    """Train on `posts`, a folder with train.jsonl.gz and val.jsonl.gz, and put the model into `folder`.

    Raises Misused without the posts or the packages that this takes.
    """
    plan = plan or Plan()
    known, checked = labelled(posts / "train.jsonl.gz"), labelled(posts / "val.jsonl.gz")
    learnt_from = told_apart(plan, known)
    if (folder / ABOUT).exists() and about_it(folder).learnt_from == learnt_from:
        say(f"{folder} has learnt from these posts: it is weighed anew beside {model().name}, no more")
        _describe(folder, learnt_from, checked, say)
        return
    encoder = weights.read(weights.installed())
    work = folder.with_name(f"{folder.name}.making")
    made = work / "model"
    made.mkdir(parents=True, exist_ok=True)
    states = _lower_half(encoder, plan.frozen, [post.text for post in [*known, *checked]], work / "states.npy", say)
    trainer = Trainer(plan, Posts(known, checked, states), work, say)
    write(made, encoder, trainer.trained(fresh(encoder, plan.frozen, plan.seed)), plan.frozen)
    _describe(made, learnt_from, checked, say)
    if folder.exists():
        shutil.rmtree(folder)
    made.rename(folder)
    shutil.rmtree(work)
    say(f"{folder} is ready: `sentiment: {{model: transformer}}` in veille.yaml uses it")


def _lower_half(encoder: weights.Encoder, frozen: int, texts: Sequence[str], file: Path, say: Say) -> States:
    pieces = Pieces(encoder.vocabulary)
    return lower_half(encoder, [pieces.numbers(text) for text in texts], frozen, file, say)


def write(folder: Path, encoder: weights.Encoder, top: Parameters, frozen: int) -> None:
    """Everything but what `_describe` finds out."""
    every = encoder.tensors | tensors(top["layers"], frozen)
    head = np.asarray(top["head.w"]), np.asarray(top["head.b"])
    (folder / GRAPH).write_bytes(graph(every, weights.LAYERS, head))
    (folder / VOCABULARY).write_bytes(msgspec.msgpack.encode(encoder.vocabulary))
    np.save(folder / EMBEDDINGS, encoder.embeddings)
    np.save(folder / PLACES, encoder.tensors["emb.pos"] + encoder.tensors["emb.type"][0])


def _describe(folder: Path, learnt_from: str, checked: Sequence[Labelled], say: Say) -> None:
    """Weigh the tiers, calibrate them together and say how good they are, all on posts that training never saw."""
    texts = [post.text for post in checked]
    alone, beside = Transformer(folder).logits(texts), shipped_scores(model(), texts)
    found = join(alone, beside, checked)
    about = About(NAME, learnt_from, model().name, **found._asdict())
    (folder / ABOUT).write_bytes(msgspec.json.encode(about))
    for line in figures(found, alone, beside, checked):
        say(line)
