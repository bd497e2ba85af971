"""
Digits drawn by networks
========================

Four networks learn from the same pictures of handwritten digits, without labels, and draw new ones:
a restricted Boltzmann machine (RBM), a stack of them (a deep belief network), and a variational
autoencoder with dense layers and with convolutions. Autoencoders can also draw what lies between
two digits. How likely they find digits that they have not seen is a number, by which they can be
compared.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from skdeep import BernoulliRBM, DBNTransformer, VariationalAutoencoder

warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is what was asked for
digits, y = load_digits(return_X_y=True)
X, X_test, y, y_test = train_test_split(digits / 16, y, test_size=300, random_state=0)

# %%
# Learn
# -----
# RBMs take pixels from 0 to 1 as probabilities of black. The autoencoders take them as numbers with
# normal noise. The last one sees pictures: its encoder has convolutions and pooling, its decoder
# mirrors them.

coding = {
    "n_components": 10,
    "activation": "gelu",
    "batch_size": 50,
    "learning_rate_init": 0.003,
    "learning_rate_schedule": "cosine",
    "n_iter_no_change": np.inf,
    "random_state": 0,
}
rbms = {"learning_rate": 0.05, "batch_size": 20, "n_iter": 60, "random_state": 0}
rbm = BernoulliRBM(100, **rbms).fit(X)
dbn = DBNTransformer(
    (200, 100),
    fine_tune=False,
    pretrain_n_iter=60,
    pretrain_learning_rate=0.05,
    pretrain_batch_size=20,
    random_state=0,
).fit(X)
dense = VariationalAutoencoder(hidden_layer_sizes=(200,), max_iter=100, **coding).fit(X)
convolutional = VariationalAutoencoder(
    conv_layers=[(16, 3), (32, 3)],
    pooling=[None, 2],
    hidden_layer_sizes=(100,),
    max_iter=40,
    image_shape=(8, 8),
    **coding,
).fit(X)
for name, model in [("dense", dense), ("convolutional", convolutional)]:
    bound = model.score_samples(X_test, n_samples=200).mean()
    print(f"{name} layers: log density of a new digit at least {bound:.1f} nats")

# %%
# Drawn by four networks
# ----------------------
# An RBM draws by going back and forth between pixels and hidden units many times, the stack so in
# its uppermost RBM; autoencoders decode codes that are drawn from a normal distribution. Shown are
# the means of what is drawn last, which are gray.

n = 12
pictures = {
    "digits": X[:n],
    "RBM": rbm.inverse_transform(rbm.transform(rbm.sample(n, 1000, random_state=1))),
    "deep belief\nnetwork": dbn.rbms_[0].inverse_transform(
        dbn.rbms_[1].sample(n, 1000, random_state=1)
    ),
    "variational\nautoencoder": dense.sample(n, random_state=3, return_means=True),
    "with\nconvolutions": convolutional.sample(n, random_state=3, return_means=True),
}


def show(rows):
    """Show rows of pictures, each with its name."""
    columns = max(len(images) for images in rows.values())
    _, axes = plt.subplots(
        len(rows), columns, figsize=(9.5, 0.82 * len(rows)), layout="constrained"
    )
    for line, (name, images) in zip(axes, rows.items(), strict=True):
        for axis, image in zip(line, images, strict=True):
            axis.imshow(image.reshape(8, 8), cmap="gray_r", vmin=0, vmax=1)
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
        line[0].set_ylabel(name, rotation=0, ha="right", va="center")
    plt.show()


show(pictures)

# %%
# From one digit to another
# -------------------------
# ``interpolate`` decodes the codes on the line between those of two digits. Between their pixels
# one digit fades into the other. Between their codes lies what the decoder makes of them, whose
# strokes stay dark on the way.

one, other = X_test[y_test == 6][0], X_test[y_test == 7][0]
fading = one + np.linspace(0, 1, n)[:, None] * (other - one)
show(
    {
        "pixels": fading,
        "dense codes": dense.interpolate([one], [other], n)[0],
        "convolutional": convolutional.interpolate([one], [other], n)[0],
    }
)
