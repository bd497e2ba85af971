"""The network of listed layers that gives its samples back through a code."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, cast

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdeep.backend import compute
from skdeep.data.cells import objects
from skdeep.data.place import to_host
from skdeep.data.targets import StepsTarget
from skdeep.data.weights import check_weight
from skdeep.estimators.fit.planning import network_recipe
from skdeep.estimators.network.architecture import CoderArchitecture
from skdeep.estimators.network.samples import SEQUENCES_BACK, read_as
from skdeep.estimators.outputs import as_features
from skdeep.estimators.parameters import estimator_parameters, texts
from skdeep.estimators.parameters.autoencoder import CoderOfLayers
from skdeep.estimators.reconstruction import ReconstructionEstimator
from skdeep.fitting.plan import Recipe
from skdeep.nn.dense.activation import Activation
from skdeep.train.sequences.tagging import TagPredictor


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
    H, W, C), channels last. `fit` sets ``sample_shape_``, and samples of another shape are refused
    later. ``reconstruct`` returns the form that it was given, and ``inverse_transform`` a table Z:
    ``Z.reshape(-1, *model.sample_shape_)`` are the samples.

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

    # ------------------------------------------------------------------ sequences

    @property
    def _reads_sequences(self) -> bool:
        return self._input is SEQUENCES_BACK

    def _make_target(self, y, weight, *, first, incremental, classes=None):
        if not self._reads_sequences:
            options = {"first": first, "incremental": incremental, "classes": classes}
            super()._make_target(y, weight, **options)
            return
        if first:
            ends = (compute(_least, y.steps), compute(_most, y.steps))
            self._target = StepsTarget(y.width, *map(to_host, ends))
        if self.loss == "poisson" and to_host(compute(_least, y.steps)).min() < 0:
            raise ValueError("loss='poisson' needs X >= 0")

    def _recipe(self) -> Recipe:
        return network_recipe(self) if self._reads_sequences else super()._recipe()

    def _score_outputs(self, target, output, weight):
        if not self._reads_sequences:
            return super()._score_outputs(target, output, weight)
        longest = output.shape[1] // self._target.n_columns
        there = np.arange(longest) < target.lengths[:, None]
        steps = output.reshape(len(output), longest, -1)[there]
        each = ((steps - _joined(target)) ** 2).mean(axis=1)
        return -float(np.average(each, weights=weight if weight is None else _joined(weight)))

    def _fitted_outputs(self, rows):
        if not self._reads_sequences:
            yield from super()._fitted_outputs(rows)
            return
        yield self._at_steps(rows, "output") ** 2
        yield self._at_steps(rows, self._code_layer())

    def _at_steps(self, X: Any, what: str) -> np.ndarray:
        return cast(TagPredictor, self._predictor).at_steps(X, what)

    @property
    def _n_features_out(self) -> int:
        if not self._reads_sequences:
            return super()._n_features_out
        check_is_fitted(self)
        width: int = self._network.spec.children[self._code_layer()][1].out_shape[-1]
        return width

    def transform(self, X: Any) -> Any:
        """Return the code of each sample.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), images or sequences
            Samples, in a form that the notes of the class name.

        Returns
        -------
        X_new : array of shape (n_samples, n_components), or of arrays (T_i, n_components)
            Codes, in the dtype of the model; arrays where each step of a sequence has a code.
        """
        if not self._reads_sequences:
            return super().transform(X)
        check_is_fitted(self)
        X = self._input.check(self, X)
        steps, ends = self._at_steps(X, self._code_layer()), np.cumsum(X.lengths)
        if self._code_layer() == "codes":
            return as_features(self, steps[ends - X.lengths])
        return objects(np.split(steps, ends[:-1]))

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

    def reconstruct(self, X: Any) -> Any:
        """Return samples as they come back from their codes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), images or sequences
            Samples, in a form that the notes of the class name.

        Returns
        -------
        X_reconstructed : array of shape (n_samples, n_features), or of arrays
            What the network makes of them, in the dtype of the model.
        """
        if not self._reads_sequences:
            return super().reconstruct(X)
        check_is_fitted(self)
        X = self._input.check(self, X)
        return objects(np.split(self._at_steps(X, "output"), np.cumsum(X.lengths)[:-1]))

    def score_samples(self, X: Any) -> Any:
        """Return minus the mean squared reconstruction error of each sample.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), images or sequences
            Samples, in a form that the notes of the class name.

        Returns
        -------
        scores : array of shape (n_samples,)
            Means over the features, and the steps of a sequence, whatever the loss; 0 is perfect.
        """
        if not self._reads_sequences:
            return super().score_samples(X)
        check_is_fitted(self)
        X = self._input.check(self, X)
        each = -((self._at_steps(X, "output") - _joined(X)) ** 2).mean(axis=1)
        return np.add.reduceat(each, np.cumsum(X.lengths) - X.lengths) / X.lengths

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Return minus the mean squared reconstruction error, whatever the loss.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), images or sequences
            Samples, in a form that the notes of the class name.
        y : Ignored
            There for scikit-learn's convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights; each step of a sequence has that of the sequence.

        Returns
        -------
        score : float
            The higher the better; 0 is perfect. Models with different losses and code sizes
            compare.
        """
        if not self._reads_sequences:
            return super().score(X, y, sample_weight)
        check_is_fitted(self)
        X = self._input.check(self, X)
        each = self.score_samples(X)
        weight = check_weight(sample_weight, each[:, None])
        return float(np.average(each, weights=X.lengths * (1.0 if weight is None else weight)))


def _least(xp: Any, steps: Any) -> Any:
    return steps.min(axis=0)


def _most(xp: Any, steps: Any) -> Any:
    return steps.max(axis=0)


def _joined(sequences: Any) -> np.ndarray:
    """Return the steps of sequences one after the other."""
    return np.concatenate(list(sequences.to_host()))
