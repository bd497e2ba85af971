"""
3. The loss and gradient descent
================================

Training is a search for good weights. On this page you measure how good weights are, draw that
measure as a landscape, and walk down into its valley, first by hand and then with ``fit``.
"""

# %%
# A network with two parameters
# -----------------------------
# The smallest network is a neuron with one input and no activation function: a straight line. It
# has two parameters, the weight and the bias. Both fit into a picture.
#
# The data are 442 patients with diabetes. The input is the body mass index, the target is how far
# the disease has progressed a year later. Both are **standardised** here: the mean becomes 0, the
# standard deviation 1. Networks learn best from numbers of about this size.

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import scale

from skdeep import MLPRegressor
from skdeep.inspection import LearningCurveDisplay, trace

diabetes = load_diabetes()
X = scale(diabetes.data[:, [2]])  # the body mass index, as a table of one column
y = scale(diabetes.target)

network = MLPRegressor(hidden_layer_sizes=(), alpha=0, random_state=0)
network.partial_fit(X, y)  # makes the weights; below they get values of our choice


def at(weight, bias):
    """Return the network with this weight and bias."""
    return network.set_weights({"output.W": [[weight]], "output.b": [bias]})


# %%
# The loss
# --------
# The **loss** is one number that says how wrong the predictions are. For regression it is half the
# mean squared error: the difference between prediction and target, squared, halved, and averaged
# over the samples. Squares count large errors more than small ones. The smaller the loss, the
# better the weights.

weight, bias = -0.5, 1.0
error = at(weight, bias).predict(X) - y
print(f"loss by hand:   {(error**2).mean() / 2:.4f}")
print(f"loss by trace:  {trace(network, X, y).loss:.4f}")

line = np.array([[-2.5], [4.0]])
figure, ax = plt.subplots(figsize=(6, 3.6), layout="constrained")
ax.scatter(X, y, s=6, color="0.6")
for weight, bias in [(-0.5, 1.0), (0.2, 0.5), (0.6, 0.0)]:
    loss = trace(at(weight, bias), X, y).loss
    ax.plot(
        line, at(weight, bias).predict(line), label=f"weight {weight}, bias {bias}: loss {loss:.2f}"
    )
ax.set(xlabel="body mass index (standardised)", ylabel="progression (standardised)")
ax.legend(loc="lower right")

# %%
# The loss is a landscape
# -----------------------
# Every weight and bias has its loss. Draw them all, and you see a bowl. Training looks for its
# bottom. With two parameters you could try all points of a grid, as this picture does. With a
# thousand parameters you cannot: you need to know which way is down.

weights, biases = np.linspace(-1.2, 2.0, 33), np.linspace(-1.4, 1.4, 29)
surface = np.array([[trace(at(w, b), X, y).loss for w in weights] for b in biases])

figure = plt.figure(figsize=(6, 4.4))
ax = figure.add_subplot(projection="3d")
ax.plot_surface(*np.meshgrid(weights, biases), surface, cmap="viridis", alpha=0.9)
ax.set(xlabel="weight", ylabel="bias", xticks=[-1, 0, 1, 2], yticks=[-1, 0, 1])
ax.set_zlabel("loss", labelpad=4)
ax.set_box_aspect((4, 4, 3), zoom=0.85)
ax.view_init(elev=32, azim=-60)

# %%
# The gradient points uphill
# --------------------------
# For each parameter the **gradient** says how fast the loss grows when this parameter grows a
# little. All of them together point in the direction in which the loss grows fastest. ``trace``
# computes them when you give it the targets. The next page shows how.

print(trace(at(-0.5, 1.0), X, y).gradients)

# %%
# The loss falls when the weight grows, and when the bias shrinks. **Gradient descent** takes a
# small step against the gradient, computes it anew, and so on. How small is up to you: the gradient
# is multiplied by the **learning rate**.


def descend(rate, n_steps, start=(-0.9, 1.1)):
    """Return the parameters after each step of gradient descent."""
    weight, bias = start
    path = [start]
    for _ in range(n_steps):
        gradients = trace(at(weight, bias), X, y).gradients
        weight = weight - rate * gradients["output.W"].item()
        bias = bias - rate * gradients["output.b"].item()
        path.append((weight, bias))
    return np.array(path)


def draw(ax, path, title):
    """Draw a path over the lines of equal loss."""
    ax.contour(weights, biases, surface, levels=np.linspace(0.34, 2.5, 16), cmap="viridis")
    ax.plot(*path.T, "o-", color="crimson", markersize=3, linewidth=1)
    ax.set(title=title, xlabel="weight", xlim=weights[[0, -1]], ylim=biases[[0, -1]])


figure, axes = plt.subplots(1, 3, figsize=(11, 3.4), layout="constrained", sharey=True)
for ax, rate in zip(axes, [0.02, 0.5, 1.9], strict=True):
    draw(ax, descend(rate, 20), f"20 steps, learning rate {rate}")
axes[0].set_ylabel("bias")

# %%
# With a small rate you hardly move. With a good one you arrive after a few steps. With a large one
# you jump across the valley and back. Above 2 each jump would lead further away here: the loss
# grows and training **diverges**. The learning rate is the setting that matters most.
#
# The same with ``fit``
# ---------------------
# ``solver="sgd"`` is gradient descent. Told to take all samples in each step and to leave out all
# refinements, ``fit`` gives the numbers of the loop above. An **epoch** is one pass over all
# samples.

fitted = MLPRegressor(
    hidden_layer_sizes=(),
    solver="sgd",
    momentum=0,
    alpha=0,
    learning_rate_init=0.5,
    batch_size=len(X),
    max_iter=25,
    n_iter_no_change=25,  # never stop before
    warm_start=True,  # go on from the weights that are there
    random_state=0,
)
fitted.partial_fit(X, y).set_weights({"output.W": [[-0.9]], "output.b": [1.1]})
with warnings.catch_warnings():
    warnings.simplefilter("ignore", ConvergenceWarning)  # 25 epochs are what we want
    fitted.fit(X, y)
weight, bias = descend(0.5, 25)[-1]
print(f"loop:  weight {weight:.6f}, bias {bias:.6f}")
print(f"fit:   weight {fitted.coefs_[0].item():.6f}, bias {fitted.intercepts_[0].item():.6f}")

# %%
# ``history_`` has the loss of each epoch, and ``LearningCurveDisplay`` draws it. This curve is what
# you look at first whenever you have trained a network: it should fall and become flat.

losses = fitted.history_["loss"][1:]  # the first is that of partial_fit
display = LearningCurveDisplay({"": {"loss": losses}}).plot()

# %%
# Steps from a few samples
# ------------------------
# With many samples, a gradient of all of them costs much for a single step. A handful of samples, a
# **batch**, gives a rough gradient for a fraction of the price. So ``fit`` shuffles the samples,
# cuts them into batches of ``batch_size``, and takes a step for each. This is **stochastic gradient
# descent**. The way is shaky, and many cheap steps are worth more than a few exact ones.

rng = np.random.default_rng(0)


def descend_in_batches(rate, batch_size, n_epochs=1, start=(-0.9, 1.1)):
    """Return the parameters after each batch."""
    path = [start]
    for _ in range(n_epochs):
        for batch in np.array_split(rng.permutation(len(X)), len(X) // batch_size):
            gradients = trace(at(*path[-1]), X[batch], y[batch]).gradients
            slopes = gradients["output.W"].item(), gradients["output.b"].item()
            path.append(tuple(np.array(path[-1]) - rate * np.array(slopes)))
    return np.array(path)


figure, axes = plt.subplots(1, 2, figsize=(8, 3.4), layout="constrained", sharey=True)
draw(axes[0], descend(0.1, 1), "one epoch, all 442 samples at once")
draw(axes[1], descend_in_batches(0.1, 10), "one epoch, batches of 10")
axes[0].set_ylabel("bias")

# %%
# Why inputs are scaled, and what solvers do
# ------------------------------------------
# Leave the input where it is instead of moving its mean to 0, and the bowl becomes a narrow valley.
# The steepest way down then leads across the valley, not along it, and gradient descent crawls.
# This is why you put a ``StandardScaler`` before a network.
#
# Solvers help too. **Momentum** lets the walker roll: a step keeps most of the last one, so that
# zigzags cancel and the way along the valley adds up. **Adam**, the default of ``fit``, also gives
# each parameter a step size of its own.

raw = X + 4  # the mean is 4 now
valley_w, valley_b = np.linspace(-1.0, 1.5, 41), np.linspace(-5, 4, 41)
valley = np.array([[trace(at(w, b), raw, y).loss for w in valley_w] for b in valley_b])
solvers = {
    "gradient descent": {"solver": "sgd", "momentum": 0, "learning_rate_init": 0.1},
    "with momentum": {"solver": "sgd", "momentum": 0.9, "learning_rate_init": 0.05},
    "Adam": {"solver": "adam", "learning_rate_init": 0.3},
}
figure, axes = plt.subplots(1, 3, figsize=(11, 3.4), layout="constrained", sharey=True)
for ax, (name, options) in zip(axes, solvers.items(), strict=True):
    walker = MLPRegressor(
        hidden_layer_sizes=(), alpha=0, batch_size=len(raw), random_state=0, **options
    )
    walker.partial_fit(raw, y).set_weights({"output.W": [[-0.8]], "output.b": [2.2]})
    path = [(-0.8, 2.2)]
    for _ in range(40):  # one batch, so that each partial_fit is one step
        walker.partial_fit(raw, y)
        path.append((walker.coefs_[0].item(), walker.intercepts_[0].item()))
    ax.contour(valley_w, valley_b, valley, levels=np.geomspace(0.34, 20, 16), cmap="viridis")
    ax.plot(*np.transpose(path), "o-", color="crimson", markersize=3, linewidth=1)
    ax.set(title=f"{name}, 40 steps", xlabel="weight")
axes[0].set_ylabel("bias")

# %%
# Not every landscape is a bowl
# -----------------------------
# A network with a hidden layer has hills and several valleys. Here is the smallest: one ``tanh``
# neuron with a weight into it and a weight out of it, and no biases. Two starts that are close
# together lead into different valleys. Here both are equally good: turn both signs round, and the
# network computes the same. In larger networks valleys differ, and chance decides where you start.
# That is what ``random_state`` is about.

bent = MLPRegressor(hidden_layer_sizes=(1,), activation="tanh", alpha=0, random_state=0)
bent.partial_fit(X, y).set_weights({"hidden_0.b": [0.0], "output.b": [0.0]})


def bent_at(inner, outer):
    """Return the bent network with these two weights."""
    return bent.set_weights({"hidden_0.W": [[inner]], "output.W": [[outer]]})


ticks = np.linspace(-2.4, 2.4, 33)
surface = np.array([[trace(bent_at(a, b), X, y).loss for a in ticks] for b in ticks])
figure, ax = plt.subplots(figsize=(5, 4), layout="constrained")
image = ax.contourf(ticks, ticks, surface, levels=np.geomspace(surface.min(), surface.max(), 25))
for start in [(-1.1, 1.8), (-1.6, 1.8)]:
    path = [start]
    for _ in range(80):
        gradients = trace(bent_at(*path[-1]), X, y).gradients
        slopes = gradients["hidden_0.W"].item(), gradients["output.W"].item()
        path.append(tuple(np.array(path[-1]) - 0.3 * np.array(slopes)))
    ax.plot(*np.transpose(path), "o-", color="white", markersize=3, linewidth=1)
    ax.plot(*start, "o", color="crimson")
ax.set(xlabel="weight into the neuron", ylabel="weight out of the neuron")
figure.colorbar(image, ax=ax, label="loss", format="%.2f")
plt.show()
# sphinx_gallery_thumbnail_number = 2

# %%
# You have seen what training does: measure the loss, find the way down, take a step, and repeat.
# One piece is missing: where the gradient comes from. That is the next page.
