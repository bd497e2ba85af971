"""The network of listed layers that gives its samples back through a code."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from skdeep.estimators.network.architecture import CoderArchitecture
from skdeep.estimators.network.samples import SEQUENCES_BACK, read_as
from skdeep.estimators.parameters import estimator_parameters, texts
from skdeep.estimators.parameters.autoencoder import CoderOfLayers
from skdeep.estimators.reconstruction import ReconstructionEstimator
from skdeep.nn.dense.activation import Activation


@estimator_parameters(attributes=[texts.SAMPLE_SHAPE, *texts.CODER])
class NetworkTransformer(CoderOfLayers, ReconstructionEstimator):
    """Autoencoder made of any layers: ``transform`` gives the codes of samples.

    It learns without y: `layers` make a code of each sample, and `decoder_layers` the sample of
    its code. Layers of sequences that end with a row, as by ``LastStep()``, make one code of the
    whole, which the decoder reads at every step; others make one of each step.

    See Also
    --------
    NetworkClassifier : Learns classes; its ``transform`` gives what a hidden layer makes.
    Autoencoder : Dense layers, with fewer words.
    ConvAutoencoder : Convolutions, with fewer words.

    Notes
    -----
    X may be a table (n, n_features), which may be a sparse matrix, signals (n, T, C) or images (n,
    H, W, C), channels last (see `data_format`). `fit` sets ``sample_shape_``, and samples of
    another shape are refused later. ``reconstruct`` returns the form that it was given, and
    ``inverse_transform`` a table Z: ``Z.reshape(-1, *model.sample_shape_)`` are the samples.

    Where the first layer reads sequences, X is a list of arrays (T_i, F) of any lengths, or an
    array (n, T, F). Every step counts as much as every other. ``reconstruct``, and ``transform``
    where each step has a code, give a list of arrays; there is no ``inverse_transform``, since a
    code says nothing of a length.

    A layer without a name is called by its class and position in ``get_weights``: "dense_0.W",
    and "decoder_dense_0.W" in `decoder_layers`.

    Losses are sums over the features, so that `tol` and `alpha` act on that scale. Layers that
    change samples at random, such as :class:`~skdeep.nn.MaskingNoise`, make a denoising
    autoencoder: what is to come back is the sample as it was.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep import NetworkTransformer
    >>> from skdeep.nn import Activation, Dense, MaskingNoise
    >>> X = load_digits().data / 16
    >>> model = NetworkTransformer(
    ...     [MaskingNoise(0.2), Dense(64), Activation("gelu"), Dense(8)],
    ...     [Dense(64), Activation("gelu")],
    ...     learning_rate_init=0.01,
    ...     early_stopping=True,
    ...     random_state=0,
    ... )
    >>> codes = model.fit(X).transform(X)
    >>> codes.shape, bool(model.score(X) > -0.03)
    ((1797, 8), True)
    """

    _input = read_as(SEQUENCES_BACK)

    def _shared_name(self, name: str) -> str:
        return re.sub(r"^codes\.body\.", "", name)

    def _architecture(self) -> CoderArchitecture:
        return CoderArchitecture.of(
            self,
            given=self.layers,
            decoder=self.decoder_layers,
            repeatable=self.solver == "lbfgs",
        )

    def _activations(self) -> Iterable[str]:
        parts = (self.layers, self.decoder_layers)
        listed = [layer for part in parts if isinstance(part, list | tuple) for layer in part]
        return [layer.function for layer in listed if isinstance(layer, Activation)]

    @property
    def _reads_sequences(self) -> bool:
        return self._input is SEQUENCES_BACK

    def inverse_transform(self, X: Any) -> Any:
        """Return the samples that codes stand for; not for sequences.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components)
            Codes, as :meth:`transform` gives them.

        Returns
        -------
        X_original : array of shape (n_samples, n_features)
            Decoded samples, in the dtype of the model.

        Raises
        ------
        ValueError
            If `X` does not have `n_components` columns, or samples are sequences.
        """
        if self._reads_sequences:
            raise ValueError(
                "codes of sequences do not say how long these are: use reconstruct in place of "
                "inverse_transform"
            )
        return super().inverse_transform(X)
