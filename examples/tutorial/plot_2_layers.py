"""
2. Layers and forward propagation
=================================

One neuron draws a straight line. A layer of neurons draws several, and the next layer puts them
together. On this page you follow samples through a small network, layer by layer, and see what each
neuron contributes.
"""

# %%
# A network of two layers
# -----------------------
# The data are two half moons, which no straight line parts. The network has a **hidden layer** of
# four neurons with the ReLU, and an **output layer** of one neuron with the sigmoid. Each neuron of
# a layer reads everything that the layer before gives. This is called a dense, or fully connected,
# layer. A network of dense layers is a **multilayer perceptron**, MLP for short.
#
# How ``fit`` finds the weights is the subject of the next pages.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_moons
from sklearn.inspection import DecisionBoundaryDisplay

from skdeep import MLPClassifier
from skdeep.inspection import NetworkDisplay, trace

X, y = make_moons(300, noise=0.15, random_state=0)
model = MLPClassifier(hidden_layer_sizes=(4,), solver="lbfgs", alpha=1, random_state=11)
model.fit(X, y)
print(f"accuracy: {model.score(X, y):.2f}")
display = NetworkDisplay.from_estimator(model, values=True)

# %%
# ``summary`` counts. The hidden layer has 2 x 4 weights and 4 biases, the output 4 weights and one
# bias. Weights and biases together are the **parameters** of the network.

print(model.summary())

# %%
# Forward propagation
# -------------------
# To predict, the network computes one layer after the other, from the inputs to the output. This is
# **forward propagation**. ``trace`` shows it for three samples.

samples = X[:3]
passed = trace(model, samples)
print(passed)

# %%
# Read the table from top to bottom. The samples have 2 numbers each. ``hidden_0`` turns them into 4
# weighted sums, ``activation_0`` into 4 activations, and ``output`` into one more weighted sum.
# That last sum is called a **logit**. The sigmoid makes a probability of it.

print("inputs\n", passed["hidden_0"].input.round(2))
print("weighted sums\n", passed["hidden_0"].output.round(2))
print("activations\n", passed["activation_0"].output.round(2))
print("logits\n", passed.logits.round(2))
print("probabilities of class 1\n", passed.output.round(2))

# %%
# The same by hand
# ----------------
# A layer is one product of matrices. Each column of ``W`` holds the weights of one neuron, so that
# ``X @ W + b`` is all weighted sums of all samples at once. Four lines of NumPy are the whole
# network.

weights = model.get_weights()
hidden = np.maximum(0, samples @ weights["hidden_0.W"] + weights["hidden_0.b"])
logits = hidden @ weights["output.W"] + weights["output.b"]
probabilities = 1 / (1 + np.exp(-logits))

print("by hand: ", probabilities.ravel().round(4))
print("skdeep:  ", model.predict_proba(samples)[:, 1].round(4))

# %%
# What each neuron contributes
# ----------------------------
# Send a grid of points through the network and look at each layer as a picture of the plane. Each
# hidden neuron is a ramp that starts at its own straight line. The output adds the four ramps, each
# times its weight. The sum has a bend at each of the lines, and where it is zero lies the boundary
# between the classes.

x1, x2 = np.linspace(-1.8, 2.8, 121), np.linspace(-1.3, 1.8, 101)
plane = np.array([(a, b) for b in x2 for a in x1])
passed = trace(model, plane)


def draw(ax, values, title):
    """Draw one number for each point of the plane, and the samples."""
    values = values.reshape(len(x2), len(x1))
    size = abs(values).max()
    ax.contourf(x1, x2, values, levels=np.linspace(-size, size, 31), cmap="RdBu_r")
    ax.scatter(*X.T, c=y, s=4, cmap="gray")
    ax.set(title=title, xticks=[], yticks=[])
    return values


figure, axes = plt.subplots(2, 3, figsize=(11, 5.6), layout="constrained")
places = [axes[0, 0], axes[0, 1], axes[1, 0], axes[1, 1]]
for k, ax in enumerate(places):
    weight = weights["output.W"][k, 0]
    draw(ax, passed["activation_0"].output[:, k], f"hidden neuron {k}, weight {weight:.1f}")
values = draw(axes[0, 2], passed.logits, "output: the weighted sum")
axes[0, 2].contour(x1, x2, values, levels=[0], colors="black")
draw(axes[1, 2], passed.output - 0.5, "output: the probability, minus 0.5")

# %%
# The activation is what makes it bend
# ------------------------------------
# Take the activation away, and each layer is a weighted sum of weighted sums. That is a weighted
# sum again: however many layers there are, the boundary stays straight. With ReLUs it has corners,
# with ``tanh`` it is smooth.


def draw_classes(ax, classifier):
    """Draw the probability of class 1 in the plane, and the samples."""
    DecisionBoundaryDisplay.from_estimator(
        classifier,
        X,
        response_method="predict_proba",
        levels=np.linspace(0, 1, 21),
        ax=ax,
        cmap="RdBu_r",
        alpha=0.7,
    )
    ax.scatter(*X.T, c=y, s=8, cmap="gray")
    ax.set(xticks=[], yticks=[])


figure, axes = plt.subplots(1, 3, figsize=(11, 3.2), layout="constrained")
for ax, activation in zip(axes, ["identity", "relu", "tanh"], strict=True):
    other = MLPClassifier(
        hidden_layer_sizes=(16, 16),
        activation=activation,
        solver="lbfgs",
        alpha=1,
        max_iter=1000,
        random_state=0,
    ).fit(X, y)
    draw_classes(ax, other)
    ax.set_title(f"{activation}: accuracy {other.score(X, y):.2f}")

# %%
# More neurons, more bends
# ------------------------
# A wider layer has more lines to combine. Here three neurons are enough, and only if they start at
# a lucky place: training begins with random weights. Give ``random_state`` another number, and the
# same three neurons may end up no better than two. Wide layers depend less on luck.

figure, axes = plt.subplots(1, 3, figsize=(11, 3.2), layout="constrained")
for ax, width in zip(axes, [2, 3, 32], strict=True):
    other = MLPClassifier(
        hidden_layer_sizes=(width,), solver="lbfgs", alpha=1, max_iter=1000, random_state=6
    ).fit(X, y)
    draw_classes(ax, other)
    ax.set_title(f"{width} hidden neurons: accuracy {other.score(X, y):.2f}")
plt.show()
# sphinx_gallery_thumbnail_number = 2

# %%
# Several hidden layers make a **deep** network. Each layer works on what the one before has found:
# lines become corners, corners become shapes. ``hidden_layer_sizes=(16, 16)`` above was one.
#
# You now know how a network computes. The next page asks how it finds its weights.
