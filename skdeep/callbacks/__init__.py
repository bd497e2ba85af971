"""Callbacks for training, on scikit-learn's callback API.

scikit-learn has its own, too: :class:`sklearn.callback.ProgressBar`, whose bars show percentages,
and :class:`sklearn.callback.ScoringMonitor`. Here is what it lacks.
"""

from skdeep.callbacks.checkpoint_file import load_checkpoint
from skdeep.callbacks.history_logger import HistoryLogger
from skdeep.callbacks.model_checkpoint import ModelCheckpoint
from skdeep.callbacks.progress_bar import ProgressBar
from skdeep.callbacks.time_budget import TimeBudget
from skdeep.estimators.fit.running_fit import RunningFit, running_fit
from skdeep.fitting.resuming import CheckpointError

__all__ = [
    "CheckpointError",
    "HistoryLogger",
    "ModelCheckpoint",
    "ProgressBar",
    "RunningFit",
    "TimeBudget",
    "load_checkpoint",
    "running_fit",
]
