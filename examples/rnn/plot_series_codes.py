"""
Codes of series of different lengths
====================================

A heart beats, a pump turns, a step echoes: recordings that last as long as they last. Most tools
want a table. Here a recurrent autoencoder makes sixteen numbers of each recording without seeing a
label, and gives the recording back of them. A linear classifier on these codes, with few labels,
stands beside the same classifier on recordings that were padded with zeros, and on their principal
components.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skdeep import RNNAutoencoder, SequenceScaler

warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is a setting

# %%
# Recordings
# ----------
# Four kinds, which begin anywhere, run at a pace of their own and last 12 to 40 steps.

KINDS = ["steady", "fading", "rising", "double"]


def recording(kind, random):
    """Return one channel (n_steps, 1)."""
    n = random.integers(12, 41)
    t, pace = np.arange(n), random.uniform(0.5, 0.7)
    phase = random.uniform(0, 2 * np.pi)
    x = np.sin(pace * t + phase)
    if KINDS[kind] == "fading":
        x = 1.5 * x * np.exp(-2.5 * t / n)
    if KINDS[kind] == "rising":
        x = 1.5 * x * np.exp(-2.5 * (1 - t / n))
    if KINDS[kind] == "double":
        x = x + np.sin(2 * (pace * t + phase))
    return (x + 0.15 * random.normal(size=n))[:, None].astype(np.float32)


random = np.random.default_rng(0)
kinds = random.integers(len(KINDS), size=1000)
recordings = [recording(kind, random) for kind in kinds]
X, X_test, y, y_test = recordings[:700], recordings[700:], kinds[:700], kinds[700:]

# %%
# Codes
# -----
# The network learns from all 700, and sees no kind.

coder = make_pipeline(
    SequenceScaler(),
    RNNAutoencoder(
        16,
        48,
        bidirectional=True,
        learning_rate_init=0.01,
        learning_rate_schedule="cosine",
        max_iter=40,
        n_iter_no_change=40,
        random_state=0,
    ),
)
codes, codes_test = coder.fit_transform(X), coder.transform(X_test)
back = coder.inverse_transform(codes_test)
error = np.mean([abs(len(a) - len(b)) for a, b in zip(back, X_test, strict=True)])
print(f"{coder.score(X_test):.3f}: minus the mean squared error (minus 1: the mean alone)")
print(f"the lengths that codes give are wrong by {error:.1f} steps on average\n")

# %%
# What they are worth
# -------------------
# Few recordings have labels. Rows of padded steps put the same wave at another phase into other
# columns, and what fades looks like what was cut off.

longest = max(map(len, recordings))


def padded(X):
    """Return rows of one length, with zeros behind the end."""
    return np.array([np.pad(x[:, 0], (0, longest - len(x))) for x in X])


rows = make_pipeline(FunctionTransformer(padded), StandardScaler()).fit(X)
components = make_pipeline(*rows, PCA(16, random_state=0)).fit(X)
ways = {
    "padded steps": (rows.transform(X), rows.transform(X_test)),
    "16 principal components": (components.transform(X), components.transform(X_test)),
    "codes of 16 numbers": (codes, codes_test),
}
counts, draws = (5, 25, 150), 10
for name, (train, test) in ways.items():
    scores = []
    for count in counts:
        found = []
        for seed in range(draws):
            few = np.random.default_rng(seed).permutation(len(y))
            few = np.concatenate([few[y[few] == k][:count] for k in range(len(KINDS))])
            model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
            found.append(model.fit(train[few], y[few]).score(test, y_test))
        scores.append(f"{np.mean(found):.3f}")
    print(f"{name:>24}: {', '.join(scores)} right with {counts} labels of a kind")

# %%
# Pictures
# --------
# Recordings, and what comes back of sixteen numbers with the length that the network finds; and the
# codes of all test recordings, along the two directions that tell the kinds of the training codes
# apart best.

figure, axes = plt.subplot_mosaic([KINDS, ["plane"] * 4], figsize=(12, 7), layout="constrained")
scale = coder[0]
for k, kind in enumerate(KINDS):
    index = np.flatnonzero(y_test == k)[1]
    ax = axes[kind]
    ax.plot(X_test[index], color="0.7", lw=3, label="recording")
    ax.plot(scale.inverse_transform([back[index]])[0], color="C0", label="of its code")
    ax.set(title=kind, xlabel="step", ylim=(-2.4, 2.4))
axes[KINDS[0]].legend(loc="lower left", fontsize="small")
plane = LinearDiscriminantAnalysis(n_components=2).fit(codes, y).transform(codes_test)
for k, kind in enumerate(KINDS):
    axes["plane"].scatter(*plane[y_test == k].T, s=12, label=kind)
axes["plane"].set(xlabel="first direction", ylabel="second")
axes["plane"].legend(ncol=4, fontsize="small")
plt.show()
