"""Callbacks for training, on scikit-learn's callback API.

Progress bars and scores per epoch are scikit-learn's own (:class:`sklearn.callback.ProgressBar`,
:class:`sklearn.callback.ScoringMonitor`); here is what it lacks.
"""

from skdeep.callbacks.checkpoint_file import load_checkpoint
from skdeep.callbacks.history_logger import HistoryLogger
from skdeep.callbacks.model_checkpoint import ModelCheckpoint
from skdeep.callbacks.time_budget import TimeBudget
from skdeep.estimators.fit.running_fit import RunningFit, running_fit
from skdeep.fitting.resuming import CheckpointError

__all__ = [
    "CheckpointError",
    "HistoryLogger",
    "ModelCheckpoint",
    "RunningFit",
    "TimeBudget",
    "load_checkpoint",
    "running_fit",
]
