"""
Captions of pictures, and where the network looks
=================================================

A network writes what it sees: "two sevens left of a three". It learns from pictures made of
scikit-learn's handwritten digits, and is tested on digits that it has not seen, in pairs that no
training picture has: sevens and threes were there, but never together. At the end you see
what it looked at as it wrote each word.

No small set of real photos with captions is at hand to be downloaded here. The page on
captions of the user guide says what to do with photos of your own.
"""

import time
import warnings
from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from skdeep import ImageCaptioner
from skdeep.metrics import sequence_accuracy, token_error_rate

# %%
# Pictures with captions
# ----------------------
# A picture has one to three digits of one kind on the left or above, and as many of another kind on
# the right or below. Where they lie is left to chance.

WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
SIZE = 30


def phrase(count, kind):
    """Return "a seven", "two sixes"."""
    word = WORDS[kind]
    if count == 1:
        return f"{'an' if word == 'eight' else 'a'} {word}"
    return f"{WORDS[count]} {word}{'es' if word == 'six' else 's'}"


def scene(digits, pair, random):
    """Return a picture of two kinds of digits, and its caption."""
    picture, upright = np.zeros((SIZE, SIZE), np.float32), random.random() < 0.5
    kinds, counts = random.permutation(pair), random.integers(1, 4, 2)
    for part, (kind, count) in enumerate(zip(kinds, counts, strict=True)):
        for place in random.permutation(3)[:count]:
            row = place * SIZE // 3 + random.integers(3)
            column = part * SIZE // 2 + random.integers(8)
            digit = digits[kind][random.integers(len(digits[kind]))]
            if upright:
                row, column = column, row
            picture[row : row + 8, column : column + 8] = digit
    where = "above" if upright else "left of"
    return picture, f"{phrase(counts[0], kinds[0])} {where} {phrase(counts[1], kinds[1])}"


def scenes(digits, pairs, n, seed):
    """Return n pictures and their captions."""
    random = np.random.default_rng(seed)
    drawn = [scene(digits, pairs[k], random) for k in random.integers(len(pairs), size=n)]
    return np.stack([picture for picture, _ in drawn]), [caption for _, caption in drawn]


images, labels = load_digits(return_X_y=True)
parts = train_test_split(images.reshape(-1, 8, 8) / 16, labels, stratify=labels, random_state=0)
digits, digits_test = ([X[y == k] for k in range(10)] for X, y in (parts[::2], parts[1::2]))

pairs = np.random.default_rng(0).permutation(list(combinations(range(10), 2)))
apart, together = pairs[:9], pairs[9:]  # nine pairs are never together in training
X, y = scenes(digits, together, 8000, seed=0)
X_test, y_test = scenes(digits_test, apart, 500, seed=1)
print(f"{len(X)} pictures to learn from, such as {y[0]!r} and {y[1]!r}")

# %%
# The network
# -----------
# Two convolutions make a grid of 7 x 7 regions. At each word the decoder looks at all of them with
# weights that add to one.

model = ImageCaptioner(
    [(24, 3), (48, 3)],
    attention="additive",
    units=64,
    embedding_dim=32,
    dropout=0.1,
    learning_rate_init=0.006,
    learning_rate_schedule="one_cycle",
    max_iter=12,
    tol=0.0,
    random_state=0,
)
begin = time.perf_counter()
with warnings.catch_warnings():  # twelve epochs are what was asked for
    warnings.simplefilter("ignore", ConvergenceWarning)
    model.fit(X, y)
print(f"{time.perf_counter() - begin:.0f} seconds of training")

found = model.predict(X_test)
print(f"captions without any error: {sequence_accuracy(y_test, found):.1%}")
print(f"wrong words:                {token_error_rate(y_test, found):.1%}")

# %%
# Captions under pictures
# -----------------------

fig, axes = plt.subplots(2, 4, figsize=(11, 6), layout="constrained")
for ax, picture, caption, true in zip(axes.flat, X_test, found, y_test, strict=False):
    ax.imshow(picture, cmap="gray")
    ax.set_title(caption.replace(" left of ", "\nleft of ").replace(" above ", "\nabove "))
    ax.title.set_color("black" if caption == true else "tab:red")
    ax.axis("off")
fig.suptitle("Pairs of digits that were never seen together")
plt.show()

# %%
# Where it looks
# --------------
# The brighter a region, the more it counts when a word is written. Nobody has told the network
# which word goes with which place.

look = model.attention_weights(X_test[:1])[0]
fig, axes = plt.subplots(1, len(look.target), figsize=(12, 2.4), layout="constrained")
for ax, weights, word in zip(axes, look.weights, look.target, strict=True):
    ax.imshow(X_test[0], cmap="gray")
    extent = (-0.5, SIZE - 0.5, SIZE - 0.5, -0.5)
    ax.imshow(weights, cmap="inferno", alpha=0.6, extent=extent, interpolation="bilinear")
    ax.set_title(word.strip())
    ax.axis("off")
plt.show()
