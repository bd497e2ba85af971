"""
A convolutional autoencoder of digits
=====================================

:class:`~skdeep.ConvAutoencoder` takes pictures as they are and gives pictures back. Here it stands
beside :class:`~skdeep.Autoencoder`, which sees rows of pixels, and
:class:`~sklearn.decomposition.PCA`: first with codes of 8 numbers, to compare what comes back, then
as a filter that learned to take noise out of pictures.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from skdeep import Autoencoder, ConvAutoencoder

# The schedule lowers the learning rate to zero over a number of epochs that is given.
warnings.simplefilter("ignore", ConvergenceWarning)

images = load_digits().images.astype(np.float32) / 16
train, test = train_test_split(images, test_size=0.3, random_state=0)
settings = {
    "activation": "gelu",
    "learning_rate_init": 0.005,
    "learning_rate_schedule": "cosine",
    "batch_size": 50,
    "max_iter": 25,
    "n_iter_no_change": np.inf,
    "random_state": 0,
}
blocks = {"conv_layers": [(16, 3), (32, 3)], "pooling": [2, None]}


def rows(pictures):
    """Return pictures as rows of pixels."""
    return pictures.reshape(len(pictures), -1)


# %%
# What comes back
# ---------------
# ``reconstruct`` gives pictures where it gets pictures. On pictures of 64 pixels, which all lie in
# the middle, dense layers do as well or better; convolutions have fewer weights to learn, which do
# not grow with the picture.
coder = ConvAutoencoder(8, **blocks, **settings).fit(train)
dense = Autoencoder(8, hidden_layer_sizes=(128, 64), **settings).fit(rows(train))
pca = PCA(8).fit(rows(train))
restored = {
    "ConvAutoencoder": rows(coder.reconstruct(test)),
    "Autoencoder": dense.reconstruct(rows(test)),
    "PCA": pca.inverse_transform(pca.transform(rows(test))),
}
print("mean over the test pictures of the summed squared error, codes of 8 numbers")
for name, found in restored.items():
    print(f"  {name:16s} {((found - rows(test)) ** 2).sum(axis=1).mean():.2f}")
for name, model in {"ConvAutoencoder": coder, "Autoencoder": dense}.items():
    print(f"  {name} has {sum(array.size for array in model.get_weights().values()):,} weights")

# %%
# Pictures without noise
# ----------------------
# With ``corruption`` the pictures go in with noise and must come back without it. A code that is
# wider leaves room for details.
noise = np.random.default_rng(0).normal(scale=0.3, size=test.shape).astype(np.float32)
filters = {
    "ConvAutoencoder": ConvAutoencoder(32, **blocks, corruption="gaussian", **settings).fit(train),
    "Autoencoder": Autoencoder(
        32, hidden_layer_sizes=(128, 64), corruption="gaussian", **settings
    ).fit(rows(train)),
}
cleaned = {
    "with noise": test + noise,
    "ConvAutoencoder": filters["ConvAutoencoder"].reconstruct(test + noise),
    "Autoencoder": filters["Autoencoder"].reconstruct(rows(test + noise)).reshape(test.shape),
}
print("summed squared error of noisy test pictures")
for name, found in cleaned.items():
    print(f"  {name:16s} {((found - test) ** 2).sum(axis=(1, 2)).mean():.2f}")

figure, axes = plt.subplots(
    4, 10, figsize=(9, 3.4), subplot_kw={"xticks": [], "yticks": []}, layout="constrained"
)
for row, (name, found) in zip(axes, {"original": test, **cleaned}.items(), strict=True):
    row[0].set_ylabel(name, rotation=0, ha="right", va="center")
    for axis, picture in zip(row, found, strict=False):
        axis.imshow(picture, cmap="gray_r", vmin=0, vmax=1)
plt.show()
