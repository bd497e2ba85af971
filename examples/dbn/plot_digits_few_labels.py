"""
Digits with few labels
======================

A deep belief network learns from all pictures of handwritten digits, and from the few of them that
have a label. First a stack of two restricted Boltzmann machines (RBMs) trains without labels, and
shows what it has learned. Then 20, 50 or 200 pictures of 1347 get labels. The accuracy on others is
compared with that of the same network without pre-training, and of a network of rectified linear
units, which needs no pre-training to train.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from skdeep import DBNClassifier, DBNTransformer, MLPClassifier

warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is what was asked for
X, y = load_digits(return_X_y=True)
X = (X / 16).astype(np.float32)
rbms = {"pretrain_n_iter": 40, "pretrain_learning_rate": 0.1}

# %%
# Without labels
# --------------
# The filters of the lower RBM that differ most, digits that come back from the features of each
# layer, and digits that are drawn from the stack.

dbn = DBNTransformer((200, 100), fine_tune=False, random_state=0, **rbms).fit(X)
filters = dbn.rbms_[0].components_
filters = filters - filters.mean(axis=0)  # what units have in common is the mean digit
order = np.argsort(-(filters**2).sum(axis=1))
pictures = {"filters": filters[order[:14]], "digits": X[:14]}
for layer, name in enumerate(("lower layer", "upper layer")):
    dbn.set_params(transform_layer=layer)
    pictures[f"back from\n{name}"] = dbn.inverse_transform(dbn.transform(X[:14]))
# One step down from drawn states gives grainy zeros and ones; their means look like digits.
states = dbn.rbms_[1].sample(14, 500, random_state=0)
pictures["drawn"] = dbn.rbms_[0].inverse_transform(states)

figure, axes = plt.subplots(len(pictures), 14, figsize=(9.5, 3.7), layout="constrained")
for line, (name, images) in zip(axes, pictures.items(), strict=True):
    for axis, image in zip(line, images, strict=True):
        axis.imshow(image.reshape(8, 8), cmap="RdBu_r" if name == "filters" else "gray_r")
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
    line[0].set_ylabel(name, rotation=0, ha="right", va="center")
plt.show()

# %%
# With few labels
# ---------------
# ``fit`` takes the pictures without labels as ``X_unlabeled``. Each number is the mean of four
# draws of the labels, of the network's weights and of the test pictures.


def networks(seed):
    """Return the networks that are compared, by what they are."""
    shared = {
        "hidden_layer_sizes": (200, 200),
        "learning_rate_init": 0.003,
        "max_iter": 100,
        "random_state": seed,
    }
    return {
        "pre-trained by RBMs": DBNClassifier(**shared, **rbms),
        "the same, not pre-trained": DBNClassifier(**shared, pretrain_n_iter=0),
        "rectified units": MLPClassifier(**shared, activation="relu"),
    }


def accuracies(n_labels, seed):
    """Return the test accuracy of each network where so many pictures have a label."""
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, test_size=0.25, random_state=seed, stratify=y
    )
    labelled, rest = train_test_split(
        np.arange(len(X_train)), train_size=n_labels, random_state=seed, stratify=y_train
    )
    found = {}
    for name, model in networks(seed).items():
        more = {"X_unlabeled": X_train[rest]} if name.startswith("pre-trained") else {}
        model.fit(X_train[labelled], y_train[labelled], **more)
        found[name] = model.score(X_test, y_test)
    return found


numbers = (20, 50, 200)
means = {name: [] for name in networks(0)}
for n_labels in numbers:
    draws = [accuracies(n_labels, seed) for seed in range(4)]
    for name, values in means.items():
        values.append(np.mean([draw[name] for draw in draws]))
    line = ", ".join(f"{name} {values[-1]:.3f}" for name, values in means.items())
    print(f"{n_labels} labels: {line}", flush=True)

figure, axis = plt.subplots(figsize=(6.4, 3.8), layout="constrained")
for name, values in means.items():
    axis.plot(numbers, values, marker="o", label=name)
axis.set(xscale="log", xlabel="pictures with a label", ylabel="test accuracy")
axis.set_xticks(numbers, [str(n) for n in numbers])
axis.minorticks_off()
axis.grid(alpha=0.3)
axis.spines[["top", "right"]].set_visible(False)
axis.legend(frameon=False)
plt.show()
