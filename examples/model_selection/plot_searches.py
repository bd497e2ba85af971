"""
Two searches at another speed
=============================

A grid search over a network on 1797 pictures of handwritten digits, once with scikit-learn's
``GridSearchCV`` and ``MLPClassifier`` and once with skdeep's, which trains all candidates and folds
as one stacked network. Only the imports differ. Then successive halving: many settings drawn at
random train for a few epochs, and the better ones train on.
"""

import time
import warnings

import matplotlib.pyplot as plt
import numpy as np
import sklearn.model_selection
import sklearn.neural_network
from scipy.stats import loguniform
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

import skdeep
import skdeep.model_selection

warnings.simplefilter("ignore", ConvergenceWarning)  # twenty epochs are to be twenty epochs

X, y = load_digits(return_X_y=True)
X = (X / 16).astype(np.float32)
print(f"skdeep {skdeep.__version__}, scikit-learn {sklearn.__version__}")
print(f"{X.shape[0]} digits of {X.shape[1]} pixels, {X.dtype}\n")

# %%
# The same search twice
# ---------------------
# Twelve settings on three folds, 36 networks of 32 hidden units. Each side may use two processes,
# and starts them before the clock does.

settings = {"hidden_layer_sizes": (32,), "batch_size": 32, "max_iter": 20, "random_state": 0}
grid = {"learning_rate_init": [0.001, 0.003, 0.01], "alpha": [0.0, 0.0001, 0.01, 0.1]}
sides = {
    "scikit-learn": (sklearn.model_selection.GridSearchCV, sklearn.neural_network.MLPClassifier),
    "skdeep": (skdeep.model_selection.GridSearchCV, skdeep.MLPClassifier),
}
seconds, searches = {}, {}
for side, (GridSearchCV, MLPClassifier) in sides.items():
    search = GridSearchCV(MLPClassifier(**settings), grid, cv=3, n_jobs=2, refit=False)
    sklearn.base.clone(search).set_params(param_grid={"max_iter": [1, 2]}).fit(X[::10], y[::10])
    begin = time.perf_counter()
    searches[side] = search.fit(X, y)
    seconds[side] = time.perf_counter() - begin

# %%
# The search table, best first. Both draw the same random numbers; the last digits of float32 may
# part after some hundred steps.

table = {side: search.cv_results_ for side, search in searches.items()}
print(f"rank  {'skdeep':>8}{'scikit-learn':>14}  learning_rate_init  alpha")
ranks = table["skdeep"]["rank_test_score"]
for k in np.argsort(ranks, kind="stable"):
    own, other = (table[side]["mean_test_score"][k] for side in ("skdeep", "scikit-learn"))
    candidate = table["skdeep"]["params"][k]
    rate, alpha = candidate["learning_rate_init"], candidate["alpha"]
    print(f"{ranks[k]:>4}  {own:>8.4f}{other:>14.4f}  {rate:<18}  {alpha}")
ratio = seconds["scikit-learn"] / seconds["skdeep"]
print(f"\nscikit-learn {seconds['scikit-learn']:.2f} s, skdeep {seconds['skdeep']:.2f} s:")
print(f"the same search, {ratio:.1f} times as fast\n")

# %%
# Successive halving
# ------------------
# Fifty-four settings train for 5 epochs, the better third for 15, and so on up to 135. Those that
# stay train on from where they were.

halving = skdeep.model_selection.HalvingRandomSearchCV(
    skdeep.MLPClassifier((32,), batch_size=32, dropout=0.1, n_iter_no_change=1000, random_state=0),
    {
        "learning_rate_init": loguniform(1e-4, 1e-1),
        "alpha": loguniform(1e-5, 10),
        "dropout": [0.05, 0.1, 0.2, 0.4],
    },
    n_candidates=54,
    resource="max_iter",
    min_resources=5,
    max_resources=135,
    cv=3,
    return_train_score=False,
    random_state=0,
)
begin = time.perf_counter()
halving.fit(X, y)
halving_seconds = time.perf_counter() - begin
print(f"halving: {halving_seconds:.1f} s, refit included")
print("epochs  candidates  best so far")
rungs = halving.cv_results_
for rung in range(halving.n_iterations_):
    best = rungs["mean_test_score"][rungs["iter"] == rung].max()
    print(f"{halving.n_resources_[rung]:>6}  {halving.n_candidates_[rung]:>10}  {best:>11.4f}")
chosen = ", ".join(
    f"{name}={value:.3g}" for name, value in halving.best_params_.items() if name != "max_iter"
)
print(f"best: {chosen}")

# %%
# The picture
# -----------
# Left, the seconds of both searches. Right, the errors of each candidate by epochs of training.

figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.4), width_ratios=[1, 1.5])
bars = left.barh(list(seconds), list(seconds.values()), color=["0.65", "tab:blue"])
left.bar_label(bars, [f"{value:.2f} s" for value in seconds.values()], padding=4)
left.set(xlabel="seconds", xlim=(0, 1.2 * max(seconds.values())))
left.set_title(f"36 networks: {ratio:.1f} times as fast")

paths = {}
for candidate, epochs, score in zip(
    rungs["params"], rungs["n_resources"], rungs["mean_test_score"], strict=True
):
    key = tuple(value for name, value in candidate.items() if name != "max_iter")
    paths.setdefault(key, []).append((epochs, 1 - score))
longest = max(map(len, paths.values()))
for path in sorted(paths.values(), key=len):
    colour = plt.cm.Blues(0.25 + 0.75 * len(path) / longest)
    right.plot(*zip(*path, strict=True), "o-", color=colour, markersize=4)
right.set(xscale="log", yscale="log", xlabel="epochs", ylabel="error in cross-validation")
right.set_xticks(halving.n_resources_, [str(n) for n in halving.n_resources_])
right.minorticks_off()
right.set_title("Successive halving: the better ones train on")
for axes in (left, right):
    axes.spines[["top", "right"]].set_visible(False)
figure.tight_layout()
plt.show()
