"""
A face filter: glasses and a moustache
======================================

A network finds the eyes, the nose and the mouth in pictures of cartoon faces. With their places,
glasses and a moustache can be drawn on faces that it has never seen. The pictures are drawn by this
page, so that the true places are known.

A face that is turned in training has its points elsewhere, and one that is flipped has its left eye
where the right one was. ``augment=`` with ``y="keypoints"`` takes care of both.
"""

# sphinx_gallery_thumbnail_number = 2

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skdeep import CNNRegressor
from skdeep.augmentation import Contrast, Flip, Rotate, Scale, Shift

# %%
# Cartoon faces
# -------------
# A face has its own colours, shape and place, is a little turned, and looks aside. Its seven points
# are the eyes, the nose, the corners of the mouth, the middle of the lip and the chin.

SIZE = 48
NAMES = ["left eye", "right eye", "nose", "mouth, left", "mouth, right", "lip", "chin"]
LEFT_EYE, RIGHT_EYE, NOSE, MOUTH_LEFT, MOUTH_RIGHT, LIP, CHIN = range(7)
#: What each becomes in a flipped picture.
SWAP = [RIGHT_EYE, LEFT_EYE, NOSE, MOUTH_RIGHT, MOUTH_LEFT, LIP, CHIN]


def face(random):
    """Return a picture of a face, and its points (7, 2)."""
    angle, size = random.uniform(-0.35, 0.35), random.uniform(13, 18)
    middle = random.uniform(20, 28, 2)
    turn = size * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    rows, columns = np.mgrid[:SIZE, :SIZE]
    u, v = np.linalg.inv(turn) @ (np.stack([columns.ravel(), rows.ravel()]) - middle[:, None])
    aside, apart = random.uniform(-0.12, 0.12), random.uniform(0.34, 0.46)
    width, smile = random.uniform(0.7, 0.9), random.uniform(-0.1, 0.2)
    nose, mouth = random.uniform(0.08, 0.2), random.uniform(0.45, 0.55)
    wide = random.uniform(0.25, 0.4)
    picture = np.full(SIZE**2, random.uniform(0, 0.3)) + 0.1 * u

    def paint(distance, shade):
        """Paint where a distance is below zero, with a soft edge."""
        cover = 1 / (1 + np.exp(np.clip(distance * size * 2.5, -50, 50)))
        picture[:] = picture * (1 - cover) + shade * cover

    skin, hair = random.uniform(0.6, 0.95), random.uniform(0, 0.5)
    paint(np.hypot(u / (width + 0.12), (v + 0.12) / 1.05) - 1, hair)
    paint(np.hypot(u / width, (v - 0.05) / 0.95) - 1, skin)
    for side in (-1, 1):
        paint(np.hypot((u - aside - side * apart) / 1.3, v + 0.2) - 0.13, 0.98)
        paint(np.hypot(u - 1.4 * aside - side * apart, v + 0.2) - 0.08, 0.05)
        paint(np.maximum(abs(u - aside - side * apart) - 0.2, abs(v + 0.42) - 0.04), hair)
    paint(np.hypot(u - 1.3 * aside, (v - nose) / 1.4) - 0.09, skin - 0.25)
    curve = mouth - smile * ((u - aside) / wide) ** 2
    paint(np.maximum(abs(v - curve) - 0.05, abs(u - aside) - wide), 0.15)
    own = [(aside - apart, -0.2), (aside + apart, -0.2), (1.3 * aside, nose)]
    own += [(aside - wide, mouth - smile), (aside + wide, mouth - smile), (aside, mouth), (0, 1.0)]
    picture += 0.03 * random.normal(size=picture.shape)
    return picture.reshape(SIZE, SIZE), np.array(own) @ turn.T + middle


def faces(n, seed):
    """Return n pictures, and their points as columns x_0, y_0, x_1, y_1, ..."""
    random = np.random.default_rng(seed)
    pictures, points = zip(*(face(random) for _ in range(n)), strict=True)
    return np.array(pictures, np.float32), np.array(points, np.float32).reshape(n, -1)


X, y = faces(200, seed=0)
X_test, y_test = faces(200, seed=1)

# %%
# What training sees
# ------------------
# A function may stand in the list, too. Here the last one keeps what it is given, so that the
# pictures below are those that a network learns from: the same face four times.

changes = [
    Flip(y="keypoints", swap=SWAP),
    Rotate(15, fill="edge"),
    Scale(0.1, fill="edge"),
    Shift(3, fill="edge"),
    Contrast(0.2),
]
seen = []


def look(picture, points, rng):
    """Keep what training sees."""
    seen.append((picture[..., 0], points.reshape(-1, 2)))
    return picture, points


warnings.simplefilter("ignore", ConvergenceWarning)
options = {
    "conv_layers": [(12, 3), (24, 3), (48, 3)],
    "hidden_layer_sizes": (64,),
    "normalization": "batch",
    "standardize_target": True,
    "batch_size": 20,
    "learning_rate_init": 0.003,
    "learning_rate_schedule": "cosine",
    "random_state": 0,
}
CNNRegressor(**options | {"batch_size": 1}, max_iter=4, augment=[*changes, look]).fit(X[:1], y[:1])

fig, axes = plt.subplots(1, 5, figsize=(10, 2.4), layout="constrained")
for ax, (picture, points) in zip(axes, [(X[0], y[0].reshape(-1, 2)), *seen], strict=True):
    ax.imshow(picture, cmap="gray", vmin=0, vmax=1)
    ax.scatter(*points.T, c=np.arange(7), cmap="Set1", s=18)
    ax.set_axis_off()
axes[0].set_title("as it is", fontsize=9)
axes[2].set_title("as training sees it", fontsize=9)
plt.show()

# %%
# Two networks
# ------------
# One learns from the 200 faces as they are, the other one with these changes. The error is the mean
# distance of the points, over that of the eyes.


def error(found, y):
    """Return the mean distance of points, over that of the eyes."""
    found, points = np.reshape(found, (-1, 7, 2)), np.reshape(y, (-1, 7, 2))
    eyes = np.linalg.norm(points[:, LEFT_EYE] - points[:, RIGHT_EYE], axis=1)
    return (np.linalg.norm(found - points, axis=2).mean(axis=1) / eyes).mean()


plain = CNNRegressor(**options, max_iter=30).fit(X, y)
model = CNNRegressor(**options, max_iter=30, augment=changes).fit(X, y)
print(f"mean face        {error(np.tile(y.mean(axis=0), (200, 1)), y_test):.3f}")
print(f"faces as they are {error(plain.predict(X_test), y_test):.3f}")
print(f"with augment     {error(model.predict(X_test), y_test):.3f}")

# %%
# The filter
# ----------
# Glasses sit on the eyes, and a moustache hangs between nose and lip. All is drawn from predicted
# points alone.


def dress(ax, points):
    """Draw glasses and a moustache by points (7, 2)."""
    left, right = points[LEFT_EYE], points[RIGHT_EYE]
    across = right - left
    radius = 0.36 * np.linalg.norm(across)
    for eye in (left, right):
        ax.add_patch(plt.Circle(eye, radius, fc=(0.2, 0.6, 1, 0.25), ec="C0", lw=2))
    bridge = np.stack([left + 0.36 * across, right - 0.36 * across])
    ax.plot(*bridge.T, color="C0", lw=2)
    under = 0.45 * points[NOSE] + 0.55 * points[LIP]
    down = (points[LIP] - points[NOSE]) * 0.5
    t = np.linspace(-1, 1, 41)[:, None]
    upper = under + 0.5 * t * across - 0.35 * np.abs(np.sin(np.pi * t)) * down
    lower = under + 0.5 * t * across + (0.9 - 0.9 * np.abs(t)) * down * (np.abs(t) > 0.05)
    ax.fill(*np.concatenate([upper, lower[::-1]]).T, color="saddlebrown")


found = model.predict(X_test).reshape(-1, 7, 2)
fig, axes = plt.subplots(2, 5, figsize=(10, 4.2), layout="constrained")
for ax, picture, points in zip(axes.flat, X_test, found, strict=False):
    ax.imshow(picture, cmap="gray", vmin=0, vmax=1)
    dress(ax, points)
    ax.set_xlim(-0.5, SIZE - 0.5)
    ax.set_ylim(SIZE - 0.5, -0.5)
    ax.set_axis_off()
plt.show()

# %%
# Points that nobody has marked
# -----------------------------
# In real collections some points are missing: hidden, or not marked. ``missing_targets="mask"``
# learns from those that are there. Here every third of them is gone.

holed = y.reshape(-1, 7, 2).copy()
holed[np.random.default_rng(2).random((200, 7)) < 1 / 3] = np.nan
holes = CNNRegressor(**options, max_iter=30, augment=changes, missing_targets="mask")
holes.fit(X, holed.reshape(200, -1))
print(f"a third missing  {error(holes.predict(X_test), y_test):.3f}")
