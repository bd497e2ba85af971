"""
Series of different lengths
===========================

Convolutions look for shapes in recordings that last as long as they like. Here are two kinds of
heartbeats, as a simple model draws them. They come as a data frame with a row for each measurement,
some of which are missing.
"""

# %%
# Recordings in one frame
# -----------------------
# Each beat is a few waves. In the second kind one of them, the T wave, is inverted. Recordings
# differ in their length, their heart rate, and where they begin; one measurement in fifty is
# missing.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from skdeep import CNNClassifier

random = np.random.default_rng(0)


def recording(inverted):
    """Return a recording of 1 to 4 seconds, 60 measurements in each."""
    time = np.arange(random.integers(60, 240)) / 60
    phase = (time * random.uniform(0.9, 1.6) + random.uniform()) % 1
    waves = [(0.2, 0.15, 0.04), (0.4, 1.0, 0.015), (0.7, -0.3 if inverted else 0.3, 0.05)]
    beat = sum(size * np.exp(-((phase - at) ** 2) / (2 * width**2)) for at, size, width in waves)
    return random.uniform(0.5, 2) * (beat + 0.15 * random.normal(size=len(time)))


names = [f"patient {k}" for k in range(160)]
y = pd.Series(random.integers(0, 2, 160), index=names)
parts = [pd.DataFrame({"voltage": recording(y[name])}) for name in names]
X = pd.concat(parts, keys=names, names=["patient", "step"])
X = X.mask(random.random(X.shape) < 0.02)
print(X.head(3))

figure, axes = plt.subplots(2, 2, figsize=(8, 4), sharey=True)
for column, kind in zip(axes.T, (0, 1), strict=True):
    for axis, name in zip(column, y.index[y == kind][:2], strict=True):
        axis.plot(X.loc[name], color=f"C{kind}")
        axis.set_xlim(0, 240)
    column[0].set_title("inverted" if kind else "upright")
    column[1].set_xlabel("step")
figure.tight_layout()
plt.show()

# %%
# A network of convolutions
# -------------------------
# ``n_dims=1`` says that X holds series, and ``missing="mask"`` what NaN means. y is found by the
# names of the recordings.

train, test = names[:110], names[110:]
model = CNNClassifier(
    conv_layers=[(16, 9), (32, 9)],
    hidden_layer_sizes=(),
    n_dims=1,
    missing="mask",
    normalization="batch",
    batch_size=16,
    learning_rate_init=0.01,
    learning_rate_schedule="one_cycle",
    max_iter=30,
    n_iter_no_change=30,
    random_state=0,
).fit(X.loc[train], y[train])
print(f"accuracy on other recordings: {model.score(X.loc[test], y[test]):.2f}")

# %%
# What a recording gives does not depend on those beside it
# ---------------------------------------------------------
# However long the others are, the prediction for a recording is what it is alone.

shortest = X.loc[test].groupby(level=0).size().idxmin()
together = pd.Series(model.predict_proba(X.loc[test])[:, 1], index=test)
alone = model.predict_proba(X.loc[[shortest]])[0, 1]
print(f"{shortest}: {together[shortest]:.6f} among others, {alone:.6f} alone")

# %%
# How much of a recording does the network need? Here are the predictions for the beginnings of
# some recordings.

figure, axis = plt.subplots(figsize=(8, 3.5))
lengths = np.arange(15, 241, 5)
long = [name for name in test if len(X.loc[name]) > 180][:8]
for name in long:
    whole = X.loc[name]
    share = model.predict_proba([whole[:n] for n in lengths if n <= len(whole)])[:, 1]
    axis.plot(lengths[: len(share)], share, color=f"C{y[name]}")
axis.set_xlabel("first steps that are given")
axis.set_ylabel("P(inverted)")
axis.set_title("blue: upright, orange: inverted")
figure.tight_layout()
plt.show()
