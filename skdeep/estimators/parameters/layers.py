"""Parameters that are lists of layers, and the paths to what their layers take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal, Self, get_args

from skdeep.data._compat import StrOptions
from skdeep.estimators.parameters._declaration import like, parameter, parameter_group, redeclared
from skdeep.estimators.parameters.convolution import ChangedImages, ImagePixels
from skdeep.estimators.parameters.networks import Features, FineControl, Optimization
from skdeep.estimators.parameters.step_networks import MissingSteps
from skdeep.estimators.parameters.targets import (
    ClassificationLoss,
    RegressionLoss,
    RegressionLosses,
)
from skdeep.estimators.parameters.training import Device
from skdeep.estimators.sklearn_bases import BaseEstimator
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.settings import paths, with_setting
from skdeep.nn.dense.activation import Activation
from skdeep.nn.dense.dense import Dense
from skdeep.nn.initializers import INITIALIZERS, Initializer
from skdeep.nn.losses import Loss

HIDDEN = (Dense(100), Activation("relu"))


class LayerPaths(BaseEstimator):
    """What makes ``layers__0__units`` a parameter."""

    _layer_lists: ClassVar[tuple[str, ...]] = ("layers",)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters.

        Parameters
        ----------
        deep : bool, default=True
            Whether to return what the layers take, too: ``layers__0`` is the first layer and
            ``layers__0__units`` its `units`; a layer with a name is there by its name as well,
            ``layers__hidden__units``.

        Returns
        -------
        params : dict
            Names and values.
        """
        found = super().get_params(deep=deep)
        if deep:
            for name in self._layer_lists:
                value = found[name]
                if isinstance(value, list | tuple):
                    found.update(paths(name, value))
        return found

    def set_params(self, **params: Any) -> Self:
        """Set parameters; a layer whose parameter is set is replaced by another one.

        Parameters
        ----------
        **params : dict
            Names, as :meth:`get_params` gives them, and values.

        Returns
        -------
        self : estimator
            The same estimator.
        """
        inside = {k: v for k, v in params.items() if k.partition("__")[0] in self._layer_lists}
        inside = {k: v for k, v in inside.items() if "__" in k}
        super().set_params(**{k: v for k, v in params.items() if k not in inside})
        for key in sorted(inside, key=lambda key: key.count("__")):
            name, _, path = key.partition("__")
            try:
                changed = with_setting(getattr(self, name) or (), path, inside[key])
            except ValueError as error:
                kind = type(self).__name__
                raise ValueError(f"Invalid parameter {key!r} of {kind}: {error}") from error
            setattr(self, name, changed)
        return self


@parameter_group
class Layers(LayerPaths):
    """The layers of a network."""

    layers: Sequence[Layer] = parameter(
        default=HIDDEN,
        constraint=[list, tuple],
        kind="list of Layer",
        doc="""
        Layers of :mod:`skdeep.nn`, or of your own, from the samples on. A dense layer called
        'output' follows, as wide as y asks for; what has several axes is made flat before. What a
        layer takes is a parameter, too: ``layers__0__units``, or ``layers__name__units`` for a
        layer with a name. Setting one puts a new layer in the place of the old one.
        """,
        kw_only=False,
    )


@parameter_group
class OutputLayer:
    """The layer behind those that are listed."""

    output_initializer: str | Initializer = parameter(
        default="sklearn",
        constraint=[StrOptions(set(INITIALIZERS)), Initializer],
        kind="str or Initializer",
        doc="""
        Distribution of the initial weights of the output layer: {options}, or one of
        :mod:`skdeep.nn` such as ``Normal(0.01)``. Biases start at zero except with 'sklearn'.
        """,
        stack="each",
    )


@parameter_group
class GivenClassificationLoss:
    """Loss of a classifier, or one of the user's."""

    loss: Literal["log_loss", "focal"] | Loss = redeclared(
        ClassificationLoss,
        default="log_loss",
        kw_only=True,
        constraint=[StrOptions({"log_loss", "focal"}), Loss],
        kind="{'log_loss', 'focal'} or Loss",
        doc="""
        Loss to minimise; 'focal' gives easy samples less weight (Lin et al., 2017). Or a loss of
        :mod:`skdeep.nn`, or of your own: of one logit and zeros and ones for two classes, and of
        the index of the class for several.
        """,
    )
    focal_gamma: float = like(ClassificationLoss)


@parameter_group
class GivenRegressionLoss:
    """Loss of a regressor, or one of the user's."""

    loss: RegressionLosses | Loss = redeclared(
        RegressionLoss,
        default="squared_error",
        kw_only=True,
        constraint=[StrOptions(set(get_args(RegressionLosses))), Loss],
        kind="{'squared_error', 'poisson', 'absolute_error', 'huber', 'quantile'} or Loss",
        doc="""
        Loss to minimise: 'squared_error' (half of it), 'poisson' (half the deviance, with a log
        link, for y >= 0), 'absolute_error', 'huber' or 'quantile' (pinball loss). Or a loss of
        :mod:`skdeep.nn`, or of your own, as it is. Where it has several logits of an output,
        predictions have as many on their last axis, and scores take the first.
        """,
    )


@parameter_group
class LayeredTraining(
    MissingSteps,
    OutputLayer,
    Device,
    Features,
    FineControl,
    Optimization,
    ChangedImages,
    ImagePixels,
):
    """All of a supervised network of listed layers but these and its targets."""

    transform_layer: int = redeclared(
        Features,
        default=-1,
        kw_only=True,
        doc="""
        Index of the layer in `layers` whose outputs ``transform`` returns; of sequences, those
        layers count that give one row for each.
        """,
    )
