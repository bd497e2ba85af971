"""
Train on much, fine-tune on little
==================================

Handwritten digits are to be read, and someone has labelled one, three or ten of each kind. Printed
digits cost nothing: the fonts that matplotlib brings are drawn, turned, stretched and blurred. A
convolutional network learns from 4000 of these, and goes on from there with the few that are
handwritten: ``initial_weights=`` takes the fitted network. Beside it are the same network without
that start, and one whose convolutions are kept as they are by ``frozen_layers=``.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import path as outlines
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath
from scipy import ndimage
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import StratifiedShuffleSplit, cross_val_score

from skdeep import CNNClassifier

warnings.simplefilter("ignore", ConvergenceWarning)  # so many epochs are to be so many

# %%
# Printed digits
# --------------
# Each digit of each font is drawn in 64 x 64 pixels. What is made of it is turned, slanted,
# stretched, moved and blurred at random, and made smaller to 8 x 8.

FONTS = [
    FontProperties(family=family, style=style, weight=weight)
    for family in ("DejaVu Sans", "DejaVu Serif", "DejaVu Sans Mono", "STIXGeneral")
    for style in ("normal", "italic")
    for weight in ("normal", "bold")
]
PIXELS = np.stack(np.meshgrid(np.arange(64) + 0.5, 63.5 - np.arange(64)), axis=-1).reshape(-1, 2)


def drawn(digit, font):
    """Return a digit as zeros and ones (64, 64)."""
    text = TextPath((0, 0), str(digit), prop=font)
    low, high = text.vertices.min(axis=0), text.vertices.max(axis=0)
    points = (PIXELS - 32) * (high - low).max() / 56 + (low + high) / 2
    inside = [outlines.Path(line).contains_points(points) for line in text.to_polygons()]
    return np.logical_xor.reduce(inside).reshape(64, 64).astype(float)


def printed(n, random):
    """Return n printed digits as images (n, 8, 8, 1), and which they are."""
    originals = [[drawn(digit, font) for font in FONTS] for digit in range(10)]
    y = random.integers(0, 10, n)
    pixels = [changed(originals[k][random.integers(len(FONTS))], random) for k in y]
    return np.array(pixels, np.float32)[..., None], y


def changed(ink, random):
    """Return a digit in 8 x 8 pixels, as another hand might have written it."""
    turn, slant = random.normal(0, 0.2), random.normal(0, 0.3)
    cosine, sine = np.cos(turn), np.sin(turn)
    change = np.array([[cosine, -sine], [sine, cosine]]) @ np.array([[1.3, 0], [slant, 1.3]])
    ink = ndimage.affine_transform(ink, change, 31.5 - change @ [31.5, 31.5], order=1)
    waves = ndimage.gaussian_filter(random.normal(size=(2, 64, 64)), (0, 12, 12))
    waves *= random.uniform(0, 3) / waves.std()
    ink = ndimage.map_coordinates(ink, np.indices((64, 64)) + waves, order=1)
    ink = ndimage.gaussian_filter(ink, random.uniform(0, 2)) > random.uniform(0.2, 0.6)
    rows, columns = (np.flatnonzero(ink.any(axis)) for axis in (1, 0))
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]  # stretched to the height
    height, width = ink.shape
    wide = random.uniform(0.8, 1.2) * 48 * np.clip(width / height, 0.3, 1)
    ink = ndimage.zoom(ink.astype(float), (64 / height, min(wide, 64) / width), order=1)
    left = (64 - ink.shape[1]) // 2
    ink = np.pad(ink, ((0, 0), (left, 64 - ink.shape[1] - left)))
    return ink.reshape(8, 8, 8, 8).mean(axis=(1, 3))


X_printed, y_printed = printed(4000, np.random.default_rng(0))
digits = load_digits()
X, y = (digits.images / 16).astype(np.float32)[..., None], digits.target

# %%
# Train on much
# -------------

NETWORK = {
    "conv_layers": [(16, 3), (32, 3)],
    "hidden_layer_sizes": (64,),
    "learning_rate_init": 0.003,
    "n_iter_no_change": np.inf,
    "random_state": 0,
}
reader = CNNClassifier(**NETWORK, max_iter=15, batch_size=50).fit(X_printed, y_printed)
print(f"learned from printed digits alone: {reader.score(X, y):.3f} of the handwritten ones")

# %%
# Fine-tune on little
# -------------------
# Every start is given by one parameter, so that cross-validation goes over all of it: a splitter
# gives 1, 3 or 10 samples of each class to learn from, ten times, and the other digits to score.
# ``FrozenEstimator`` is scikit-learn's: it keeps a fitted estimator fitted where others are cloned.

given = FrozenEstimator(reader)
starts = {
    "from the start": {},
    "from printed digits": {"initial_weights": given},
    "the same, convolutions frozen": {
        "initial_weights": given,
        "frozen_layers": ["conv_0", "conv_1"],
    },
}
numbers = (1, 3, 10)
scores = {}
for n in numbers:
    splits = StratifiedShuffleSplit(n_splits=10, train_size=10 * n, test_size=800, random_state=0)
    for name, start in starts.items():
        model = CNNClassifier(**NETWORK, max_iter=60, **start)
        scores[name, n] = cross_val_score(model, X, y, cv=splits)
        accuracy, spread = scores[name, n].mean(), scores[name, n].std()
        print(f"{n:2} labels a class, {name:30} {accuracy:.3f} +- {spread:.3f}")

# %%
# What was taken
# --------------
# ``transferred_weights_`` says it. The outputs are taken, too, as the classes are the same ten.

model = CNNClassifier(**NETWORK, max_iter=60, initial_weights=reader).fit(X[:30], y[:30])
print("taken:", *model.transferred_weights_)

# %%
# The picture
# -----------

figure = plt.figure(figsize=(10, 4.2), layout="constrained")
left, right = figure.subfigures(1, 2, width_ratios=(1, 1.2))
for row, (title, images, labels) in enumerate(
    [("printed: 4000", X_printed, y_printed), ("handwritten: a few", X, y)]
):
    half = left.subfigures(2, 1)[row]
    half.suptitle(title, fontsize=10)
    axes = half.subplots(3, 10)
    for k in range(10):
        for ax, image in zip(axes[:, k], images[labels == k][:3], strict=True):
            ax.imshow(image[..., 0], cmap="gray_r")
            ax.axis("off")
ax = right.subplots()
for name in starts:
    mean = [scores[name, n].mean() for n in numbers]
    ax.errorbar(
        numbers, mean, [scores[name, n].std() for n in numbers], marker="o", capsize=3, label=name
    )
ax.axhline(reader.score(X, y), color="grey", linestyle=":", label="printed digits alone")
ax.set_xscale("log")
ax.set_xticks(numbers, map(str, numbers))
ax.minorticks_off()
ax.set_xlabel("handwritten digits with a label, of each class")
ax.set_ylabel("accuracy on 800 others")
ax.legend(frameon=False)
plt.show()
