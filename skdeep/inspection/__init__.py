"""Looking inside fitted networks: passes layer by layer, gradients of inputs, and displays."""

from skdeep.inspection._gradients import (
    input_gradient,
    integrated_gradients,
    saliency,
    smooth_grad,
)
from skdeep.inspection._maximization import activation_maximization, deep_dream
from skdeep.inspection._occlusion import occlusion
from skdeep.inspection._trace import LayerTrace, Trace, trace

__all__ = [
    "LayerTrace",
    "Trace",
    "activation_maximization",
    "deep_dream",
    "input_gradient",
    "integrated_gradients",
    "occlusion",
    "saliency",
    "smooth_grad",
    "trace",
]
