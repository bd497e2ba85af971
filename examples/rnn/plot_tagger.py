"""
Label every moment of a recording
=================================

Two channels of a sensor that somebody wears while resting, walking, running or climbing, in
pieces of different lengths. A recurrent network that reads in both directions labels each
moment; beside it stands logistic regression on each moment with its neighbours. Recordings have
different lengths, and their channels are standardised over all moments by ``SequenceScaler``.
"""

import time
import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import RNNTagger, SequenceScaler

#: Steps in a period, amplitude of the first channel, mean of the second.
WAYS = {
    "rest": (50, 0.1, 0.0),
    "walk": (10, 1.0, 0.3),
    "run": (6, 1.2, 0.5),
    "climb": (10, 1.0, 0.6),
}


def recording(random):
    """Return a recording (n_steps, 2) and the label of each step."""
    X, y, phase = [], [], 0.0
    for _ in range(random.integers(3, 7)):
        way = str(random.choice(list(WAYS)))
        period, amplitude, mean = WAYS[way]
        for _ in range(random.integers(20, 60)):
            phase += 2 * np.pi / period
            wave = amplitude * np.sin(phase) + 0.3 * random.normal()
            X.append((9.8 + wave, 100 * (mean + 0.4 * random.normal())))
            y.append(way)
    return np.array(X, np.float32), np.array(y)


random = np.random.default_rng(0)
X, y = zip(*(recording(random) for _ in range(160)), strict=True)
X, y, X_test, y_test = X[:120], y[:120], X[120:], y[120:]
lengths = [len(x) for x in X]
print(f"{len(X)} recordings of {min(lengths)} to {max(lengths)} moments\n")

# %%
# The network
# -----------
# The scaler wants sequences and gives sequences; what is labelled is each of their steps.

model = make_pipeline(
    SequenceScaler(),
    RNNTagger(
        24,
        cell="gru",
        dropout=0.2,
        learning_rate_init=0.01,
        learning_rate_schedule="cosine",
        max_iter=25,
        early_stopping=True,
        random_state=0,
    ),
)
begin = time.perf_counter()
with warnings.catch_warnings():  # so many epochs are what was asked for
    warnings.simplefilter("ignore", ConvergenceWarning)
    model.fit(X, y)
seconds = time.perf_counter() - begin
print(
    f"recurrent network         {model.score(X_test, y_test):.1%} of the moments, {seconds:.1f} s"
)


def windows(sequences, width=10):
    """Return each moment with those around it, as rows."""
    rows = []
    for sequence in sequences:
        padded = np.pad(sequence, ((width, width), (0, 0)), mode="edge")
        rows.append(
            np.concatenate([padded[k : k + len(sequence)] for k in range(2 * width + 1)], 1)
        )
    return np.abs(np.concatenate(rows) - [9.8, 0] * (2 * width + 1))


regression = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
regression.fit(windows(X), np.concatenate(y))
print(f"regression on neighbours  {regression.score(windows(X_test), np.concatenate(y_test)):.1%}")

# %%
# The picture
# -----------

shown = max(range(len(X_test)), key=lambda k: len(set(y_test[k])))
colours = dict(zip(WAYS, ("tab:gray", "tab:green", "tab:red", "tab:blue"), strict=True))
figure, axes = plt.subplots(4, 1, figsize=(12, 8), sharex=True, layout="constrained")
for channel in range(2):
    axes[channel].plot(X_test[shown][:, channel], color="black", linewidth=0.8)
    axes[channel].set(ylabel=f"channel {channel}")
rows = {
    "true": y_test[shown],
    "network": model.predict([X_test[shown]])[0],
    "regression": regression.predict(windows([X_test[shown]])),
}
for height, (_, labels) in enumerate(rows.items()):
    for way, colour in colours.items():
        there = np.flatnonzero(labels == way)
        label = way if height == 0 else None
        axes[2].scatter(
            there, np.full(len(there), -height), c=colour, marker="|", s=200, label=label
        )
axes[2].set(yticks=[0, -1, -2], yticklabels=list(rows), ylim=(-2.6, 0.6))
proba = model.predict_proba([X_test[shown]])[0]
for way, column in zip(model.classes_, proba.T, strict=True):
    axes[3].plot(column, color=colours[way], label=way)
axes[3].set(xlabel="moment", ylabel="probability")
axes[3].legend(loc="center right")
plt.show()
