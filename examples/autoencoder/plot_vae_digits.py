"""
A plane of handwritten digits
=============================

A :class:`~skdeep.VariationalAutoencoder` puts 1797 pictures of handwritten digits on a plane, as
:class:`~sklearn.decomposition.PCA` does, and can do what PCA does badly: draw new digits. Its score
is a lower bound on the log likelihood of rows that it has not seen, so the width of the code and
everything else can be chosen by cross-validation, without labels.
"""

# sphinx_gallery_thumbnail_number = 2

import time
import warnings

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import norm
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler

from skdeep import VariationalAutoencoder

warnings.simplefilter("ignore", ConvergenceWarning)  # the schedule says when training ends
X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=0)

# %%
# The width of the code
# ---------------------
# The search needs no ``scoring``: a candidate's score is its bound on the held-out rows, in nats
# for each picture. The held-out quarter confirms the choice.


def autoencoder(n_components, epochs):
    """A scaler to [0, 1] and an autoencoder."""
    model = VariationalAutoencoder(
        n_components,
        hidden_layer_sizes=(200,),
        activation="tanh",
        batch_size=50,
        learning_rate_init=0.003,
        learning_rate_schedule="cosine",
        max_iter=epochs,
        n_iter_no_change=epochs,
        tol=0,
        random_state=0,
    )
    return make_pipeline(MaxAbsScaler(), model)


begin = time.perf_counter()
widths = [2, 5, 10, 20]
grid = {"variationalautoencoder__n_components": widths}
search = GridSearchCV(autoencoder(2, 30), grid, cv=3).fit(X_train)
print(f"4 widths by 3 folds in {time.perf_counter() - begin:.0f} s")
for width, score in zip(widths, search.cv_results_["mean_test_score"], strict=True):
    print(f"{width:>3} components: {score:.2f} nats")
print(f"best width on the held-out quarter: {search.score(X_test):.2f} nats\n")

# %%
# The plane
# ---------
# Two components are too few for all that digits differ in, but they can be looked at. How well
# neighbours on the plane agree about the digit says how much of it is there.

begin = time.perf_counter()
plane = autoencoder(2, 150).fit(X_train)
print(f"150 epochs in {time.perf_counter() - begin:.1f} s")
pca = PCA(2).fit(X_train)
for name, model in [("PCA", pca), ("autoencoder", plane)]:
    neighbours = KNeighborsClassifier(15).fit(model.transform(X_train), y_train)
    accuracy = neighbours.score(model.transform(X_test), y_test)
    print(f"digits that 15 neighbours on the plane get right, {name}: {accuracy:.1%}")

# %%
# The test digits on both planes.

figure, axes = plt.subplots(1, 2, figsize=(9.5, 4.2), layout="constrained")
for axis, (name, model) in zip(axes, [("PCA", pca), ("autoencoder", plane)], strict=True):
    codes = model.transform(X_test)
    points = axis.scatter(*codes.T, c=y_test, cmap="tab10", vmin=-0.5, vmax=9.5, s=14)
    axis.set(title=name, xticks=[], yticks=[])
figure.colorbar(points, ax=axes, ticks=range(10), label="digit")
plt.show()

# %%
# New digits
# ----------
# What lies where on the autoencoder's plane, decoded; digits that the best model draws from
# nothing; and test digits with their reconstructions below them.


def mosaic(rows, n_columns):
    """Join pictures to one, row by row."""
    pictures = np.pad(rows.reshape(-1, 8, 8), ((0, 0), (1, 1), (1, 1)))
    return pictures.reshape(-1, n_columns, 10, 10).swapaxes(1, 2).reshape(-1, 10 * n_columns)


steps = norm.ppf(np.linspace(0.02, 0.98, 10))  # as the codes of the prior are spread
points = np.stack(np.meshgrid(steps, steps[::-1]), axis=-1).reshape(-1, 2)
best = search.best_estimator_[-1]
drawn = best.sample(100, random_state=0, return_means=True)
shown = search.best_estimator_[0].transform(X_test[:50])
pairs = np.stack([shown, best.reconstruct(shown)]).reshape(2, 5, 10, 64).swapaxes(0, 1)
pictures = {
    "the plane, decoded": mosaic(plane[-1].inverse_transform(points), 10),
    f"new digits, from {best.n_components} components": mosaic(drawn, 10),
    "reconstructions": mosaic(pairs, 10),
}
figure, axes = plt.subplots(1, 3, figsize=(11, 4), layout="constrained")
figure.get_layout_engine().set(wspace=0.08)
for axis, (title, picture) in zip(axes, pictures.items(), strict=True):
    axis.imshow(picture, cmap="gray_r", vmin=0, vmax=1)
    axis.set_axis_off()
    axis.set_title(title)
plt.show()
