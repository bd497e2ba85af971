"""
Look inside a network
=====================

Two networks learn the handwritten digits: one that classifies them, and an autoencoder that learns
without labels. Here you see how they learned, what their units respond to, which pixels a
prediction depends on, which digit would excite a class most, and where digits lie in the space of
codes. Each picture is one line.
"""

# sphinx_gallery_thumbnail_number = 5

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from skdeep import CNNClassifier, MLPClassifier, VariationalAutoencoder
from skdeep.inspection import (
    ActivationMaximizationDisplay,
    LatentSpaceDisplay,
    LearningCurveDisplay,
    NetworkDisplay,
    SaliencyDisplay,
    WeightsDisplay,
    trace,
)

warnings.simplefilter("ignore", ConvergenceWarning)  # so many epochs are what was asked for
digits = load_digits()
images = (digits.images / 16).astype(np.float32)
X_train, X_test, y_train, y_test = train_test_split(
    images, digits.target, test_size=0.3, stratify=digits.target, random_state=0
)

# %%
# How it learned
# --------------
# ``history_`` holds the curves of a fit; pandas makes a table of it. With ``early_stopping`` a
# tenth of the training data is held out, to validate each epoch.

model = CNNClassifier(
    [(16, 3), (32, 3)],
    hidden_layer_sizes=(64,),
    early_stopping=True,
    random_state=0,
).fit(X_train, y_train)
print(f"{model.score(X_test, y_test):.1%} of the test digits are right")
LearningCurveDisplay.from_estimator(model)
plt.show()

# %%
# What it is made of
# ------------------
# ``summary()`` lists the layers, the shapes of what they give, and their parameters. ``trace``
# computes one forward pass and keeps every number on the way.

print(model.summary())
print(trace(model, X_test[:1]))

# %%
# What units respond to
# ---------------------
# The weights into each unit of the first layer, as pictures: of the convolution, and of a
# perceptron on the same digits, whose weights are held small by ``alpha`` so that they are smooth.

WeightsDisplay.from_estimator(model, n_columns=8)
plt.show()

# %%
perceptron = MLPClassifier((32,), alpha=1.0, max_iter=60, tol=0, random_state=0)
perceptron.fit(X_train.reshape(-1, 64), y_train)
WeightsDisplay.from_estimator(perceptron)
plt.show()

# %%
# A small network can be drawn whole: every unit, and every weight as a line.

small = MLPClassifier((6, 5), activation="tanh", solver="lbfgs", random_state=0)
corners = X_train.reshape(-1, 2, 4, 2, 4).mean(axis=(2, 4)).reshape(-1, 4)
NetworkDisplay.from_estimator(small.fit(corners, y_train < 5))
plt.show()

# %%
# Which pixels a prediction depends on
# ------------------------------------
# Integrated gradients share out the logit of the predicted class among the pixels. Bright pixels
# matter most.

shown = [np.flatnonzero(y_test == digit)[0] for digit in range(10)]
SaliencyDisplay.from_estimator(
    model,
    X_test[shown],
    method="integrated_gradients",
    plot_options={"labels": model.predict(X_test[shown])},
)
plt.show()

# %%
# What would excite a class most
# ------------------------------
# Activation maximization starts from noise and climbs to the image of which the network is most
# sure. These are no digits: the network has never had to tell digits from anything else.

ActivationMaximizationDisplay.from_estimator(
    model, bounds=(0, 1), blur=0.7, jitter=1, decay=0.02, random_state=0
)
plt.show()

# %%
# Where digits lie
# ----------------
# The codes of a variational autoencoder, coloured by the labels that it has never seen; and what
# lies where, decoded.

autoencoder = VariationalAutoencoder(
    2,
    hidden_layer_sizes=(128,),
    activation="tanh",
    batch_size=50,
    learning_rate_init=0.003,
    max_iter=80,
    tol=0,
    n_iter_no_change=np.inf,
    random_state=0,
).fit(images.reshape(-1, 64))
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.8), layout="constrained")
LatentSpaceDisplay.from_estimator(autoencoder, images.reshape(-1, 64), digits.target, ax=left)
LatentSpaceDisplay.from_estimator(
    autoencoder, images.reshape(-1, 64), kind="grid", n_grid=9, ax=right
)
plt.show()
