"""
Learned strokes of handwritten digits
=====================================

A restricted Boltzmann machine learns the handwritten digits without labels. With 16 hidden units
its likelihood can be computed exactly, so that settings can be searched by a score that means
something. The example

1. searches the learning rate and centering by the exact log-likelihood of held-out rows,
2. checks annealed importance sampling, from both ends, against that exact value,
3. shows the filters, digits with half of their pixels restored, and digits drawn from the model.
"""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, train_test_split

from skdeep import BernoulliRBM

FOLDER = Path(__file__).parent / "output"


def search(X):
    """Search by exact likelihood; print both centerings side by side."""
    rbm = BernoulliRBM(
        16, n_iter=20, batch_size=20, shuffle=True, likelihood="exact", random_state=0
    )
    grid = {"centering": [False, True], "learning_rate": [0.01, 0.05, 0.2]}
    result = GridSearchCV(rbm, grid, cv=3).fit(X)
    for params, score in zip(
        result.cv_results_["params"], result.cv_results_["mean_test_score"], strict=True
    ):
        print(f"  {params}: {score:.2f} nats a digit")
    return result.best_estimator_


def check_annealing(rbm, X):
    """Print what annealing says beside the exact value."""
    print(f"exact: {rbm.log_likelihood(X).mean():.3f}")
    for method in ("ais", "reverse_ais"):
        rows, error = rbm.log_likelihood(X, method, n_betas=3000, random_state=0, return_std=True)
        print(f"{method}: {rows.mean():.3f} +- {error:.3f}")


def restore(rbm, X, n_steps=30):
    """Return rows whose lower half is drawn by the RBM, given the upper half."""
    half = X.shape[1] // 2
    rows = np.hstack([X[:, :half], np.full((len(X), half), 0.5)])
    mean = np.zeros_like(rows)
    for step in range(2 * n_steps):
        rows[:, half:] = rbm.gibbs(rows, random_state=step)[:, half:]
        mean += rbm.reconstruct(rows) * (step >= n_steps) / n_steps
    return np.hstack([X[:, :half], mean[:, half:]])


def draw(panels, title, path):
    """Save rows of small pictures, one row for each entry of `panels`."""
    width = max(len(rows) for rows, _ in panels.values())
    size = (width * 0.6 + 1.5, len(panels) * 0.75 + 0.6)
    figure, axes = plt.subplots(len(panels), width, figsize=size, squeeze=False)
    for line, (name, (rows, colors)) in zip(axes, panels.items(), strict=True):
        for axis, row in zip(line, rows, strict=False):
            axis.imshow(row.reshape(8, 8), cmap=colors)
        for axis in line:
            axis.set_xticks([])
            axis.set_yticks([])
            axis.spines[:].set_visible(False)
        line[0].set_ylabel(name, rotation=0, ha="right", va="center")
    figure.suptitle(title)
    figure.savefig(path, dpi=120, bbox_inches="tight")
    plt.close(figure)


def main():
    FOLDER.mkdir(exist_ok=True)
    X, y = load_digits(return_X_y=True)
    bits = (X > 7).astype(float)
    train, test = train_test_split(bits, test_size=0.2, random_state=0, stratify=y)

    print("Exact log-likelihood of held-out digits, three folds:")
    rbm = search(train)
    print("The best RBM on test digits it has never seen, in nats:")
    check_annealing(rbm, test)

    samples = rbm.sample(16, random_state=0)
    filters = rbm.components_
    draw(
        {
            "filters": (filters, "RdBu"),
            "digits": (test[:16], "gray_r"),
            "upper half kept": (restore(rbm, test[:16]), "gray_r"),
            "drawn": (samples, "gray_r"),
            "drawn, means": (rbm.reconstruct(samples), "gray_r"),
        },
        "16 hidden units on the handwritten digits",
        FOLDER / "rbm_digits.png",
    )

    print(f"pictures in {FOLDER}")


if __name__ == "__main__":
    main()
