"""
See the digits wherever they lie
================================

A convolutional network on the handwritten digits, beside a multilayer perceptron. Both are trained
on digits in the middle of a larger frame and tested on digits that were moved by one or two pixels,
which neither has seen. Then the convolutional one learns with ``random_shift=2``. At the end
you see its kernels, and what its first layer sees of a digit.
"""

import time
import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from skdeep import CNNClassifier, MLPClassifier
from skdeep.inspection import WeightsDisplay

digits = load_digits()
framed = np.pad(digits.images / 16, ((0, 0), (2, 2), (2, 2))).astype(np.float32)
X, X_test, y, y_test = train_test_split(
    framed, digits.target, test_size=0.3, stratify=digits.target, random_state=0
)
print(f"{len(X)} digits to learn from and {len(X_test)} to test on, {X.shape[1:]} pixels each\n")

# %%
# The networks
# ------------
# Images go in as they are, (n, height, width). The perceptron wants flat rows; the convolutional
# networks would take these too, with ``image_shape=(12, 12)``.

training = {
    "learning_rate_init": 0.003,
    "learning_rate_schedule": "cosine",
    "batch_size": 50,
    "max_iter": 40,
    "n_iter_no_change": np.inf,
    "tol": 0.0,
    "random_state": 0,
}
convolutions = {"conv_layers": [(16, 3), (32, 3)], "hidden_layer_sizes": (64,), **training}
models = {
    "perceptron": MLPClassifier((128, 64), **training),
    "convolutions": CNNClassifier(**convolutions),
    "convolutions, random_shift=2": CNNClassifier(random_shift=2, **convolutions),
}


def rows(name, images):
    """Return images as the model of this name takes them."""
    return images.reshape(len(images), -1) if name == "perceptron" else images


# %%
# How far may a digit move?
# -------------------------
# Every model is tested on the test digits moved by up to two pixels in each direction. The frame
# has room for that, so that no ink is lost.

steps = np.arange(-2, 3)
maps = {}
print(f"{'':<30}{'seconds':>9}{'in place':>10}{'moved by 1':>12}{'by 2':>8}")
distance = np.maximum(np.abs(steps)[:, None], np.abs(steps))
for name, model in models.items():
    begin = time.perf_counter()
    with warnings.catch_warnings():  # forty epochs are what was asked for
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(rows(name, X), y)
    seconds = time.perf_counter() - begin
    maps[name] = np.array(
        [
            [
                model.score(rows(name, np.roll(X_test, (down, across), axis=(1, 2))), y_test)
                for across in steps
            ]
            for down in steps
        ]
    )
    means = [maps[name][distance == d].mean() for d in range(3)]
    print(f"{name:<30}{seconds:>9.1f}{means[0]:>10.1%}{means[1]:>12.1%}{means[2]:>8.1%}")

# %%
# Test accuracies by how far the digits were moved.

figure, axes = plt.subplots(1, 3, figsize=(11, 4), layout="constrained", sharey=True)
for axis, (name, accuracy) in zip(axes, maps.items(), strict=True):
    axis.imshow(accuracy, vmin=0, vmax=1, cmap="viridis", extent=(-2.5, 2.5, 2.5, -2.5))
    for (i, j), value in np.ndenumerate(accuracy):
        colour = "black" if value > 0.6 else "white"
        axis.text(steps[j], steps[i], f"{value:.0%}", ha="center", va="center", color=colour)
    axis.set(title=name, xlabel="pixels to the right", xticks=steps, yticks=steps)
axes[0].set_ylabel("pixels down")
plt.show()

# %%
# What the first layer sees
# -------------------------
# The kernels of the first convolution, then a digit and its features after pooling: ``transform``
# gives the features of any layer.

model = models["convolutions, random_shift=2"].set_params(transform_layer=0)
WeightsDisplay.from_estimator(model, n_columns=8)
plt.show()

# %%
seen = model.transform(X_test[:1]).reshape(6, 6, 16)
figure, axes = plt.subplots(2, 9, figsize=(9, 2.2), layout="constrained")
axes[0, 0].imshow(X_test[0], cmap="gray_r")
axes[0, 0].set_title("digit", fontsize="small")
for cell, feature in zip(axes[:, 1:].flat, np.moveaxis(seen, -1, 0), strict=True):
    cell.imshow(feature, cmap="gray_r", vmin=0, vmax=seen.max())
for cell in axes.flat:
    cell.set_axis_off()
plt.show()
