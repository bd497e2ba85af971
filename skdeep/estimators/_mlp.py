"""What the two multilayer perceptrons share: their layers and their hidden features."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from numbers import Integral, Real
from typing import Any

from sklearn.utils.validation import check_is_fitted

from skdeep.estimators._base import NetworkEstimator
from skdeep.estimators._parameters import (
    check_activation,
    entries_of,
    is_single,
    widths_of,
)
from skdeep.kernels.activations import activation_name
from skdeep.nn.activation import Activation
from skdeep.nn.batch_norm import BatchNorm
from skdeep.nn.dense import Dense
from skdeep.nn.dropout import AlphaDropout, Dropout
from skdeep.nn.initializers import get_initializers
from skdeep.nn.layer import Layer
from skdeep.nn.layer_norm import LayerNorm
from skdeep.nn.maxout import Maxout
from skdeep.nn.residual import Residual

#: Linear pieces of a maxout unit.
MAXOUT_PIECES = 2


class MultilayerPerceptron(NetworkEstimator):
    """Dense hidden layers, each with its activation, normalisation and dropout."""

    def _sizes(self) -> list[int]:
        return widths_of("hidden_layer_sizes", self.hidden_layer_sizes)

    def _per_layer(self, name: str) -> list[Any]:
        """Return a parameter's value for each hidden layer."""
        return self._spread(name, self._n_hidden(), "hidden layers", "hidden layer")

    def _spread(self, name: str, n: int, what: str, each: str) -> list[Any]:
        """Return a parameter's value for each of `n` layers; one value is that of all."""
        value = getattr(self, name)
        values = entries_of(name, value)
        if is_single(value):
            values *= n
        elif len(values) != n:
            raise ValueError(
                f"{name} has {len(values)} entries for {n} {what}: give one value, or one per "
                f"{each}"
            )
        return list(map(activation_name, values)) if name == "activation" else values

    def _n_hidden(self) -> int:
        """Return how many hidden layers there are."""
        return len(self._sizes())

    def _check_layers(self) -> None:
        """Refuse per-layer values that no layer can have, before anything is allocated."""
        for value in entries_of("activation", self.activation):  # also without hidden layers
            check_activation("activation", value, more=("maxout",))
        self._per_layer("activation")
        for value in self._per_layer("dropout"):
            if not (isinstance(value, Real) and 0 <= float(value) < 1):
                raise ValueError(f"dropout must be in [0, 1), got {value!r}")
        if self.solver == "lbfgs" and any(self._per_layer("dropout")):
            raise ValueError(
                f"dropout={self.dropout!r} does not go with solver='lbfgs', which searches along a "
                "line and needs an objective that is not random: use another solver or dropout=0"
            )
        self._transform_index(self._n_hidden())

    def _transform_index(self, n: int) -> int:
        """Return which hidden layer ``transform`` gives."""
        index = self.transform_layer
        if not isinstance(index, Integral) or (n and not -n <= int(index) < n):
            raise ValueError(
                f"transform_layer must be the number of one of {n} hidden layers, got {index!r}"
            )
        return range(n)[int(index)] if n else -1

    def _layers(self, n_features: int, n_logits: int) -> list[Layer]:
        activations, rates = self._per_layer("activation"), self._per_layer("dropout")
        return self._dense_layers(n_logits, activations, rates)

    def _dense_layers(
        self, n_logits: int, activations: Sequence[str], rates: Sequence[float]
    ) -> list[Layer]:
        """Return the dense hidden layers, with these activations and dropouts, and the output."""
        layers: list[Layer] = []
        for k, width in enumerate(self._sizes()):
            block = self._block(k, width, activations[k], rates[k])
            if self.residual:
                shortcut, _ = get_initializers(self.kernel_initializer, "identity")
                block = [Residual(block, weight_init=shortcut, name=f"block_{k}")]
            layers += block
        # scikit-learn's scheme reads the parameter also where there is no hidden layer.
        last = activations[-1] if activations else activation_name(self.activation)
        weight, bias = get_initializers(self.kernel_initializer, last)
        layers.append(Dense(n_logits, weight_init=weight, bias_init=bias, name="output"))
        return layers

    def _block(self, k: int, width: int, activation: str, rate: float) -> list[Layer]:
        """Return hidden layer k: affine map, normalisation, activation, dropout."""
        weight, bias = get_initializers(self.kernel_initializer, activation)
        inits: dict[str, Any] = {"weight_init": weight, "bias_init": bias, "name": f"hidden_{k}"}
        block: list[Layer] = []
        if activation == "maxout":
            block.append(Maxout(width, MAXOUT_PIECES, **inits))
        else:
            # Batch normalisation takes the mean away, and any bias with it.
            block.append(Dense(width, bias=self.normalization != "batch", **inits))
        if self.normalization is not None:
            norm = {"batch": BatchNorm, "layer": LayerNorm}[self.normalization]
            block.append(norm(name=f"norm_{k}"))
        if activation not in ("identity", "maxout"):
            block.append(Activation(activation, name=f"activation_{k}"))
        if rate:
            dropout = AlphaDropout if activation == "selu" else Dropout
            block.append(dropout(rate, name=f"dropout_{k}"))
        return block

    def _fitted_outputs(self, rows: Any) -> Iterator[Any]:
        yield from super()._fitted_outputs(rows)
        names = self._last_names()
        if names:
            yield self._predictor(rows, names[self._transform_index(len(names))])[0]

    def _describe_network(self) -> None:
        """Set the public attributes that describe the network."""
        self._hidden_names = self._last_names()
        self.n_layers_ = len(self._hidden_names) + 2

    def _last_names(self) -> list[str]:
        """Return the name of the last layer of each hidden block."""
        names: dict[str, str] = {}
        for name in list(self._network.spec.children)[:-1]:
            names[name.rsplit("_", 1)[1]] = name
        return list(names.values())

    @property
    def _n_features_out(self) -> int:
        check_is_fitted(self)
        try:
            return self._network.width(self._hidden_name())
        except ValueError as error:  # the HTML repr reads every attribute
            raise AttributeError(str(error)) from error

    def _hidden_name(self) -> str:
        names: Sequence[str] = self._hidden_names
        if not names:
            raise ValueError("transform needs a hidden layer; hidden_layer_sizes is empty")
        return names[self._transform_index(len(names))]

    def transform(self, X: Any) -> Any:
        """Return what a hidden layer gives for each row, as features.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        X_new : array of shape (n_samples, width of the layer)
            Activations of the hidden layer ``transform_layer``, after its normalisation and
            activation, without dropout; in the dtype of the model.

        Raises
        ------
        ValueError
            If there is no hidden layer or `X` has another width.
        """
        check_is_fitted(self)
        return self._as_features(self._forward(X, self._hidden_name()))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
