"""Checks of your own layers and losses, and a way to see what a layer or a loss computes."""

from skdeep.testing.layer_checks import check_layer
from skdeep.testing.loss_checks import check_loss
from skdeep.testing.running import run_layer, run_loss

__all__ = ["check_layer", "check_loss", "run_layer", "run_loss"]
