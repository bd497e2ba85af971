"""Text and music: ``python -m benchmarks.text --help``; raw texts: ``benchmarks/raw_texts.py``.

``names`` tells languages by surnames: a recurrent network on characters against logistic regression
on character n-grams, on the same five stratified folds, duplicates as they are. On each fold both
sides choose among their settings by the accuracy on a tenth of the training part, and are then
fitted anew on all of it. ``shakespeare`` prints nats per character on the last tenth of a text,
``chorales`` nats per step (summed over 88 keys, averaged over all steps) on the test pieces of a
JSON file with "train", "valid" and "test", each a list of pieces, lists of lists of MIDI pitches;
the epoch is chosen on the valid pieces. ``--defaults`` takes RNNGenerator as it is, but for early
stopping, and ``--output independent`` keys that do not know each other. With ``--validate`` the
last two keep the test part closed: a text's last tenth is then that of its training part, and
pieces are scored on "valid".
"""

import argparse
import gzip
import json
import time
import warnings
from itertools import product
from pathlib import Path

import numpy as np
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.pipeline import make_pipeline

from skdeep import RNNClassifier, RNNGenerator, SequenceEncoder

#: What the sides choose among: longest n-gram and C; epochs, dropout and units.
REGRESSIONS = list(product((3, 4, 5), (3.0, 10.0, 30.0, 100.0)))
NETWORKS = list(product((8, 12), (0.3, 0.5), (128, 256)))


def report(text, started):
    """Print a line with the time since the start."""
    print(f"[{time.perf_counter() - started:7.0f} s] {text}", flush=True)


# ---------------------------------------------------------------------- surnames


def surnames(folder):
    """Return names and languages from one text file for each language."""
    names, languages = [], []
    for path in sorted(Path(folder).glob("*.txt")):
        found = path.read_text("utf-8").split("\n")
        found = [name.strip() for name in found if name.strip()]
        names += found
        languages += [path.stem] * len(found)
    return np.array(names, object), np.array(languages)


def regression(longest, strength):
    """Return logistic regression on the n-grams of a name with marks at both ends."""
    grams = TfidfVectorizer(
        analyzer="char", ngram_range=(1, longest), sublinear_tf=True, preprocessor=_marked
    )
    return make_pipeline(grams, LogisticRegression(C=strength, max_iter=1000))


def _marked(name):
    return f"^{name.lower()}$"


def network(options, seed, epochs, dropout, units):
    """Return a recurrent network on characters."""
    model = RNNClassifier(
        (units,) * options.layers,
        options.cell,
        bidirectional=True,
        pooling=options.pooling,
        embedding_dim=options.embedding,
        dropout=dropout,
        batch_size=options.batch or 64,
        learning_rate_init=options.rate or 0.003,
        learning_rate_schedule="one_cycle",
        max_iter=options.epochs or epochs,
        n_iter_no_change=np.inf,
        label_smoothing=options.smoothing,
        weight_decay=options.decay,
        ema_decay=options.ema or None,
        class_weight="balanced" if options.balanced else None,
        random_state=seed,
    )
    return make_pipeline(SequenceEncoder(end=True), model)


def choose(make, settings, X, y, seed):
    """Return the setting that is best on a tenth of these names."""
    if len(settings) == 1:
        return settings[0], float("nan")
    part, held, y_part, y_held = train_test_split(
        X, y, test_size=0.1, stratify=y, random_state=seed
    )
    scores = {s: make(*s).fit(part, y_part).score(held, y_held) for s in settings}
    best = max(scores, key=scores.get)
    return best, scores[best]


def run_names(options, started):
    """Print both sides' accuracies on each fold, and their difference."""
    X, y = surnames(options.names)
    folds = StratifiedKFold(5, shuffle=True, random_state=options.seed)
    networks = NETWORKS
    if options.units:
        networks = [(options.epochs or 20, options.dropout, options.units[0])]
    result = {"regression": [], "network": [], "settings": []}
    for fold, (train, test) in enumerate(folds.split(X, y)):
        if fold >= options.folds:
            break

        def recurrent(*setting, fold=fold):
            seeds = range(options.members * fold, options.members * (fold + 1))
            each = [(str(k), network(options, options.seed + k, *setting)) for k in seeds]
            return each[0][1] if len(each) == 1 else VotingClassifier(each, voting="soft")

        sides = {"regression": (regression, REGRESSIONS), "network": (recurrent, networks)}
        for name in options.sides:
            make, settings = sides[name]
            best, validation = choose(make, settings, X[train], y[train], fold)
            score = make(*best).fit(X[train], y[train]).score(X[test], y[test])
            result[name].append(score)
            result["settings"].append({"fold": fold, "side": name, "setting": best})
            report(
                f"fold {fold}, {name}: {100 * score:.2f} % with {best} "
                f"({100 * validation:.2f} % in validation)",
                started,
            )
    found = {name: 100 * np.array(result[name]) for name in options.sides}
    report(", ".join(f"{name} {score.mean():.2f} %" for name, score in found.items()), started)
    if len(found) == 2:
        gain = found["network"] - found["regression"]
        report(f"network: {gain.mean():+.2f} points (least {gain.min():+.2f})", started)
    return result


# ---------------------------------------------------------------------- text


def generator(options, **given):
    """Return a generator with the options of the command line."""
    return RNNGenerator(
        tuple(options.units),
        options.cell,
        dropout=options.dropout,
        recurrent_dropout=options.recurrent_dropout,
        learning_rate_schedule=options.schedule,
        weight_decay=options.decay,
        ema_decay=options.ema or None,
        alpha=0.0,
        max_iter=options.epochs,
        tol=0.0,
        n_iter_no_change=np.inf,
        random_state=options.seed,
        verbose=True,
        **given,
    )


def run_shakespeare(options, started):
    """Print nats per character on the last tenth of a text, and a sample."""
    text = Path(options.shakespeare).read_text("utf-8")[: options.characters]
    train, test = _last_tenth(text)
    if options.validate:
        train, test = _last_tenth(train)
    encoder = SequenceEncoder(start=False).fit([train])
    X, X_test = encoder.transform([train]), encoder.transform([test])
    model = generator(
        options,
        embedding_dim=options.embedding,
        n_tokens=encoder.n_tokens_,
        tbptt_steps=options.tbptt,
        batch_size=options.batch or 64,
        learning_rate_init=options.rate or 0.003,
    ).fit(X)
    report(f"trained for {model.n_iter_} epochs, loss {model.loss_:.4f}", started)
    nats = -model.score(X_test)
    report(f"{nats:.4f} nats per character on {len(test)} characters", started)
    sample = model.generate(encoder.transform(["\n"]), 400, temperature=0.8, random_state=0)
    print(encoder.inverse_transform(sample)[0])
    return {"nats": nats, "loss_curve": model.loss_curve_, "characters": len(test)}


def _last_tenth(text):
    cut = len(text) * 9 // 10
    return text[:cut], text[cut:]


# ---------------------------------------------------------------------- music


def rolls(pieces):
    """Return pieces as rows of 88 keys for each step."""
    found = []
    for piece in pieces:
        roll = np.zeros((len(piece), 88), np.float32)
        for step, pitches in enumerate(piece):
            roll[step, np.array(pitches, int) - 21] = 1
        found.append(roll)
    return found


def transposed(pieces, most):
    """Return the pieces in all keys at most so many semitones away."""
    moves = range(-most, most + 1)
    return [np.roll(piece, move, axis=1) for move in moves for piece in pieces]


def run_chorales(options, started):
    """Print nats per step on test pieces, at the epoch that is best on validation pieces."""
    opened = gzip.open if options.chorales.endswith(".gz") else open
    with opened(options.chorales, "rt") as file:
        pieces = {name: rolls(part) for name, part in json.load(file).items()}
    train = transposed(pieces["train"], options.transpose)
    if options.defaults:
        model = RNNGenerator(
            output=options.output, early_stopping=True, random_state=options.seed, verbose=True
        )
    else:
        model = generator(
            options,
            embedding_dim=None,
            hidden_layer_sizes=tuple(options.hidden),
            tbptt_steps=options.tbptt,
            batch_size=options.batch or 16,
            learning_rate_init=options.rate or 0.002,
            early_stopping=True,
            output=options.output,
            nade_units=options.nade_units,
        )
    model.fit(train, X_val=pieces["valid"])
    best = int(np.argmax(model.validation_scores_)) + 1
    report(f"best epoch {best}: {-max(model.validation_scores_):.3f} nats in validation", started)
    result = {"valid": -model.score(pieces["valid"]), "epoch": best}
    if not options.validate:
        result["test"] = -model.score(pieces["test"])
        steps = sum(map(len, pieces["test"]))
        report(f"{result['test']:.3f} nats per step on {steps} test steps", started)
    return result


# ---------------------------------------------------------------------- command line


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--names", help="folder with a text file of surnames for each language")
    source.add_argument("--shakespeare", help="text file")
    source.add_argument("--chorales", help="JSON file, which may be gzipped")
    parser.add_argument("--cell", choices=["lstm", "gru", "rnn"], default="gru")
    parser.add_argument("--units", type=int, nargs="+", help="of each recurrent layer")
    parser.add_argument("--layers", type=int, default=1, help="recurrent layers, for names")
    parser.add_argument("--hidden", type=int, nargs="*", default=[], help="dense layers, for music")
    parser.add_argument("--embedding", type=int, default=32)
    parser.add_argument("--pooling", default="max", help="of the steps, for names")
    parser.add_argument("--balanced", action="store_true", help="weigh classes, for names")
    both = ["regression", "network"]
    parser.add_argument("--sides", nargs="+", choices=both, default=both, help="for names")
    parser.add_argument("--members", type=int, default=1, help="networks to average, for names")
    parser.add_argument("--smoothing", type=float, default=0.0, help="of labels, for names")
    parser.add_argument("--folds", type=int, default=5, help="of the five, for names")
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--recurrent-dropout", type=float, default=0.0)
    parser.add_argument("--decay", type=float, default=0.0, help="weight decay")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--batch", type=int)
    parser.add_argument("--rate", type=float)
    parser.add_argument("--schedule", default="cosine")
    parser.add_argument("--ema", type=float, default=0.0, help="decay of averaged weights")
    parser.add_argument("--tbptt", type=int, default=64, help="steps of a chunk")
    parser.add_argument("--transpose", type=int, default=0, help="semitones, for music")
    parser.add_argument("--output", choices=["nade", "independent"], default="nade", help="of keys")
    parser.add_argument("--nade-units", type=int, default=100, help="hidden units of a chord")
    parser.add_argument("--defaults", action="store_true", help="the estimator as it is, for music")
    parser.add_argument("--characters", type=int, help="of the text, for a quick look")
    parser.add_argument("--validate", action="store_true", help="keep the test part closed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", help="where to write the results")
    return parser.parse_args()


def main():
    options, started = parse(), time.perf_counter()
    warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is a setting
    if options.names:
        run = run_names
    else:
        run = run_shakespeare if options.shakespeare else run_chorales
        options.units, options.epochs = options.units or [256], options.epochs or 20
    result = run(options, started)
    if options.json:
        record = {"options": vars(options), **result, "seconds": time.perf_counter() - started}
        Path(options.json).write_text(json.dumps(record, indent=1))


if __name__ == "__main__":
    main()
