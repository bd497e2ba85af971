"""What convolutional networks take: images and signals of one shape, or sequences of any length."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from skdeep.data.cells import listed
from skdeep.data.sequence_frames import beside_samples
from skdeep.data.sequence_items import MASK, is_list
from skdeep.data.series_frames import is_long
from skdeep.data.whole import is_whole
from skdeep.estimators.cnn.architecture import CNNArchitecture
from skdeep.estimators.cnn.step_architecture import StepCNNArchitecture
from skdeep.estimators.images import ImageInput
from skdeep.estimators.input_kinds import TableInput
from skdeep.estimators.sequences import SequenceInput, check_lengths
from skdeep.nn.core.spec import Shape
from skdeep.train.sequences.sequences import Sequences


class OneShape(ImageInput):
    """Images and signals of one shape; sets ``image_shape_``."""

    def check_parameters(self, estimator: Any) -> None:
        if estimator.missing == "mask" and estimator.n_dims != 1:
            raise ValueError("missing='mask' is for sequences: set n_dims=1")
        if shape_of_any_length(estimator) is None:
            super().check_parameters(estimator)

    def beside(self, estimator: Any, X: Any, values: Any, name: str) -> Any:
        return beside_samples(X, values, name) if estimator.n_dims == 1 else values

    def check_fit(self, estimator: Any, X: Any, y: Any, *, reset: bool) -> tuple[Any, Any]:
        found = chosen(estimator, X) if reset else self
        if found is not self:
            return found.check_fit(estimator, X, y, reset=reset)
        with told_of_sequences(estimator):
            return super().check_fit(estimator, X, y, reset=reset)

    def check(self, estimator: Any, X: Any) -> Any:
        with told_of_sequences(estimator):
            return super().check(estimator, X)


@contextmanager
def told_of_sequences(estimator: Any) -> Iterator[None]:
    """Say in errors of different shapes, and of NaN, how sequences of any length are taken."""
    try:
        yield
    except ValueError as error:
        of_x = "contains NaN" in str(error) and "Input y" not in str(error)
        if of_x and estimator.n_dims == 1:
            raise ValueError(f"{str(error).rstrip('.')}{MASK}") from error
        if "all must have the same" not in str(error):
            raise
        _, *channels = getattr(estimator, "image_shape_", (0, "C"))
        how = "n_dims=1 takes lists of sequences of any length"
        if estimator.n_dims == 1:
            how = f"image_shape=(None, {channels[-1]}) takes sequences of any length"
        raise ValueError(f"{error}. {how}") from error


class AnyLength(SequenceInput):
    """Sequences that may differ in their length."""

    def check_parameters(self, estimator: Any) -> None:
        ONE_SHAPE.check_parameters(estimator)

    def check_fit(self, estimator: Any, X: Any, y: Any, *, reset: bool) -> tuple[Any, Any]:
        found = chosen(estimator, X) if reset else self
        if found is not self:
            return found.check_fit(estimator, X, y, reset=reset)
        return super().check_fit(estimator, X, y, reset=reset)

    def check_fit_rows(self, estimator: Any, X: Any, *, reset: bool) -> Sequences:
        if estimator.data_format != "channels_last":
            raise ValueError(
                "data_format='channels_first' is for arrays of one shape, and X holds sequences of "
                "any length: give arrays (T, C)"
            )
        X = super().check_fit_rows(estimator, X, reset=reset)
        given = shape_of_any_length(estimator)
        channels = estimator._sequence_form.width
        if given is not None and given[-1] != channels:
            raise ValueError(
                f"image_shape={estimator.image_shape!r} stands for steps of {given[-1]} features, "
                f"but X has {channels}"
            )
        check_lengths(X, self.shape(estimator, X.width)[0])
        return X

    def check(self, estimator: Any, X: Any) -> Sequences:
        X = super().check(estimator, X)
        check_lengths(X, estimator._network.in_shape[0])
        return X

    def learn_vocabulary(self, estimator: Any, X: Sequences) -> None:
        """Learn nothing: steps are numbers."""

    def shape(self, estimator: Any, n_features: int) -> Shape:
        """Return the shape of the shortest sequences."""
        channels = self.width(estimator)
        return StepCNNArchitecture.of(estimator).least_steps(channels), channels

    shape_inside = shape


ONE_SHAPE, ANY_LENGTH = OneShape(), AnyLength()


@property  # type: ignore[misc]
def read_by_convolutions(self: Any) -> TableInput:
    """What samples are: as the fit has found."""
    return ANY_LENGTH if "_sequence_form" in vars(self) else ONE_SHAPE


def architecture_of(estimator: Any, **given: Any) -> CNNArchitecture:
    """Return the architecture for what samples are."""
    kind = StepCNNArchitecture if estimator._input is ANY_LENGTH else CNNArchitecture
    return kind.of(estimator, **given)


def chosen(estimator: Any, X: Any) -> TableInput:
    """Return what the samples of a new fit are; forget those of the fit before."""
    for name in ("image_shape_", "_sequence_form", "_missing_seen", "_pixels"):
        vars(estimator).pop(name, None)
    steps = estimator.n_dims == 1 and (
        estimator.missing == "mask" or is_long(X) or differ_in_length(X)
    )
    if steps or isinstance(X, Sequences) or shape_of_any_length(estimator) is not None:
        return ANY_LENGTH
    return ONE_SHAPE


def shape_of_any_length(estimator: Any) -> tuple[None, int] | None:
    """Return what ``image_shape`` says where it is (None,) or (None, C), else None."""
    given = estimator.image_shape
    if estimator.n_dims != 1 or given is None or len(given) not in (1, 2):
        return None
    channels = given[1] if len(given) == 2 else 1
    return (None, int(channels)) if given[0] is None and is_whole(channels, 1) else None


def differ_in_length(X: Any) -> bool:
    """Whether X is a list of sequences that differ in their length, and in no other axis."""
    X = listed(X)
    if not is_list(X):
        return False
    items = list(X)
    return len({_length(item) for item in items}) > 1


def _length(item: Any) -> int:
    return len(item) if hasattr(item, "__len__") else 0
