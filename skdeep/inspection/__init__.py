"""Looking inside fitted networks: passes layer by layer, gradients of inputs, and displays."""

from skdeep.inspection._displays.activation import ActivationMaximizationDisplay
from skdeep.inspection._displays.forecast import ForecastDisplay
from skdeep.inspection._displays.latent_space import LatentSpaceDisplay
from skdeep.inspection._displays.learning_curve import LearningCurveDisplay
from skdeep.inspection._displays.network import NetworkDisplay
from skdeep.inspection._displays.reconstruction import ReconstructionDisplay
from skdeep.inspection._displays.saliency import SaliencyDisplay
from skdeep.inspection._displays.weights import WeightsDisplay
from skdeep.inspection._dream import deep_dream
from skdeep.inspection._gradients import (
    input_gradient,
    integrated_gradients,
    saliency,
    smooth_grad,
)
from skdeep.inspection._maximization import activation_maximization
from skdeep.inspection._occlusion import occlusion
from skdeep.inspection._trace import LayerTrace, Trace, trace

__all__ = [
    "ActivationMaximizationDisplay",
    "ForecastDisplay",
    "LatentSpaceDisplay",
    "LayerTrace",
    "LearningCurveDisplay",
    "NetworkDisplay",
    "ReconstructionDisplay",
    "SaliencyDisplay",
    "Trace",
    "WeightsDisplay",
    "activation_maximization",
    "deep_dream",
    "input_gradient",
    "integrated_gradients",
    "occlusion",
    "saliency",
    "smooth_grad",
    "trace",
]
