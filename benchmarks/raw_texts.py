"""Raw texts beside TF-IDF and logistic regression: ``python -m benchmarks.raw_texts --help``.

Each set is strings and labels. On the same five stratified folds stand skdeep with one setting of
the guide ("Texts") for all folds, its defaults, and logistic regression on TF-IDF vectors, of words
with their pairs and of characters. ``--names`` takes a folder with a text file for each class,
``--lines`` a file with a label, a tab and a text in each line, ``--words`` Roweis's 20 newsgroups
of 100 words (a MATLAB file), whose texts are lists of these words.
"""

import argparse
import json
import time
import warnings
from pathlib import Path

import numpy as np
from scipy.io import loadmat
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline

from benchmarks.text import report, surnames
from skdeep import RNNClassifier

#: The settings of the guide, by what a token is.
GUIDE = {
    "word": {
        "recurrent_layer_sizes": 32,
        "ngram_dropout": 0.2,
        "word_dropout": 0.3,
        "learning_rate_init": 0.002,
        "max_iter": 8,
    },
    "character": {
        "recurrent_layer_sizes": 128,
        "learning_rate_init": 0.003,
        "max_iter": 12,
    },
}
BOTH = {
    "cell": "gru",
    "bidirectional": True,
    "pooling": "max",
    "dropout": 0.5,
    "batch_size": 64,
    "early_stopping": False,
    "learning_rate_schedule": "one_cycle",
    "n_iter_no_change": np.inf,
}


def guide(unit, seed):
    """Return the network of the guide."""
    return RNNClassifier(unit=unit, random_state=seed, **BOTH | GUIDE[unit])


def tfidf(lengths, kind="word"):
    """Return logistic regression on TF-IDF vectors of n-grams."""
    vectors = TfidfVectorizer(analyzer=kind, ngram_range=lengths)
    return make_pipeline(vectors, LogisticRegression(max_iter=1000))


def sides(unit, seed):
    """Return the models by name."""
    found = {"guide": guide(unit, seed), "defaults": RNNClassifier(unit=unit, random_state=seed)}
    if unit == "word":
        return found | {"words 1-2": tfidf((1, 2))}
    return found | {
        "words 1-2": tfidf((1, 2)),
        "characters 1-3": tfidf((1, 3), "char"),
        "characters 1-4": tfidf((1, 4), "char"),
    }


def lines(path):
    """Return texts and labels of a file of lines."""
    pairs = [line.split("\t", 1) for line in Path(path).read_text("utf-8").splitlines()]
    return np.array([text for _, text in pairs], object), np.array([label for label, _ in pairs])


def newsgroups(path):
    """Return lists of words as texts, and their groups; texts without a word are left out."""
    held = loadmat(path)
    words = np.array([str(word[0]) for word in held["wordlist"].ravel()])
    documents = held["documents"].T.tocsr()
    texts = [" ".join(words[row.indices]) for row in documents]
    there = np.array([bool(text) for text in texts])
    return np.array(texts, object)[there], held["newsgroups"].ravel()[there]


def run(options, started):
    """Print accuracies on each fold, and their means."""
    if options.names:
        (X, y), unit = surnames(options.names), "character"
    else:
        (X, y), unit = lines(options.lines) if options.lines else newsgroups(options.words), "word"
    folds = StratifiedKFold(5, shuffle=True, random_state=options.seed)
    models = {n: m for n, m in sides(unit, options.seed).items() if n in (options.sides or [n])}
    scores = {name: [] for name in models}
    for fold, (train, test) in enumerate(folds.split(X, y)):
        if fold >= options.folds:
            break
        for name, model in models.items():
            scores[name].append(model.fit(X[train], y[train]).score(X[test], y[test]))
            report(f"fold {fold}, {name}: {100 * scores[name][-1]:.2f} %", started)
    for name, found in scores.items():
        report(f"{name}: {100 * np.mean(found):.2f} % ({len(found)} folds)", started)
    return scores


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--names", help="folder with a text file of names for each class")
    source.add_argument("--lines", help="file with a label, a tab and a text in each line")
    source.add_argument("--words", help="20news_w100.mat")
    parser.add_argument("--sides", nargs="+", help="models, by name; default: all")
    parser.add_argument("--folds", type=int, default=5, help="of the five")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", help="where to write the results")
    options, started = parser.parse_args(), time.perf_counter()
    warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is a setting
    scores = run(options, started)
    if options.json:
        Path(options.json).write_text(json.dumps({"options": vars(options), "scores": scores}))


if __name__ == "__main__":
    main()
