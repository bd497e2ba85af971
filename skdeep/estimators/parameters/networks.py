"""Groups of parameters that most networks have together."""

from skdeep.estimators.parameters._declaration import parameter_group
from skdeep.estimators.parameters.dense import (
    DropoutSamples,
    HiddenFeatures,
    KernelInitializer,
    LayerDropout,
    LayerNormalization,
    ResidualLayers,
)
from skdeep.estimators.parameters.targets import (
    ClassificationLoss,
    ClassWeight,
    LabelSmoothing,
    RegressionTarget,
)
from skdeep.estimators.parameters.training import (
    LBFGS,
    Device,
    GivenWeights,
    Solver,
    Training,
    UpdateRules,
    ValidationScore,
    ValidationSplit,
)


@parameter_group
class Optimization(LBFGS, Training, Solver):
    """How a network is optimised, by mini-batches or L-BFGS: all of scikit-learn's parameters."""


@parameter_group
class Regularization(KernelInitializer, ResidualLayers, LayerNormalization, LayerDropout):
    """What goes with hidden layers."""


@parameter_group
class FineControl(GivenWeights, ValidationSplit, ValidationScore, UpdateRules):
    """Rules of each step, validation, and weights that are given or kept."""


@parameter_group
class Features(DropoutSamples, HiddenFeatures):
    """Hidden features and the uncertainty of predictions."""


@parameter_group
class Classification(ClassWeight, LabelSmoothing, ClassificationLoss):
    """Loss and weights of classes."""


@parameter_group
class NetworkTraining(Device, Features, FineControl, Regularization, Optimization):
    """All parameters of a supervised network but its layers and its targets."""


__all__ = [
    "Classification",
    "Features",
    "FineControl",
    "NetworkTraining",
    "Optimization",
    "RegressionTarget",
    "Regularization",
]
