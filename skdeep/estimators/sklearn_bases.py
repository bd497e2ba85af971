"""scikit-learn's base classes, with types.

scikit-learn has none, so a type checker would take any argument in the constructor of a class that
derives from it. Here it is told what these bases have, and nothing of their parameters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

__all__ = [
    "BaseEstimator",
    "CallbackSupportMixin",
    "ClassNamePrefixFeaturesOutMixin",
    "ClassifierMixin",
    "MetaEstimatorMixin",
    "OneToOneFeatureMixin",
    "OutlierMixin",
    "RegressorMixin",
    "TransformerMixin",
]

if TYPE_CHECKING:
    from typing import Self

    class BaseEstimator:
        _parameter_constraints: ClassVar[dict[str, list[Any]]]

        def get_params(self, deep: bool = True) -> dict[str, Any]: ...
        def set_params(self, **params: Any) -> Self: ...
        def get_metadata_routing(self) -> Any: ...
        @classmethod
        def _get_param_names(cls) -> list[str]: ...
        def _validate_params(self) -> None: ...
        def __sklearn_tags__(self) -> Any: ...
        def __getstate__(self) -> dict[str, Any]: ...
        def __setstate__(self, state: dict[str, Any]) -> None: ...
        # Fitted attributes, and parameters where a base reads those of its subclasses.
        def __getattr__(self, name: str) -> Any: ...

    class _Mixin:
        def __sklearn_tags__(self) -> Any: ...
        def __getattr__(self, name: str) -> Any: ...

    class ClassifierMixin(_Mixin):
        def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...

    class RegressorMixin(_Mixin):
        def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...

    class OutlierMixin(_Mixin):
        def fit_predict(self, X: Any, y: Any = None, **params: Any) -> Any: ...

    class TransformerMixin(_Mixin):
        def __init_subclass__(cls, auto_wrap_output_keys: Any = ("transform",)) -> None: ...
        def fit_transform(self, X: Any, y: Any = None, **params: Any) -> Any: ...
        def set_output(self, *, transform: Any = None) -> Self: ...

    class ClassNamePrefixFeaturesOutMixin:
        def get_feature_names_out(self, input_features: Any = None) -> Any: ...

    class OneToOneFeatureMixin(ClassNamePrefixFeaturesOutMixin): ...

    class MetaEstimatorMixin: ...

    class CallbackSupportMixin:
        def set_callbacks(self, *callbacks: Any) -> Self: ...

else:
    from sklearn.base import (
        BaseEstimator,
        ClassifierMixin,
        ClassNamePrefixFeaturesOutMixin,
        MetaEstimatorMixin,
        OneToOneFeatureMixin,
        OutlierMixin,
        RegressorMixin,
        TransformerMixin,
    )
    from sklearn.callback import CallbackSupportMixin
