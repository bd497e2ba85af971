"""
Dimensionality reduction in one search
======================================

How many numbers does a picture of a digit need, and which transformer finds the best ones? Here
PCA, an autoencoder, a restricted Boltzmann machine and a deep belief network make codes of 2 to 16
numbers. A small network that reads only these codes is the judge. All of it is one ``GridSearchCV``
over a pipeline.
"""

import time
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import sklearn.model_selection
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

import skdeep.model_selection
from skdeep import Autoencoder, BernoulliRBM, DBNTransformer, MLPClassifier
from skdeep.inspection import LatentSpaceDisplay, ReconstructionDisplay

# The numbers of epochs are given, and losses still fall a little when they are over.
warnings.simplefilter("ignore", ConvergenceWarning)

X, y = load_digits(return_X_y=True)
X = X / 16  # pixels between 0 and 1, as the machines want them
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=0)

# %%
# One pipeline, four transformers
# -------------------------------
# A step of a pipeline is a parameter too. The grid puts each transformer into the place of
# ``reduce``, with the widths of its code. The width of a deep belief network is the last of its
# ``hidden_layer_sizes``. The judge is searched as well: each code gets the ``alpha`` that suits it.

widths = [2, 4, 8, 16]
training = {"batch_size": 50, "max_iter": 60, "n_iter_no_change": 60, "random_state": 0}
pca = PCA(random_state=0)
autoencoder = Autoencoder(
    hidden_layer_sizes=(64,), loss="log_loss", learning_rate_init=0.005, **training
)
rbm = BernoulliRBM(learning_rate=0.05, n_iter=60, centering=True, shuffle=True, random_state=0)
dbn = DBNTransformer(pretrain_n_iter=20, learning_rate_init=0.02, **training)
judge = MLPClassifier(hidden_layer_sizes=(32,), learning_rate_init=0.01, **training)

pipeline = Pipeline([("reduce", pca), ("scale", StandardScaler()), ("judge", judge)])
alphas = {"judge__alpha": [0.001, 0.1, 1]}
grid = [
    {"reduce": [pca], "reduce__n_components": widths, **alphas},
    {"reduce": [autoencoder], "reduce__n_components": widths, **alphas},
    {"reduce": [rbm], "reduce__n_components": widths, **alphas},
    {"reduce": [dbn], "reduce__hidden_layer_sizes": [(64, width) for width in widths], **alphas},
]

# %%
# The search
# ----------
# The ``GridSearchCV`` of skdeep takes what scikit-learn's takes. It fits each transformer once per
# fold, not once for each ``alpha``, and trains the judges side by side. First a part of the grid
# with both: the autoencoder with a code of 8 numbers.

part = {"reduce": [autoencoder], "reduce__n_components": [8], **alphas}
for name, package in {"scikit-learn": sklearn, "skdeep": skdeep}.items():
    begin = time.perf_counter()
    search = package.model_selection.GridSearchCV(pipeline, part, cv=3).fit(X_train, y_train)
    seconds = time.perf_counter() - begin
    print(f"{name:12}  {seconds:4.1f} s  {search.cv_results_['mean_test_score'].round(4)}")

# %%
# Then all of it: 48 candidates on three folds.

search = skdeep.model_selection.GridSearchCV(pipeline, grid, cv=3).fit(X_train, y_train)
print(search.best_params_)
print(f"its accuracy on the test set: {search.score(X_test, y_test):.3f}")

# %%
# Accuracy by width
# -----------------
# PCA finds the best *flat* code. The others may bend. That is worth most where the code is narrow.

results = pd.DataFrame(search.cv_results_)
results["transformer"] = [type(step).__name__ for step in results["param_reduce"]]
results["width"] = [
    chosen.get("reduce__n_components") or chosen["reduce__hidden_layer_sizes"][-1]
    for chosen in results["params"]
]
best = results.loc[results.groupby(["transformer", "width"])["mean_test_score"].idxmax()]
table = best.pivot(index="width", columns="transformer", values="mean_test_score")
print(table.round(3))

figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
for name in ["PCA", "Autoencoder", "BernoulliRBM", "DBNTransformer"]:
    chosen = best[best["transformer"] == name]
    ax.errorbar(
        chosen["width"],
        chosen["mean_test_score"],
        chosen["std_test_score"],
        marker="o",
        capsize=3,
        label=name,
    )
ax.set_xscale("log", base=2)
ax.set_xticks(widths, widths)
ax.set(xlabel="width of the code", ylabel="accuracy, cross-validated")
ax.legend(frameon=False)
ax.grid(alpha=0.3)

# %%
# Codes of two numbers
# --------------------
# Labels only colour the points. None of the transformers has seen them.

flat = {
    "PCA": clone(pca).set_params(n_components=2),
    "Autoencoder": clone(autoencoder).set_params(n_components=2),
    "BernoulliRBM": clone(rbm).set_params(n_components=2),
    "DBNTransformer": clone(dbn).set_params(hidden_layer_sizes=(64, 2)),
}
figure, axes = plt.subplots(2, 2, figsize=(9, 8), layout="constrained")
for ax, (name, transformer) in zip(axes.flat, flat.items(), strict=True):
    transformer.fit(X_train)
    LatentSpaceDisplay.from_estimator(transformer, X_test, y_test, ax=ax)
    ax.set_title(name)

# %%
# The way back
# ------------
# A code says most when the picture comes back from it. Here are ten digits from 8 numbers each.

shown = X_test[[np.flatnonzero(y_test == digit)[0] for digit in range(10)]]
eight = {
    "PCA": clone(pca).set_params(n_components=8),
    "Autoencoder": clone(autoencoder).set_params(n_components=8),
    "BernoulliRBM": clone(rbm).set_params(n_components=8),
    "DBNTransformer": clone(dbn).set_params(hidden_layer_sizes=(64, 8)),
}
figure, axes = plt.subplots(4, 1, figsize=(8, 7.2), layout="constrained")
for ax, (name, transformer) in zip(axes.flat, eight.items(), strict=True):
    transformer.fit(X_train)
    ReconstructionDisplay.from_estimator(transformer, shown, ax=ax)
    back = transformer.inverse_transform(transformer.transform(X_test))
    ax.set_title(f"{name}: mean squared error {((back - X_test) ** 2).mean():.4f}")
plt.show()
# sphinx_gallery_thumbnail_number = 2
