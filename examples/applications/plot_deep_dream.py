"""
Deep Dream
==========

What would a network like to see? Start from black, from noise or from a photo, and change the
pixels until a class is sure, or a filter active. Here you see a prototype of each digit, the
patterns that filters of photos look for, and a photo in which a network finds them everywhere.
"""

# sphinx_gallery_thumbnail_number = 3

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits, load_sample_image
from sklearn.exceptions import ConvergenceWarning

from skdeep import CNNClassifier
from skdeep.inspection import activation_maximization, deep_dream

warnings.simplefilter("ignore", ConvergenceWarning)  # so many epochs are what was asked for

# %%
# A prototype of each class
# -------------------------
# A network learns half of the handwritten digits. ``activation_maximization`` then climbs, from
# noise, to a picture of which it is as sure as can be. Two things keep out noise that only fools
# this one network: a little ``blur``, and ``decay`` of all pixels that nothing holds up, here to a
# black ``background``. On larger pictures ``jitter``, a small shift at each step, helps too.

digits = load_digits()
images, half = digits.images / 16, len(digits.images) // 2


def digit_network(filters, rows, seed):
    """Return a network that has learned some of the digits."""
    model = CNNClassifier(
        conv_layers=filters,
        learning_rate_init=0.005,
        batch_size=32,
        max_iter=20,
        random_state=seed,
    )
    return model.fit(images[rows], digits.target[rows])


model = digit_network([(16, 3), (32, 3)], slice(half), 0)
prototypes = np.array(
    [
        activation_maximization(
            model,
            target=digit,
            bounds=(0, 1),
            n_steps=40,
            step_size=0.05,
            blur=0.6,
            decay=0.05,
            background=0,
            random_state=0,
        )
        for digit in range(10)
    ]
)

# %%
# The best judge is another network, which learned from the other half.

judge = digit_network([(24, 3), (24, 3)], slice(half, None), 1)
print("the judge says", judge.predict(prototypes))

means = [images[digits.target == digit].mean(axis=0) for digit in range(10)]
figure, axes = plt.subplots(2, 10, figsize=(10, 2.4), layout="constrained")
for row, pictures in zip(axes, (means, prototypes[..., 0]), strict=True):
    for ax, picture in zip(row, pictures, strict=True):
        ax.imshow(picture, cmap="gray", vmin=0, vmax=1)
        ax.set(xticks=[], yticks=[])
axes[0, 0].set_ylabel("mean")
axes[1, 0].set_ylabel("prototype")
plt.show()

# %%
# What filters of photos look for
# -------------------------------
# To dream of more than digits, a network must have seen more. Two photos come with scikit-learn.
# The network sees small grey patches of them, at other brightness and contrast each time, and has
# to say which part of which photo a patch is from. So it must learn what tells tiles of a roof
# from leaves, petals and branches.

photos = [load_sample_image(name)[:426] / 255 for name in ("china.jpg", "flower.jpg")]
photos = [photo.reshape(213, 2, 320, 2, 3).mean(axis=(1, 3)) for photo in photos]  # half the size
grey = [photo.mean(axis=-1) for photo in photos]
SIDE, ROWS, COLUMNS = 28, 4, 6


def patches(n, random):
    """Return patches that are not flat, and the part of a photo that each is from."""
    X, y = [], []
    while len(X) < n:
        which = random.integers(2)
        height, width = grey[which].shape
        i, j = random.integers(height - SIDE), random.integers(width - SIDE)
        patch = grey[which][i : i + SIDE, j : j + SIDE]
        if patch.std() < 0.05:
            continue
        patch = (patch - patch.mean()) * random.uniform(0.7, 1.4) + random.uniform(0.35, 0.65)
        X.append(np.clip(patch[:, :: random.choice([-1, 1])], 0, 1))
        row, column = (i + SIDE // 2) * ROWS // height, (j + SIDE // 2) * COLUMNS // width
        y.append((which * ROWS + row) * COLUMNS + column)
    return np.array(X, np.float32), np.array(y)


random = np.random.default_rng(0)
X, y = patches(6000, random)
seer = CNNClassifier(
    conv_layers=[(16, 5), (32, 3), (64, 3)],
    pooling_type="average",
    global_pooling="average",
    hidden_layer_sizes=(),
    normalization="batch",
    learning_rate_init=0.005,
    learning_rate_schedule="one_cycle",
    batch_size=64,
    max_iter=12,
    random_state=0,
).fit(X, y)
X_new, y_new = patches(500, random)
print(f"{seer.score(X_new, y_new):.0%} of new patches are found, of 48 places")

# %%
# The same ascent shows what excites a filter. A convolution takes pictures of any size, so ask for
# larger ones than the patches. Filters of the second convolution look for lines, those of the third
# for patterns of lines.

figure, axes = plt.subplots(2, 8, figsize=(11, 3), layout="constrained")
for row, layer in zip(axes, ("conv_1", "conv_2"), strict=True):
    for k, ax in enumerate(row):
        picture = activation_maximization(
            seer,
            layer=layer,
            unit=8 + k,
            shape=(40, 40),
            bounds=(0, 1),
            n_steps=16,
            octaves=2,
            jitter=3,
            blur=0.5,
            random_state=0,
        )
        ax.imshow(picture[..., 0], cmap="gray")
        ax.set(xticks=[], yticks=[], title=f"{layer}, {8 + k}")
        ax.title.set_fontsize(8)
plt.show()

# %%
# Dreams
# ------
# ``deep_dream`` starts from a photo and strengthens what the network sees in it, from a small copy
# of the photo to the full size, so that patterns of all sizes come out. ``filters`` picks those
# that count. The network knows no colours: what it adds is light and shadow, and colours stay.

photo, light = photos[0], grey[0]
figure, axes = plt.subplots(2, 2, figsize=(11, 7.6), layout="constrained")
axes[0, 0].imshow(photo)
axes[0, 0].set_title("the photo")
for ax, filters in zip(axes.ravel()[1:], (None, [12], [15]), strict=True):
    dream = deep_dream(
        seer,
        light,
        "conv_2",
        filters=filters,
        octaves=3,
        octave_scale=1.6,
        n_steps=10,
        step_size=0.015,
        random_state=0,
    )
    ax.imshow(np.clip(photo + (dream - light)[..., None], 0, 1))
    ax.set_title("all filters of conv_2" if filters is None else f"filter {filters[0]} of conv_2")
for ax in axes.ravel():
    ax.axis("off")
plt.show()

# %%
# A large photo needs much memory in one piece: ``tile_size=512`` computes it tile by tile.
