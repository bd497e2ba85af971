"""
Learned strokes of handwritten digits
=====================================

A restricted Boltzmann machine (RBM) learns the handwritten digits without labels. With 16 hidden
units its likelihood can be computed exactly, so that a search compares settings by a score that
means something. Then you see its filters, digits of which it restores the lower half, and digits
that it draws.
"""

# sphinx_gallery_thumbnail_number = 2

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, train_test_split

from skdeep import BernoulliRBM
from skdeep.inspection import WeightsDisplay

X, y = load_digits(return_X_y=True)
bits = (X > 7).astype(float)
X_train, X_test = train_test_split(bits, test_size=0.2, random_state=0, stratify=y)

# %%
# A search by exact likelihood
# ----------------------------
# With ``likelihood="exact"`` the score of held-out digits is their mean log-likelihood, in nats.

model = BernoulliRBM(16, n_iter=20, batch_size=20, shuffle=True, likelihood="exact", random_state=0)
grid = {"centering": [False, True], "learning_rate": [0.01, 0.05, 0.2]}
search = GridSearchCV(model, grid, cv=3).fit(X_train)
results = search.cv_results_
for params, score in zip(results["params"], results["mean_test_score"], strict=True):
    print(f"{params}: {score:.2f} nats per digit")
rbm = search.best_estimator_

# %%
# Annealing beside the exact value
# --------------------------------
# Larger RBMs have no exact likelihood. Annealed importance sampling estimates it from one side, and
# its reverse from the other. Here both can be checked.

print(f"exact: {rbm.log_likelihood(X_test).mean():.3f}")
for method in ("ais", "reverse_ais"):
    values, error = rbm.log_likelihood(
        X_test, method, n_betas=3000, random_state=0, return_std=True
    )
    print(f"{method}: {values.mean():.3f} +- {error:.3f}")

# %%
# What the hidden units see
# -------------------------
# Each picture shows the weights into one hidden unit: red pixels excite it, blue ones inhibit it.

WeightsDisplay.from_estimator(rbm, n_columns=8)
plt.show()

# %%
# Digits restored and drawn
# -------------------------
# The upper half of a digit is given, and Gibbs sampling fills in the lower half. New digits come
# from chains that run freely.


def restore(X, n_steps=30):
    """Return digits whose lower half is drawn by the RBM, given the upper half."""
    half = X.shape[1] // 2
    found = np.hstack([X[:, :half], np.full((len(X), half), 0.5)])
    mean = np.zeros_like(found)
    for step in range(2 * n_steps):
        found[:, half:] = rbm.gibbs(found, random_state=step)[:, half:]
        mean += rbm.reconstruct(found) * (step >= n_steps) / n_steps
    return np.hstack([X[:, :half], mean[:, half:]])


drawn = rbm.sample(12, random_state=0)
kept = np.where(np.arange(64) < 32, X_test[:12], 0.25)
pictures = {
    "digits": X_test[:12],
    "upper half": kept,
    "restored": restore(X_test[:12]),
    "drawn": drawn,
    "drawn, means": rbm.reconstruct(drawn),
}
figure, axes = plt.subplots(len(pictures), 12, figsize=(9, 3.9), layout="constrained")
for line, (name, images) in zip(axes, pictures.items(), strict=True):
    for axis, image in zip(line, images, strict=True):
        axis.imshow(image.reshape(8, 8), cmap="gray_r", vmin=0, vmax=1)
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
    line[0].set_ylabel(name, rotation=0, ha="right", va="center")
plt.show()
