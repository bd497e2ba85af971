"""
Codes of handwritten digits
===========================

An autoencoder squeezes each picture of a digit through a few numbers and learns to give the picture
back. Here :class:`~skdeep.Autoencoder` stands where :class:`~sklearn.decomposition.PCA` would:
first with 8 numbers, to look at what comes back, then with 2, to look at the codes themselves, and
last in a :class:`~sklearn.pipeline.Pipeline`, where a search picks the size of the code by what a
classifier makes of it.
"""

# sphinx_gallery_thumbnail_number = 2

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from skdeep import Autoencoder

# The schedule lowers the learning rate to zero over a number of epochs that is given.
warnings.simplefilter("ignore", ConvergenceWarning)

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X / 16, y, test_size=0.3, stratify=y, random_state=0
)
settings = {
    "hidden_layer_sizes": (128, 64),
    "activation": "gelu",
    "loss": "log_loss",
    "learning_rate_init": 0.003,
    "learning_rate_schedule": "cosine",
    "batch_size": 50,
    "max_iter": 60,
    "n_iter_no_change": np.inf,
    "early_stopping": True,
    "random_state": 0,
}

# %%
# What comes back
# ---------------
# Pixels lie between 0 and 1, so the loss is the cross-entropy, which keeps reconstructions there
# too. The score is minus the mean squared error whatever the loss: it compares with PCA's.
models = {"autoencoder": Autoencoder(8, **settings).fit(X_train), "PCA": PCA(8).fit(X_train)}
restored = {
    name: model.inverse_transform(model.transform(X_test)) for name, model in models.items()
}
print("mean over the test pictures of the summed squared error, codes of 8 numbers")
for name, rows in restored.items():
    print(f"  {name:12s} {((rows - X_test) ** 2).sum(axis=1).mean():.2f}")

shown = [np.flatnonzero(y_test == digit)[0] for digit in range(10)]
figure, axes = plt.subplots(
    3, 10, figsize=(9, 2.6), subplot_kw={"xticks": [], "yticks": []}, layout="constrained"
)
for row, (name, rows) in zip(axes, {"original": X_test, **restored}.items(), strict=True):
    row[0].set_ylabel(name, rotation=0, ha="right", va="center")
    for axis, k in zip(row, shown, strict=True):
        axis.imshow(rows[k].reshape(8, 8), cmap="gray_r", vmin=0, vmax=1)
plt.show()

# %%
# Codes of two numbers
# --------------------
# Neither method sees the labels, which only colour the pictures.
flat = {"autoencoder": Autoencoder(2, **settings).fit(X_train), "PCA": PCA(2).fit(X_train)}
figure, axes = plt.subplots(
    1, 2, figsize=(9.5, 4.4), subplot_kw={"xticks": [], "yticks": []}, layout="constrained"
)
print("test accuracy of nearest neighbours on codes of 2 numbers")
for axis, (name, model) in zip(axes, flat.items(), strict=True):
    codes = model.transform(X_test)
    neighbours = KNeighborsClassifier(10).fit(model.transform(X_train), y_train)
    accuracy = neighbours.score(codes, y_test)
    print(f"  {name:12s} {accuracy:.2f}")
    points = axis.scatter(*codes.T, c=y_test, cmap="tab10", s=9)
    axis.set_title(f"{name} (nearest neighbours: {accuracy:.0%})")
figure.colorbar(points, ax=axes, ticks=range(10), label="digit")

# %%
# In a search
# -----------
# In a pipeline the autoencoder is a transformer like any other, and its parameters are searched.
pipeline = make_pipeline(
    Autoencoder(**{**settings, "max_iter": 20}), KNeighborsClassifier(n_neighbors=5)
)
search = GridSearchCV(pipeline, {"autoencoder__n_components": [2, 5, 10]}, cv=3)
search.fit(X_train, y_train)
print(f"best by cross-validation: {search.best_params_}")
print(f"test accuracy of the winner: {search.score(X_test, y_test):.3f}")
