"""
Read a number from a signal
===========================

A bell that was struck rings on and fades. How fast it fades is to be read from noisy recordings of
very different lengths, of bells of unknown pitch. A recurrent network reads each recording as it
is; a convolutional network sees all of them filled up with silence to one length. Beside them
stands what one would do by hand: a straight line through the logarithm of the envelope. The picture
shows recordings, what each method reads, and its errors by the length of a recording.
"""

import time
import warnings
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skdeep import CNNRegressor, RNNRegressor

LONGEST, NOISE = 160, 0.15


def recording(random):
    """Return a recording and the logarithm of the number of steps in which the sound halves."""
    n, halving = random.integers(30, LONGEST + 1), np.exp(random.uniform(np.log(6), np.log(60)))
    t = np.arange(n)
    pitch, phase = random.uniform(0.05, 0.25), random.uniform(0, 2 * np.pi)
    sound = 2.0 ** (-t / halving) * np.sin(2 * np.pi * pitch * t + phase)
    return sound + NOISE * random.normal(size=n), np.log2(halving)


def by_hand(signal):
    """Return what a line through the logarithm of the envelope says."""
    height = np.convolve(signal**2, np.ones(10) / 10, mode="valid") - NOISE**2
    below = np.flatnonzero(height < 2 * NOISE**2)  # from there on there is little but noise
    end = max(3, below[0] if len(below) else len(height))
    height = np.maximum(height, 1e-3)
    slope = np.polyfit(np.arange(end), np.log2(height[:end]) / 2, 1)[0]
    return np.clip(np.log2(-1 / min(slope, -1e-3)), np.log2(6), np.log2(60))


def filled(signals):
    """Return signals of one length (n, T, 1), with silence behind each."""
    return np.stack([np.pad(s, (0, LONGEST - len(s))) for s in signals])[:, :, None]


random = np.random.default_rng(0)
signals, numbers = zip(*(recording(random) for _ in range(1600)), strict=True)
X, X_test = ([s.astype(np.float32) for s in part] for part in (signals[:1200], signals[1200:]))
y, y_test = np.array(numbers[:1200]), np.array(numbers[1200:])
lengths = np.array([len(x) for x in X_test])
print(f"{len(X)} recordings to learn from and {len(X_test)} to test on, of 30 to {LONGEST} steps\n")

# %%
# Two networks
# ------------
# A list of arrays goes into the recurrent network as it is, where the mean of the states gives the
# number. The convolutional network needs one length.

common = {"standardize_target": True, "random_state": 0, "learning_rate_schedule": "cosine"}
rnn = RNNRegressor(
    32, "gru", pooling="mean", batch_size=40, learning_rate_init=0.01, max_iter=30, **common
)
cnn = CNNRegressor(
    ((16, 9), (32, 9)),
    hidden_layer_sizes=(32,),
    n_dims=1,
    pooling=4,
    learning_rate_init=0.003,
    batch_size=40,
    max_iter=25,
    **common,
)
found = {"by hand": np.array([by_hand(x) for x in X_test])}
for name, model, form in (("recurrent", rnn, list), ("convolutional", cnn, filled)):
    begin = time.perf_counter()
    with warnings.catch_warnings():  # so many epochs are what was asked for
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(form(X), y)
    found[name] = model.predict(form(X_test))
    score = model.score(form(X_test), y_test)
    print(f"{name:<16}{time.perf_counter() - begin:>5.1f} seconds, R squared {score:.3f}")
for name, guess in found.items():
    factor = 2 ** np.median(np.abs(guess - y_test))
    print(f"{name:<16}half of the readings are within a factor of {factor:.2f} of the truth")

# %%
# The picture
# -----------

figure = plt.figure(figsize=(13, 8), layout="constrained")
above, below = figure.subfigures(2, 1)
for axis, k in zip(above.subplots(1, 3, sharey=True), (0, 1, 2), strict=True):
    axis.plot(X_test[k], color="black", linewidth=0.8)
    fade = 2.0 ** (-np.arange(lengths[k]) / 2 ** y_test[k])
    axis.plot(fade, color="tab:red", label=f"truth: halves in {2 ** y_test[k]:.0f} steps")
    for name, guess in found.items():
        axis.plot([], [], " ", label=f"{name}: {2 ** guess[k]:.0f}")
    axis.set(xlabel="step", title=f"a recording of {lengths[k]} steps")
    axis.legend(loc="upper right", fontsize=8)
axes = below.subplots(1, 4)
for axis, (name, guess) in zip(axes, found.items(), strict=False):
    axis.scatter(2**y_test, 2**guess, s=6)
    axis.plot([6, 60], [6, 60], color="black", linewidth=0.8)
    axis.set(title=name, xscale="log", yscale="log", xlabel="steps until half, truth")
    axis.set_xticks([6, 15, 30, 60], ["6", "15", "30", "60"])
    axis.set_yticks([6, 15, 30, 60], ["6", "15", "30", "60"])
    axis.minorticks_off()
axes[0].set_ylabel("as read")
edges = np.array([30, 50, 80, 120, LONGEST + 1])
for name, guess in found.items():
    errors = [
        np.sqrt(np.mean((guess - y_test)[(lengths >= a) & (lengths < b)] ** 2))
        for a, b in pairwise(edges)
    ]
    axes[3].plot((edges[:-1] + edges[1:]) / 2, errors, "o-", label=name)
axes[3].set(title="error by length", xlabel="steps", ylabel="octaves", ylim=(0, None))
axes[3].legend()
plt.show()
