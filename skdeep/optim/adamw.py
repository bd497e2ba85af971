"""Adam with decoupled weight decay (Loshchilov and Hutter, 2019)."""

from __future__ import annotations

import numpy as np

from skdeep.optim.adam import Adam


class AdamW(Adam):
    """Adam with epsilon added after the bias correction, as in the paper's algorithm 2.

    The decay is not here: every rule may have it, so the trainer multiplies the weights by
    ``1 - rate * weight_decay`` before it calls :meth:`update`.

    Parameters
    ----------
    beta_1, beta_2 : float or ndarray of shape (M,)
        Decay rates of the moments, in [0, 1).
    epsilon : float or ndarray of shape (M,)
        Added to the root of the corrected second moment.
    """

    def table(self, step, rate):
        values = super().table(step, rate)
        correction = np.sqrt(1 - np.asarray(self.beta_2, float) ** step)
        return {**values, "epsilon": values["epsilon"] * correction}
