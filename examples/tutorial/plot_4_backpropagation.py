"""
4. Back-propagation by hand
===========================

Gradient descent needs the gradient of every weight. Back-propagation computes them all in one sweep
from the output back to the inputs. On this page you do it with a pencil, so to speak, on a network
of two inputs, two hidden neurons and one output, and compare each number with ``trace``.
"""

# %%
# The network
# -----------
# Two inputs, two hidden neurons with the sigmoid, and one output without an activation function: a
# 2-2-1 network. We choose its nine parameters, one sample, and the target that we would like to
# get.

import matplotlib.pyplot as plt
import numpy as np

from skdeep import MLPClassifier, MLPRegressor
from skdeep.inspection import NetworkDisplay, trace

x = np.array([1.0, 2.0])  # one sample with two inputs
y = 1.0  # its target

W1 = np.array([[0.5, -0.4], [0.3, 0.8]])  # a row for each input, a column for each hidden neuron
b1 = np.array([0.1, -0.2])
W2 = np.array([[0.7], [-0.6]])  # a row for each hidden neuron, a column for the output
b2 = np.array([0.2])

network = MLPRegressor(hidden_layer_sizes=(2,), activation="logistic", alpha=0)
network.partial_fit([x], [y])  # makes the weights, which get our values now
network.set_weights({"hidden_0.W": W1, "hidden_0.b": b1, "output.W": W2, "output.b": b2})
print(network.summary())

# %%
# Forwards
# --------
# First the forward pass of the second page: weighted sums, activations, output, loss.

z1 = x @ W1 + b1  # two weighted sums
h = 1 / (1 + np.exp(-z1))  # two activations
output = h @ W2 + b2
loss = (output - y) ** 2 / 2

print("hidden weighted sums:", z1.round(4))
print("hidden activations:  ", h.round(4))
print("output:              ", output.round(4))
print("loss:                ", loss.round(4))

display = NetworkDisplay.from_estimator(network, values=True, units=[x, h, output])
display.ax_.set_title(f"Forwards: target {y}, loss {loss.item():.3f}")

# %%
# Backwards
# ---------
# Now ask of each number in the picture: **how much would the loss grow if this number grew?** Start
# at the end, where the answer is easy, and walk back. The rule for walking is the chain rule of
# calculus: effects along a path are multiplied, and effects of several paths are added.
#
# **1. The output.** The loss is half the squared difference. Its slope is the difference itself.
# Such a slope with respect to a neuron's weighted sum is called the neuron's **delta**.

delta2 = output - y
print("delta of the output:", delta2.round(4))

# %%
# **2. The weights into the output.** The output is a sum of weight times activation. A weight has
# as much effect as the activation that it multiplies. The bias is multiplied by 1.

grad_W2 = h[:, None] * delta2
grad_b2 = delta2
print("gradient of the output's weights:", grad_W2.ravel().round(4))

# %%
# **3. The hidden activations.** Now the other factor: an activation has as much effect as the
# weight that it is multiplied with. The delta travels back along the lines of the network.

grad_h = W2[:, 0] * delta2

# %%
# **4. The hidden weighted sums.** An activation is the sigmoid of a weighted sum. The slope of the
# sigmoid is h (1 - h). It is at most 0.25, and nearly 0 where the neuron is sure.

delta1 = grad_h * h * (1 - h)
print("deltas of the hidden neurons:", delta1.round(4))

# %%
# **5. The weights into the hidden layer.** As in step 2, with the inputs in place of the
# activations. Each pair of input and hidden neuron has a weight, and thus a gradient.

grad_W1 = x[:, None] * delta1
grad_b1 = delta1
print("gradient of the hidden weights:\n", grad_W1.round(4))

# %%
# That is all. A deeper network repeats steps 3 to 5 for each layer.
#
# Beside ``trace``
# ----------------
# ``trace`` with a target goes forwards and backwards through the layers, as training does for each
# batch. Its numbers are yours.

passed = trace(network, [x], [y])
print(passed, "\n")

by_hand = {"hidden_0.W": grad_W1, "hidden_0.b": grad_b1, "output.W": grad_W2, "output.b": grad_b2}
for name, gradient in by_hand.items():
    traced = passed.gradients[name]
    print(f"{name:10}  by hand {gradient.ravel().round(4)}  trace {traced.ravel().round(4)}")
    assert np.allclose(gradient, traced)
assert np.allclose(delta1, passed.deltas["hidden_0"])
assert np.allclose(delta2, passed.deltas["output"])

# %%
# In this picture the lines are gradients instead of weights, and the units show their deltas. Where
# a line is red, a larger weight would make the loss larger.

gradients = [passed.gradients["hidden_0.W"], passed.gradients["output.W"]]
display = NetworkDisplay(network.summary(), gradients)
display.plot(
    values=True, units=[["", ""], passed.deltas["hidden_0"][0], passed.deltas["output"][0]]
)
display.ax_.set_title("Backwards: gradients on the lines, deltas in the units")

# %%
# Is it true?
# -----------
# A gradient claims what happens when a weight grows a little. Try it: change one weight, and
# compute the loss each time. The gradient is the slope of that curve at the weight that we have.


def loss_with(value):
    """Return the loss with another weight from the second input to the first hidden neuron."""
    changed = W1.copy()
    changed[1, 0] = value
    network.set_weights({"hidden_0.W": changed})
    return trace(network, [x], [y]).loss


values = np.linspace(-2.5, 3, 56)
losses = [loss_with(value) for value in values]
step = 1e-5
slope = (loss_with(W1[1, 0] + step) - loss_with(W1[1, 0] - step)) / (2 * step)
network.set_weights({"hidden_0.W": W1})
print(f"slope by trying: {slope:.6f}, by back-propagation: {grad_W1[1, 0]:.6f}")

figure, ax = plt.subplots(figsize=(5.6, 3.4), layout="constrained")
ax.plot(values, losses, label="loss")
near = W1[1, 0] + np.array([-1.2, 1.2])
ax.plot(near, loss + grad_W1[1, 0] * (near - W1[1, 0]), "--", label="slope by back-propagation")
ax.plot(W1[1, 0], loss, "o", color="C1")
ax.set(xlabel="weight from the second input to the first hidden neuron", ylabel="loss")
ax.legend(frameon=False)
ax.grid(alpha=0.3)

# %%
# Trying costs two passes for *each* weight. Back-propagation costs about two passes for *all* of
# them. That is why networks with millions of weights can learn.
#
# One step of gradient descent
# ----------------------------
# Move every parameter a little against its gradient, and the loss falls.

rate = 0.5
weights = network.get_weights()
network.set_weights({name: weights[name] - rate * by_hand[name] for name in weights})
print(f"loss before: {loss.item():.4f}, after: {trace(network, [x], [y]).loss:.4f}")

# %%
# Why deep networks prefer the ReLU
# ---------------------------------
# In step 4 each sigmoid multiplies the delta by 0.25 at most. After six layers little is left, and
# the first layers hardly learn: the **gradient vanishes**. The slope of the ReLU is 1 wherever the
# neuron is active. Compare the gradients in two networks with six hidden layers, at the start of
# training.

from sklearn.datasets import make_moons

X, classes = make_moons(200, noise=0.15, random_state=0)
figure, ax = plt.subplots(figsize=(6, 3.2), layout="constrained")
for activation in ["logistic", "relu"]:
    deep = MLPClassifier(hidden_layer_sizes=(20,) * 6, activation=activation, random_state=0)
    deep.partial_fit(X, classes, classes=[0, 1])
    gradients = trace(deep, X, classes).gradients
    sizes = [abs(g).mean() for name, g in gradients.items() if name.endswith(".W")]
    ax.semilogy(range(1, 8), sizes, "o-", label=activation)
ax.set(xlabel="layer, from the inputs to the output", ylabel="mean size of gradients")
ax.legend(frameon=False)
ax.grid(alpha=0.3)
plt.show()
# sphinx_gallery_thumbnail_number = 1

# %%
# You have now done all of training by hand: forwards, loss, backwards, a step. The rest is
# repetition, and knowing when to stop: the next page.
