"""
1. What a neuron computes
=========================

A neural network is made of neurons, and a neuron is a small formula. On this page you compute one
by hand, draw it, and let one learn. You need Python, some NumPy, and scikit-learn's ``fit`` and
``predict``. You need not have trained a network before.
"""

# %%
# A weighted sum
# --------------
# A neuron reads some numbers, its **inputs**. It multiplies each by a **weight**, adds the
# products, and adds one more number, its **bias**. The result is the **weighted sum**:
#
# .. math:: z = w_1 x_1 + w_2 x_2 + b
#
# A weight says how much an input counts, and its sign says in which direction. The bias says how
# large the sum is when all inputs are zero.

import matplotlib.pyplot as plt
import numpy as np

x = np.array([2.0, 1.0])  # two inputs
w = np.array([0.5, -1.0])  # a weight for each
b = 0.25  # the bias

z = x @ w + b  # 2 * 0.5 - 1 * 1 + 0.25
print(f"weighted sum: {z}")

# %%
# An activation
# -------------
# A weighted sum alone is a straight line. Therefore the neuron passes the sum through a curve, its
# **activation function**, and what comes out is the neuron's **activation**. Two of them are used
# most:
#
# - **ReLU** (rectified linear unit) keeps positive sums and makes negative ones zero: max(0, z).
# - The **sigmoid**, or logistic function, squeezes every sum between 0 and 1: 1 / (1 + exp(-z)).

relu = max(0.0, z)
sigmoid = 1 / (1 + np.exp(-z))
print(f"ReLU: {relu}, sigmoid: {sigmoid:.3f}")

# %%
# The same neuron in skdeep
# -------------------------
# Here is a network with one hidden neuron. "Hidden" means that it stands between the inputs and the
# output. ``partial_fit`` makes one small step of training, which creates the weights, and
# ``set_weights`` replaces them by ours. The output's weight is 1 and its bias 0: it hands on what
# the neuron gives.

from skdeep import MLPRegressor
from skdeep.inspection import NetworkDisplay, trace


def one_neuron(weights, bias, activation):
    """Return a network of one hidden neuron with these numbers."""
    weights = np.reshape(weights, (-1, 1))  # a row for each input, a column for each neuron
    network = MLPRegressor(hidden_layer_sizes=(1,), activation=activation)
    network.partial_fit(np.zeros((1, len(weights))), [0.0])
    return network.set_weights(
        {"hidden_0.W": weights, "hidden_0.b": [bias], "output.W": [[1.0]], "output.b": [0.0]}
    )


neuron = one_neuron(w, b, "relu")
display = NetworkDisplay.from_estimator(neuron, values=True)

# %%
# Each line is a weight, red where it is positive and blue where it is negative. The thicker a line,
# the larger its weight among those of the same layer.
#
# ``trace`` follows a sample through the network and keeps every number. A **sample** is one row of
# inputs. A ``Dense`` layer computes weighted sums, an ``Activation`` what comes after. You find the
# two numbers that you computed above.

passed = trace(neuron, [x])
print(passed)
print("weighted sum:", passed["hidden_0"].output)
print("activation:  ", passed["activation_0"].output)

# %%
# Activations, drawn
# ------------------
# To see an activation function, send many sums through it. With one input, a weight of 1 and a bias
# of 0, the weighted sum is the input itself. ``tanh`` is a sigmoid that goes from -1 to 1.

line = np.linspace(-5, 5, 201).reshape(-1, 1)  # 201 samples with one input each
figure, axes = plt.subplots(1, 3, figsize=(10, 3), layout="constrained")
for ax, activation in zip(axes, ["relu", "logistic", "tanh"], strict=True):
    passed = trace(one_neuron([1.0], 0.0, activation), line)
    ax.plot(line, passed["hidden_0"].output, ":", color="0.6", label="weighted sum")
    ax.plot(line, passed["activation_0"].output, linewidth=2, label="activation")
    ax.set(title=activation, xlabel="input", ylim=(-1.5, 3))
    ax.grid(alpha=0.3)
axes[0].legend(frameon=False, loc="upper left")

# %%
# What weight and bias do
# -----------------------
# A larger weight makes the curve steeper, and a negative one turns it round. The bias moves it to
# the left or to the right. Training a neuron means finding good values of these numbers.

figure, axes = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained", sharey=True)
for weight in [0.5, 1, 4, -1]:
    output = trace(one_neuron([weight], 0.0, "logistic"), line).output
    axes[0].plot(line, output, label=f"weight {weight}")
for bias in [-3, 0, 3]:
    output = trace(one_neuron([1.0], bias, "logistic"), line).output
    axes[1].plot(line, output, label=f"bias {bias}")
axes[0].set(title="Weights", xlabel="input", ylabel="activation")
axes[1].set(title="Biases", xlabel="input")
for ax in axes:
    ax.legend(frameon=False)
    ax.grid(alpha=0.3)

# %%
# Two inputs: a straight line in the plane
# ----------------------------------------
# With two inputs each sample is a point in the plane. The weighted sum is zero along a straight
# line, and it grows in the direction of the weights, drawn as an arrow. The ReLU is silent on one
# side of the line. The sigmoid says 0.5 on it.

ticks = np.linspace(-3, 3, 121)
plane = np.array([(x1, x2) for x2 in ticks for x1 in ticks])
figure, axes = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
for ax, activation in zip(axes, ["relu", "logistic"], strict=True):
    passed = trace(one_neuron(w, b, activation), plane)
    sums = passed["hidden_0"].output.reshape(121, 121)
    image = ax.contourf(ticks, ticks, passed.output.reshape(121, 121), levels=20, cmap="viridis")
    ax.contour(ticks, ticks, sums, levels=[0], colors="white")
    foot = -b * w / (w @ w)  # the point of the line that is nearest to (0, 0)
    ax.annotate("", foot + w, foot, arrowprops={"arrowstyle": "->", "color": "white", "lw": 2})
    ax.set(title=activation, xlabel="first input", ylabel="second input", aspect="equal")
    figure.colorbar(image, ax=ax, label="activation")

# %%
# A neuron that learns
# --------------------
# Now let a neuron find its weights. The data are two species of iris, with the length and the width
# of a petal as inputs. An ``MLPClassifier`` without hidden layers is one neuron with a sigmoid. Its
# activation is the probability of the second species.

from sklearn.datasets import load_iris
from sklearn.inspection import DecisionBoundaryDisplay

from skdeep import MLPClassifier

iris = load_iris()
two = iris.target > 0  # leave the first of three species out
X, y = iris.data[two][:, 2:], iris.target_names[iris.target[two]]

model = MLPClassifier(hidden_layer_sizes=(), solver="lbfgs", random_state=0).fit(X, y)
print(model.get_weights())
print(f"accuracy on these flowers: {model.score(X, y):.2f}")

# %%
# Both weights are positive: the longer and the wider a petal, the more likely the second species.
# The line where the probability is 0.5 parts the two. The ``DecisionBoundaryDisplay`` of
# scikit-learn draws it: it asks the network at every point of the plane. If you know logistic
# regression, you have just met it again: it is a network of one neuron.

display = DecisionBoundaryDisplay.from_estimator(
    model,
    X,
    response_method="predict_proba",
    class_of_interest="virginica",
    levels=np.linspace(0, 1, 21),
    cmap="RdBu_r",
    alpha=0.7,
)
for name, marker in zip(model.classes_, "os", strict=True):
    display.ax_.scatter(*X[y == name].T, marker=marker, edgecolor="black", label=name)
display.ax_.set(xlabel="petal length (cm)", ylabel="petal width (cm)")
display.ax_.legend(loc="upper left")
display.figure_.colorbar(display.surface_, label="probability of virginica", ticks=[0, 0.5, 1])

# %%
# What one neuron cannot do
# -------------------------
# One neuron draws one straight line. These two half moons need a curve.

from sklearn.datasets import make_moons

X, y = make_moons(300, noise=0.15, random_state=0)
model = MLPClassifier(hidden_layer_sizes=(), solver="lbfgs", random_state=0).fit(X, y)
display = DecisionBoundaryDisplay.from_estimator(
    model, X, response_method="predict", cmap="RdBu_r", alpha=0.4
)
display.ax_.scatter(*X.T, c=y, cmap="RdBu_r", edgecolor="black")
display.ax_.set_title(f"One neuron: accuracy {model.score(X, y):.2f}")
plt.show()
# sphinx_gallery_thumbnail_number = 4

# %%
# Several neurons together can bend the line. That is a layer, and the subject of the next page.
