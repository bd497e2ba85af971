"""`feature_names_in_` may be set, as explainers do on a copy of a model that knows names."""

from copy import copy, deepcopy

import numpy as np
import pandas as pd
import pytest

from skdeep import AutoencoderOutlierDetector, MLPEnsembleClassifier
from tests.contracts.estimators import of_tables

X = pd.DataFrame(np.random.default_rng(0).random((30, 6)), columns=list("abcdef"))
Y = np.arange(30) % 2
MODELS = of_tables(any_columns=False)
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def use(model, rows):
    method = "predict" if hasattr(model, "predict") else "transform"
    found = getattr(model, method)(rows)
    return np.asarray(found if method == "predict" else list(found))


@every_model
@pytest.mark.parametrize("copied", [copy, deepcopy])
def test_names_that_are_none_let_arrays_in_without_a_warning(model, copied):
    model = model.fit(X, Y)
    expected = use(model, X)
    other = copied(model)
    other.feature_names_in_ = None
    np.testing.assert_array_equal(use(other, X.to_numpy()), expected)
    assert other.feature_names_in_ is None
    assert list(model.feature_names_in_) == list("abcdef")
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        use(model, X.to_numpy())


@every_model
def test_other_names(model):
    model = model.fit(X, Y)
    model.feature_names_in_ = np.array(list("uvwxyz"), object)
    use(model, X.set_axis(list("uvwxyz"), axis=1))
    with pytest.raises(ValueError, match="feature names should match"):
        use(model, X)


def test_before_fit_there_are_none():
    for model in (AutoencoderOutlierDetector(), MLPEnsembleClassifier()):
        assert not hasattr(model, "feature_names_in_")
        with pytest.raises(AttributeError, match="feature_names_in_"):
            model.feature_names_in_ = None
