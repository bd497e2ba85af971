"""Pictures with captions as what an estimator takes."""

from __future__ import annotations

from math import prod
from typing import Any

from skdeep.data.image import as_one_array, with_axes
from skdeep.data.place import to_host
from skdeep.estimators.images import ImageInput, with_channels_last
from skdeep.estimators.writing.pair_input import PairInput
from skdeep.nn.core.spec import Shape


class Features(ImageInput):
    """Images; where there are no convolutions, features of their regions."""

    def check_parameters(self, estimator: Any) -> None:
        if len(estimator.conv_layers):
            super().check_parameters(estimator)

    def _flat(self, estimator: Any, X: Any, *, reset: bool) -> tuple[Any, Shape | None]:
        if len(estimator.conv_layers):
            return super()._flat(estimator, X, reset=reset)
        if not reset:
            return self._flat_as_fitted(estimator, X), None
        vars(estimator).pop("_pixels", None)
        X, dims = with_axes(with_channels_last(estimator, as_one_array(X)))
        if dims is None:
            return X, None
        if len(dims) > 3:
            raise ValueError(
                f"X has shape {X.shape}, but without convolutions it must be features (n, F), (n, "
                "regions, F) or (n, H, W, F)"
            )
        return X.reshape(X.shape[0], prod(dims)), dims

    def _learn(
        self, estimator: Any, X: Any, rows: Any, shape: Shape | None, *, reset: bool
    ) -> None:
        if len(estimator.conv_layers):
            super()._learn(estimator, X, rows, shape, reset=reset)
        elif reset:
            estimator.image_shape_ = shape or (1, rows.shape[1])


class CaptionPairs(PairInput):
    """Images, or features of them, and their captions; sets ``image_shape_``, too."""

    name = "images"
    images = Features()

    def check_parameters(self, estimator: Any) -> None:
        self.images.check_parameters(estimator)

    def sources(self, estimator: Any, X: Any, *, reset: bool) -> Any:
        rows = to_host(self.images.check_fit_rows(estimator, X, reset=reset))
        return rows.toarray() if hasattr(rows, "toarray") else rows

    def dtype_of(self, X: Any) -> Any:
        return X.source.dtype

    def shape(self, estimator: Any, n_features: int) -> Shape:
        found: Shape = estimator.image_shape_
        return found
