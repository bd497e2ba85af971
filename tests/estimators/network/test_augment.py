"""``augment=`` of listed layers: that of the convolutional networks, on what the layers see."""

import numpy as np
import pytest
from sklearn.base import clone

from skdeep import CNNClassifier, CNNRegressor, NetworkClassifier, NetworkRegressor
from skdeep.augmentation import Brightness, Flip, Rotate, Scale, Shift
from skdeep.nn import (
    GRU,
    Activation,
    Conv,
    Dense,
    Embedding,
    LastStep,
    MeanSteps,
    Reshape,
    StepConv,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X = np.random.default_rng(0).uniform(size=(20, 6, 6, 1))
Y = X[:, :, :3].mean(axis=(1, 2, 3)) - X[:, :, 3:].mean(axis=(1, 2, 3))
CONVOLUTION = [Conv(2, 3, name="conv_0"), Activation("relu")]
SHORT = {"max_iter": 3, "batch_size": 8, "random_state": 0, "learning_rate_init": 0.01}


@pytest.mark.parametrize("kind", ["images", "table", "sequences"])
@pytest.mark.parametrize("numeric", [False, True])
def test_it_trains_as_the_convolutional_network_does(kind, numeric):
    if numeric:
        kinds, y = (CNNRegressor, NetworkRegressor), Y
        options = {"augment": [Flip(y="negate"), Shift(1, y="keep")], "standardize_target": True}
    else:
        kinds, y = (CNNClassifier, NetworkClassifier), Y > 0
        options = {"augment": [Flip(), Rotate(30), Brightness(0.2)]}
    layers, images, samples, shape = list(CONVOLUTION), X, X, {}
    if kind == "table":
        layers, samples = [Reshape((6, 6, 1)), *layers], X.reshape(20, -1)
    elif kind == "sequences":
        layers = [StepConv(2, 3, name="conv_0"), Activation("relu"), MeanSteps()]
        images = samples = [image[: 3 + k % 4, :, 0] for k, image in enumerate(X)]
        shape = {"n_dims": 1}
        if not numeric:
            options = {"augment": [Flip(), Scale(0.2), Shift(1)]}
    convolutional = kinds[0]([(2, 3)], (), pooling=None, **shape, **SHORT, **options)
    listed = kinds[1](layers, **SHORT, **options)
    start = clone(listed).set_params(max_iter=1, learning_rate_init=1e-30).fit(samples, y)
    weights = {"initial_weights": start.get_weights()}
    expected = convolutional.set_params(**weights).fit(images, y)
    found = clone(listed).set_params(**weights).fit(samples, y)
    np.testing.assert_array_equal(found.loss_curve_, expected.loss_curve_)
    np.testing.assert_array_equal(found.predict(samples), expected.predict(images))
    plain = clone(listed).set_params(augment=None, **weights).fit(samples, y)
    assert not np.allclose(plain.loss_curve_, found.loss_curve_)


@pytest.mark.parametrize(
    ("layers", "options", "message"),
    [
        ([Dense(3)], {}, r"first layer sees samples of shape \(36,\): put Reshape"),
        ([GRU(3), LastStep()], {"augment": Brightness(0.1)}, "X holds sequences of any length"),
        ([Embedding(9, 2), GRU(3), LastStep()], {}, "layers read tokens"),
        (CONVOLUTION, {"solver": "lbfgs"}, "augment does not work with solver='lbfgs'"),
        (CONVOLUTION, {"augment": ["flip"]}, "augment must hold objects of skdeep.augmentation"),
        (CONVOLUTION, {"augment": Flip()}, "y of a regressor may have to follow"),
        (CONVOLUTION, {"augment": Flip(y="keypoints")}, "needs pairs of columns"),
        ([Conv(2, 3, name="augmentation")], {}, "may not be called 'augmentation'"),
    ],
)
def test_what_it_refuses(layers, options, message):
    samples = X.reshape(20, -1) if isinstance(layers[0], Dense) else X
    samples = X[..., 0] if isinstance(layers[0], GRU) else samples
    model = NetworkRegressor(layers, **{"augment": Shift(1, y="keep"), **options})
    with pytest.raises(ValueError, match=message):
        model.fit(samples, Y)
