"""
5. Training, overfitting, and what helps
========================================

A network with many weights can learn its training samples by heart, noise and all. It then fails on
samples that it has never seen. On this page you watch that happen, and try four remedies.
"""

# %%
# The data
# --------
# The two half moons again, with so much noise that they overlap. Even the best rule is wrong for
# about one sample in nine. You get 80 samples to learn from, the **training set**. The **validation
# set** is for watching while you train and choose. The **test set** is for the final judgement
# only. Real data sets are cut into these three parts. Here we draw the last two large, to see
# clearly.

import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import make_moons
from sklearn.exceptions import ConvergenceWarning
from sklearn.inspection import DecisionBoundaryDisplay

from skdeep import MLPClassifier
from skdeep.inspection import LearningCurveDisplay
from skdeep.model_selection import GridSearchCV

# Here networks train for a fixed number of epochs, to see what happens.
warnings.simplefilter("ignore", ConvergenceWarning)


def moons(n_samples, seed):
    return make_moons(n_samples, noise=0.35, random_state=seed)


X_train, y_train = moons(80, 1)
X_val, y_val = moons(2000, 99)
X_test, y_test = moons(5000, 98)

# %%
# Learning by heart
# -----------------
# Here is a network with more than 4,000 parameters for 80 samples. It trains for 400 epochs and
# never stops before. ``X_val`` and ``y_val`` are only watched: no weight learns from them.

settings = {
    "hidden_layer_sizes": (64, 64),
    "learning_rate_init": 0.005,
    "batch_size": 32,
    "max_iter": 400,
    "n_iter_no_change": 400,
    "alpha": 0,
    "random_state": 0,
}
by_heart = MLPClassifier(**settings).fit(X_train, y_train, X_val=X_val, y_val=y_val)
print(f"parameters: {by_heart.summary().n_parameters:,}")
print(f"accuracy in training: {by_heart.score(X_train, y_train):.2f}")
print(f"accuracy on new samples: {by_heart.score(X_test, y_test):.2f}")
display = LearningCurveDisplay.from_estimator(by_heart)

# %%
# The training loss falls towards zero. The validation loss falls first, then turns and rises. From
# there on the network learns what is true of these 80 samples only. This is **overfitting**, and
# two curves that part are how you see it.
#
# The loss here is the **cross-entropy**, or log loss: minus the logarithm of the probability that
# the network gives to the true class. It punishes those who are sure and wrong. Therefore it rises
# steeply although the accuracy falls only a little.
#
# Four remedies
# -------------
# - **Early stopping** ends training when the validation score stops improving, and goes back to the
#   best epoch. It costs nothing, and saves time.
# - **Dropout** switches off half of the neurons, drawn anew for each sample and step. No neuron can
#   rely on one other, so that learning by heart gets difficult. In predictions all are on.
# - **Weight decay** draws all weights towards zero in each step. Small weights make smooth curves.
# - **More data** is the best remedy, where you can have it: what is true of a thousand samples is
#   mostly true.

remedies = {
    "nothing": {},
    "early stopping": {"early_stopping": True, "scoring": "loss", "n_iter_no_change": 30},
    "dropout": {"dropout": 0.5},
    "weight decay": {"solver": "adamw", "weight_decay": 1.0},
    "1000 samples": {},
}


def train(remedy, seed):
    """Return a network trained with a remedy, on samples drawn by a seed."""
    X, y = moons(1000 if remedy == "1000 samples" else 80, seed)
    model = MLPClassifier(**{**settings, **remedies[remedy], "random_state": seed})
    return model.fit(X, y, X_val=X_val, y_val=y_val)


models = {remedy: train(remedy, seed=1) for remedy in remedies}

# %%
# The validation loss of each, epoch by epoch:

losses = {
    remedy: {"validation_loss": model.history_["validation_loss"]}
    for remedy, model in models.items()
}
figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
display = LearningCurveDisplay(losses).plot(ax=ax)
ax.set_ylim(0.25, 1.2)

# %%
# Early stopping ends soon after the lowest point, and goes back to it. Weight decay keeps it low.
# Dropout alone is too weak here: it delays the turn. You may combine remedies, and early stopping
# goes with all of them.
#
# Now look at what they have learned, with the accuracy on new samples. The network without a remedy
# fences in single samples. It is sure everywhere, and often wrong. The good ones draw a wave, and
# are unsure where the moons overlap.

figure, axes = plt.subplots(2, 3, figsize=(10, 6), layout="constrained")
for ax, (remedy, model) in zip(axes.flat, models.items(), strict=False):
    X, y = moons(1000, 1) if remedy == "1000 samples" else (X_train, y_train)
    DecisionBoundaryDisplay.from_estimator(
        model,
        X_train,
        response_method="predict_proba",
        levels=np.linspace(0, 1, 21),
        ax=ax,
        cmap="RdBu_r",
        alpha=0.7,
    )
    ax.scatter(*X.T, c=y, s=6 if len(X) > 80 else 14, cmap="gray")
    ax.set_title(f"{remedy}: {model.score(X_test, y_test):.2f}")
axes.flat[-1].scatter(*X_test[:2000].T, c=y_test[:2000], s=3, cmap="coolwarm")
axes.flat[-1].set_title("2000 new samples")
for ax in axes.flat:
    ax.set(xlim=(-2, 3), ylim=(-1.8, 2.1), xticks=[], yticks=[])

# %%
# One run proves little
# ---------------------
# Other samples and other weights at the start give other numbers. Repeat each experiment before you
# believe it, here three times.

rows = []
for remedy in remedies:
    for seed in [1, 2, 3]:
        model = models[remedy] if seed == 1 else train(remedy, seed)
        proba = model.predict_proba(X_test)
        loss = -np.log(np.maximum(proba[np.arange(len(y_test)), y_test], 1e-12)).mean()
        rows.append((remedy, model.score(X_test, y_test), loss))
table = pd.DataFrame(rows, columns=["remedy", "test accuracy", "test loss"])
print(table.groupby("remedy", sort=False).agg(["mean", "min", "max"]).round(3))

# %%
# Too much of a good thing
# ------------------------
# A remedy has a strength, and you have to find it. Too little weight decay changes nothing. Too
# much leaves weights that cannot learn even what is true: the network **underfits**, and is bad on
# both the training and the new samples. A search by cross-validation finds the middle. The
# ``GridSearchCV`` of skdeep takes what scikit-learn's takes, and trains all its networks side by
# side.

decays = np.logspace(-2, 1.5, 8)
search = GridSearchCV(
    MLPClassifier(**{**settings, "solver": "adamw"}),
    {"weight_decay": decays},
    scoring="neg_log_loss",
    cv=5,
    return_train_score=True,
).fit(X_train, y_train)
best = search.best_params_["weight_decay"]
accuracy = search.best_estimator_.score(X_test, y_test)
print(f"best weight decay: {best:.2g}, accuracy on new samples: {accuracy:.3f}")

figure, ax = plt.subplots(figsize=(6, 3.6), layout="constrained")
for name, what in {"train": "training folds", "test": "validation folds"}.items():
    ax.plot(decays, -search.cv_results_[f"mean_{name}_score"], "o-", label=what)
ax.set(xscale="log", xlabel="weight decay", ylabel="loss")
ax.annotate("overfits", (0.03, 0.25), xycoords="axes fraction")
ax.annotate("underfits", (0.97, 0.25), xycoords="axes fraction", ha="right")
ax.legend(frameon=False, loc="upper center")
ax.grid(alpha=0.3)

# %%
# What to do with your own data
# -----------------------------
# Scale the inputs, let early stopping watch, and look at the curves. ``early_stopping=True``
# without ``X_val`` puts a tenth of the training samples aside. Let it watch the loss: accuracy on
# few samples moves in jumps, and may stand still while the network still learns.

from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

X, y = moons(1000, 0)
classifier = MLPClassifier(
    hidden_layer_sizes=(100,),
    early_stopping=True,
    scoring="loss",
    n_iter_no_change=20,
    max_iter=1000,
    random_state=0,
)
model = make_pipeline(StandardScaler(), classifier).fit(X, y)
print(f"accuracy on new samples: {model.score(X_test, y_test):.3f}")
display = LearningCurveDisplay.from_estimator(model, panels="loss")
plt.show()
# sphinx_gallery_thumbnail_number = 3

# %%
# How to read such curves:
#
# - Both losses are still falling: train for more epochs, or with a larger learning rate.
# - The training loss is high and flat: the network is too small, or held back too much.
# - The validation loss turns up: use a remedy of this page.
# - The loss jumps up and down or becomes infinite: take a smaller learning rate.
#
# So far all networks were multilayer perceptrons. The last page shows other kinds.
