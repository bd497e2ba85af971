"""
Digits with few labels
======================

A deep belief network learns from all pictures of handwritten digits, and from the few of them that
have a label. The example

1. trains a stack of two RBMs without labels and shows what it has learned: those filters of
   the lower RBM that differ most, digits that come back from the features of each layer, and
   digits that are drawn from the stack,
2. gives labels to 20, 50 and 200 pictures of 1347 and compares the accuracy on others with that of
   the same network without pre-training, and of a network of rectified linear units, which needs
   no pre-training to train.
"""

import warnings
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from skdeep import DBNClassifier, DBNTransformer, MLPClassifier

FOLDER = Path(__file__).parent / "output"
RBMS = {"pretrain_n_iter": 40, "pretrain_learning_rate": 0.1}
LABELS, DRAWS = (20, 50, 200), range(4)


def networks(seed):
    """Return the networks that are compared, unfitted, by what they are."""
    shared = {
        "hidden_layer_sizes": (200, 200),
        "learning_rate_init": 0.003,
        "max_iter": 100,
        "random_state": seed,
    }
    return {
        "with RBMs": DBNClassifier(**shared, **RBMS),
        "without": DBNClassifier(**shared, pretrain_n_iter=0),
        "without, rectified": MLPClassifier(**shared, activation="relu"),
    }


def accuracies(n_labels, seed, X, y):
    """Return the test accuracy of each network where so many rows have a label."""
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.25, random_state=seed, stratify=y)
    labelled, rest = train_test_split(
        np.arange(len(X)), train_size=n_labels, random_state=seed, stratify=y
    )
    found = {}
    for name, model in networks(seed).items():
        more = {"X_unlabeled": X[rest]} if isinstance(model, DBNClassifier) else {}
        found[name] = model.fit(X[labelled], y[labelled], **more).score(X_test, y_test)
    return found


def compare(X, y):
    """Print and return mean accuracies, {network: one for each number of labels}."""
    means = {}
    for n_labels in LABELS:
        draws = [accuracies(n_labels, seed, X, y) for seed in DRAWS]
        for name in draws[0]:
            means.setdefault(name, []).append(np.mean([draw[name] for draw in draws]))
        line = ", ".join(f"{name} {values[-1]:.3f}" for name, values in means.items())
        print(f"{n_labels} labels: {line}", flush=True)
    return means


def panels(X):
    """Return rows of small pictures by name: what a stack without labels has learned."""
    dbn = DBNTransformer((200, 100), fine_tune=False, random_state=0, **RBMS).fit(X)
    filters = dbn.rbms_[0].components_
    filters = filters - filters.mean(axis=0)  # what units have in common is the mean digit
    order = np.argsort(-(filters**2).sum(axis=1))
    found = {"filters": filters[order[:16]], "digits": X[:16]}
    for layer, name in enumerate(("lower layer", "upper layer")):
        dbn.set_params(transform_layer=layer)
        found[f"back from\n{name}"] = dbn.inverse_transform(dbn.transform(X[:16]))
    # One step down from drawn states gives grainy zeros and ones; their means look like digits.
    draws = dbn.rbms_[1].sample(16, 500, random_state=0)
    found["drawn"] = dbn.rbms_[0].inverse_transform(draws)
    return found


def draw(panels, means):
    """Save the pictures, with a chart of the accuracies below."""
    figure = plt.figure(figsize=(9, 7))
    upper, lower = figure.subfigures(2, 1, height_ratios=(3, 2))
    axes = upper.subplots(len(panels), 16)
    for line, (name, rows) in zip(axes, panels.items(), strict=True):
        colors = "RdBu" if name == "filters" else "gray_r"
        for axis, row in zip(line, rows, strict=True):
            axis.imshow(row.reshape(8, 8), cmap=colors)
            axis.set(xticks=[], yticks=[])
        line[0].set_ylabel(name, rotation=0, ha="right", va="center")
    axis = lower.subplots()
    for name, values in means.items():
        axis.plot(LABELS, values, marker="o", label=name)
    axis.set(xscale="log", xticks=LABELS, xticklabels=LABELS, xlabel="labels", ylabel="accuracy")
    axis.minorticks_off()
    axis.legend()
    lower.subplots_adjust(bottom=0.25)
    figure.savefig(FOLDER / "dbn_digits.png", dpi=120, bbox_inches="tight")
    plt.close(figure)


def main():
    FOLDER.mkdir(exist_ok=True)
    warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is what was asked
    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype(np.float32)
    pictures = panels(X)
    print("Accuracy on pictures that no network has seen:")
    draw(pictures, compare(X, y))
    print(f"pictures in {FOLDER}")


if __name__ == "__main__":
    main()
