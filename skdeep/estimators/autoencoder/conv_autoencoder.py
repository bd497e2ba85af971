"""The convolutional autoencoder."""

from __future__ import annotations

import re

from skdeep.estimators.autoencoder.conv_architecture import ConvAutoencoderArchitecture
from skdeep.estimators.images import ImageInput
from skdeep.estimators.parameters import estimator_parameters, texts
from skdeep.estimators.parameters.autoencoder import ConvAutoencoderParameters
from skdeep.estimators.reconstruction import ReconstructionEstimator


@estimator_parameters(attributes=[texts.IMAGE_SHAPE, texts.HISTORY, texts.COUNTS, texts.FEATURES])
class ConvAutoencoder(ConvAutoencoderParameters, ReconstructionEstimator):
    """Convolutional autoencoder: codes of images and signals, as a transformer.

    Convolutions and pooling make each image small, and a dense layer makes a code of
    `n_components` numbers of it. The decoder mirrors that: a dense layer, then for each
    convolution pixels that are repeated as often as pooling took one, and a convolution.

    See Also
    --------
    Autoencoder : Dense layers alone, for tables.
    CNNClassifier : The same convolutions, with classes.

    Notes
    -----
    X may be images (n, H, W) or (n, H, W, C), signals (n, T, C) with ``n_dims=1``, or a table (n,
    n_features), which may be a sparse matrix, of what `image_shape` says, in the order of C:
    channels last. ``transform`` and ``score`` take any of these; ``reconstruct`` returns the form
    that it was given, and ``inverse_transform`` a table Z: ``Z.reshape(-1, *model.image_shape_)``
    are the images.

    Losses are sums over the features, so that `tol` and `alpha` act on that scale. Parameters are
    called "conv_0.W" and so on, "code.W", "decoder.W", "decoder_conv_0.W" and so on.

    References
    ----------
    Masci, Meier, Ciresan and Schmidhuber (2011). Stacked convolutional auto-encoders for
    hierarchical feature extraction. ICANN.

    Odena, Dumoulin and Olah (2016). Deconvolution and checkerboard artifacts. Distill.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.decomposition import PCA
    >>> from skdeep import ConvAutoencoder
    >>> digits = load_digits()
    >>> images, X = digits.images / 16, digits.data / 16
    >>> model = ConvAutoencoder(
    ...     n_components=4,
    ...     conv_layers=[(8, 3), (16, 3)],
    ...     pooling=[2, None],
    ...     activation="gelu",
    ...     batch_size=100,
    ...     learning_rate_init=0.01,
    ...     early_stopping=True,
    ...     n_iter_no_change=5,
    ...     random_state=0,
    ... )
    >>> _ = model.fit(images)
    >>> model.transform(images[:3]).shape, model.reconstruct(images[:3]).shape
    ((3, 4), (3, 8, 8))
    >>> pca = PCA(n_components=4).fit(X)
    >>> error = ((pca.inverse_transform(pca.transform(X)) - X) ** 2).mean()
    >>> bool(-model.score(images) < 0.9 * error)
    True
    """

    _input = ImageInput()

    def _shared_name(self, name: str) -> str:
        return re.sub(r"^code\.", "hidden_0.", name)  # behind the convolutions, as of a classifier

    def _architecture(self) -> ConvAutoencoderArchitecture:
        return ConvAutoencoderArchitecture.of(self)
