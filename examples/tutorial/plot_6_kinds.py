"""
6. Kinds of networks, and what each sees in the same digits
===========================================================

All networks are layers of neurons. They differ in how the layers are connected, and in what they
learn from. On this page six kinds look at the same small pictures of handwritten digits. Three
learn which digit it is. Three begin without being told.
"""

# %%
# The data
# --------
# The digits of scikit-learn are 1,797 pictures of 8 x 8 pixels. We divide by 16, so that a pixel is
# a number between 0 and 1.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from skdeep import (
    Autoencoder,
    BernoulliRBM,
    CNNClassifier,
    DBNClassifier,
    MLPClassifier,
    RNNClassifier,
)
from skdeep.inspection import (
    ActivationMaximizationDisplay,
    LatentSpaceDisplay,
    NetworkDisplay,
    ReconstructionDisplay,
    SaliencyDisplay,
    WeightsDisplay,
    integrated_gradients,
    trace,
)

digits = load_digits()
images, labels = digits.images / 16, digits.target
images_train, images_test, y_train, y_test = train_test_split(
    images, labels, test_size=0.3, stratify=labels, random_state=0
)
rows_train = images_train.reshape(-1, 64)  # one row of 64 pixels for each picture
rows_test = images_test.reshape(-1, 64)
ten = [np.flatnonzero(y_test == digit)[0] for digit in range(10)]  # one picture of each digit
stopping = {"early_stopping": True, "scoring": "loss", "tol": 1e-3, "random_state": 0}
accuracies = {}

# %%
# Multilayer perceptron: 64 numbers
# ---------------------------------
# The perceptron of the last pages reads a picture as a row of 64 numbers. Each hidden neuron has a
# weight for every pixel. Put back into the square, the weights are a picture: red where the neuron
# likes ink, blue where it does not.

mlp = MLPClassifier(hidden_layer_sizes=(64,), learning_rate_init=0.005, alpha=1, **stopping)
mlp.fit(rows_train, y_train)
accuracies["MLP"] = mlp.score(rows_test, y_test)
display = WeightsDisplay.from_estimator(mlp, max_units=24)

# %%
# Convolutional network: small windows
# ------------------------------------
# In a picture, neighbours belong together, and a stroke is a stroke wherever it is. A neuron of a
# **convolutional network** (CNN) sees a window of 3 x 3 pixels only. It slides over the whole
# picture with the same weights, which are called a **filter**. What it gives at each place is a
# picture again, a **feature map**. **Pooling** halves the size of the maps: it keeps the largest of
# 2 x 2 numbers. The next convolution sees windows of feature maps. The last layers are dense.

cnn = CNNClassifier(conv_layers=[(16, 3), (32, 3)], hidden_layer_sizes=(64,), **stopping)
cnn.fit(images_train, y_train)
accuracies["CNN"] = cnn.score(images_test, y_test)
display = NetworkDisplay.from_estimator(cnn)

# %%
# Below are the 16 filters of the first layer, and what they make of a digit. Some find edges of one
# direction, others fill the ink.

digit = images_test[ten[4]]
maps = trace(cnn, [digit])["conv_0"].output[0]  # height x width x 16
figure, axes = plt.subplots(1, 3, figsize=(11, 3.6), layout="constrained", width_ratios=[1, 1, 1])
axes[0].imshow(digit, cmap="gray")
axes[0].set(title="a digit", xticks=[], yticks=[])
WeightsDisplay.from_estimator(cnn, ax=axes[1], n_columns=4)
axes[1].set_title("16 filters of 3 x 3 weights")
WeightsDisplay(maps.transpose(2, 0, 1)[..., None], "conv_0").plot(ax=axes[2], n_columns=4)
axes[2].set_title("their feature maps of this digit")

# %%
# Does it matter that the CNN knows of neighbours? Shuffle the 64 pixels, in the same way in all
# pictures. The perceptron does not care: to it the pixels had no places before. The CNN loses its
# advantage.

order = np.random.default_rng(0).permutation(64)
shuffled_train = rows_train[:, order].reshape(-1, 8, 8)
shuffled_test = rows_test[:, order].reshape(-1, 8, 8)
mlp_shuffled = clone(mlp).fit(rows_train[:, order], y_train)
cnn_shuffled = clone(cnn).fit(shuffled_train, y_train)
shuffled = {
    "MLP": mlp_shuffled.score(rows_test[:, order], y_test),
    "CNN": cnn_shuffled.score(shuffled_test, y_test),
}
print(pd.DataFrame({"digits": accuracies, "shuffled": shuffled}).round(3))

# %%
# Recurrent network: line by line
# -------------------------------
# A **recurrent network** (RNN) reads a sequence, one step after the other. It has a memory, its
# **state**, which each step changes. Here it reads the lines of a picture from top to bottom, eight
# steps of eight numbers. Texts and measurements over time are its usual food.
#
# Since it reads step by step, you can ask what it thinks on the way. Below each digit, each line of
# the table is what it believes after so many lines of the picture, dark where it is sure. The 6 is
# taken for a 1 until its belly comes.

rnn = RNNClassifier(**stopping).fit(images_train, y_train)
accuracies["RNN"] = rnn.score(images_test, y_test)

figure, axes = plt.subplots(2, 4, figsize=(11, 5), layout="constrained")
for ax, belief, k in zip(axes[0], axes[1], [ten[3], ten[4], ten[6], ten[7]], strict=True):
    beliefs = [rnn.predict_proba(images_test[[k], :n])[0] for n in range(1, 9)]
    ax.imshow(images_test[k], cmap="gray")
    ax.set(title=f"a {y_test[k]}", xticks=[], ylabel="line", yticks=[0, 7], yticklabels=[1, 8])
    belief.imshow(beliefs, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    belief.set(xlabel="digit", xticks=range(10), ylabel="lines read", yticks=[0, 7])
    belief.set_yticklabels([1, 8])

# %%
# What do the three look at?
# --------------------------
# **Saliency** asks how much the winning class depends on each pixel. **Integrated gradients** give
# each pixel a share in it, and the shares add up to the whole. Red speaks for the digit, blue
# against it. Ink is compared with no ink here, so that black pixels have no share.

chosen = images_test[ten]
figure, axes = plt.subplots(3, 1, figsize=(9, 3.2), layout="constrained")
for ax, (name, model) in zip(axes, {"MLP": mlp, "CNN": cnn, "RNN": rnn}.items(), strict=True):
    X = chosen.reshape(-1, 64) if name == "MLP" else chosen
    shares = np.reshape(integrated_gradients(model, X), (-1, 8, 8))
    SaliencyDisplay(chosen[..., None], shares).plot(ax=ax, n_columns=10, alpha=0.8, colorbar=False)
    ax.set_ylabel(name)

# %%
# Turn the question round: which picture would a network like best? **Activation maximisation**
# starts at noise and climbs towards a class. The results excite the network. They need not look
# like digits to you: a network learns what tells the digits of the training set apart, and nothing
# more.

figure, axes = plt.subplots(2, 1, figsize=(9, 2.6), layout="constrained")
for ax, (name, model) in zip(axes, {"MLP": mlp, "CNN": cnn}.items(), strict=True):
    ActivationMaximizationDisplay.from_estimator(
        model,
        bounds=(0, 1),
        decay=0.05,
        blur=0.7,
        random_state=0,
        plot_options={"ax": ax, "n_columns": 10},
        **({"shape": (8, 8)} if name == "MLP" else {}),  # its samples are rows
    )
    ax.set_ylabel(name)

# %%
# Autoencoder: through a bottleneck
# ---------------------------------
# From here on networks learn without labels: nobody says which digit it is. An **autoencoder**
# learns to give back what it reads. In its middle is a narrow layer, the **code**, here of two
# numbers. What does not fit through is lost. So the code keeps what pictures have in common.

autoencoder = Autoencoder(
    2, hidden_layer_sizes=(128, 64), loss="log_loss", learning_rate_init=0.003, **stopping
)
autoencoder.fit(rows_train)
display = ReconstructionDisplay.from_estimator(autoencoder, rows_test[ten])

# %%
# Two numbers are a point in the plane. Digits of one kind lie together, although the labels only
# colour the points. On the right the decoder draws what each place of the plane stands for.

figure, axes = plt.subplots(1, 2, figsize=(11, 5), layout="constrained")
LatentSpaceDisplay.from_estimator(autoencoder, rows_test, y_test, ax=axes[0])
LatentSpaceDisplay.from_estimator(autoencoder, rows_test, kind="grid", ax=axes[1])

# %%
# Restricted Boltzmann machine: what goes together
# ------------------------------------------------
# A **restricted Boltzmann machine** (RBM) has visible and hidden neurons, and the same weights up
# and down. It learns how probable each picture is. The hidden neurons are features, mostly strokes.
# You can ask it to **dream**: ``sample`` goes up and down many times and gives new pictures.

rbm = BernoulliRBM(
    n_components=64, learning_rate=0.05, n_iter=40, centering=True, shuffle=True, random_state=0
)
rbm.fit(rows_train)
display = WeightsDisplay.from_estimator(rbm, max_units=24)

# %%
# Samples are zeros and ones. ``reconstruct`` makes probabilities of ink of them, which look better.

dreams = rbm.reconstruct(rbm.sample(24, random_state=0))
figure, axes = plt.subplots(2, 12, figsize=(9, 1.8), layout="constrained")
for ax, dream in zip(axes.flat, dreams, strict=True):
    ax.imshow(dream.reshape(8, 8), cmap="gray")
    ax.set_axis_off()

# %%
# Deep belief network: machines on machines
# -----------------------------------------
# A **deep belief network** (DBN) puts one RBM on top of another. Each learns from the features of
# the one below. Then all layers together are trained with labels, as a perceptron. Let it see all
# pictures and only 50 labels. The perceptrons beside it have the same layers and the same labels.
# One draw of 50 samples proves little, so there are three.

few = {"hidden_layer_sizes": (100, 100), "max_iter": 500, "tol": 1e-3, "random_state": 0}
rows = []
for seed in range(3):
    order = np.random.default_rng(seed).permutation(len(rows_train))
    labelled, others = order[:50], order[50:]
    X, y = rows_train[labelled], y_train[labelled]
    dbn = DBNClassifier(pretrain_n_iter=40, **few)
    dbn.fit(X, y, X_unlabeled=rows_train[others])
    sigmoid = MLPClassifier(activation="logistic", **few).fit(X, y)
    relu = MLPClassifier(activation="relu", **few).fit(X, y)
    rows.append([model.score(rows_test, y_test) for model in (dbn, sigmoid, relu)])
few_labels = pd.DataFrame(rows, columns=["DBN", "MLP, sigmoid", "MLP, ReLU"])
print("accuracy with 50 labels")
print(few_labels.round(3))

# %%
# The pictures without labels have helped. The perceptron with ReLUs comes close, and with many
# labels it needs no help.
#
# The features of the first machine are strokes, once you take away what all have in common. Those
# of the second are made of strokes: multiply the weights of both, and whole digits begin to show.

first, second = dbn.rbms_
strokes = first.components_ - first.components_.mean(axis=0)  # 100 features, 64 pixels
joined = second.components_ @ strokes
figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
for ax, weights, which in zip(axes, [strokes, joined], ["first", "second"], strict=True):
    WeightsDisplay(weights[:24].reshape(-1, 8, 8, 1), which).plot(ax=ax)
    ax.set_title(f"24 features of the {which} machine")

# %%
# All together
# ------------
# The codes of those without labels become features for a logistic regression, to compare.

for name, coder in {"autoencoder, 2 codes": autoencoder, "RBM, 64 features": rbm}.items():
    judge = LogisticRegression(max_iter=1000).fit(coder.transform(rows_train), y_train)
    accuracies[name] = judge.score(coder.transform(rows_test), y_test)
accuracies["DBN, 50 labels"] = few_labels["DBN"].mean()
print(pd.Series(accuracies, name="accuracy").round(3))
plt.show()
# sphinx_gallery_thumbnail_number = 7

# %%
# Which one for you? Rows of a table: the MLP. Pictures and signals: the CNN. Texts and series: the
# RNN, which takes a list of arrays, each of its own length. No labels: an autoencoder, an RBM, and
# a DBN where a few samples have labels. Each is a step of a ``Pipeline`` like any other, and a
# ``GridSearchCV`` tunes it. The user guide has a page for each, and says which settings matter.
