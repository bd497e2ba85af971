"""A process that is killed at any moment leaves a checkpoint to go on from exactly."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from skdeep.callbacks import ModelCheckpoint
from skdeep.callbacks._format import read
from tests.callbacks.fits import X, Y, assert_equal_training, classifier

CHILD = """
import sys
from skdeep.callbacks import ModelCheckpoint
from tests.callbacks.fits import X, Y, classifier

saving = ModelCheckpoint(sys.argv[1], save_best=True, resume=True)
classifier(dropout=0.2, max_iter=100000, n_iter_no_change=10**9).set_callbacks(saving).fit(X, Y)
"""

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs kill -9"),
]


def last_epoch(folder):
    path = folder / "latest.skdeep"
    return read(path)["state"]["history"]["n_iter_"] if path.exists() else 0


def test_kill_and_go_on(tmp_path):
    for _ in range(2):
        before = last_epoch(tmp_path)
        child = subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path)], cwd=os.getcwd())
        try:
            start = time.monotonic()
            while last_epoch(tmp_path) == before:
                assert time.monotonic() < start + 60
                assert child.poll() is None
                time.sleep(0.01)
            time.sleep(random.uniform(0, 0.2))  # anywhere within an epoch or a write
        finally:
            child.send_signal(signal.SIGKILL)
            child.wait()
    epoch = last_epoch(tmp_path)
    params = {"dropout": 0.2, "max_iter": epoch + 5, "n_iter_no_change": 10**9}
    saving = ModelCheckpoint(tmp_path, save_best=True, resume=True)
    resumed = classifier(**params).set_callbacks(saving).fit(X, Y)
    assert_equal_training(resumed, classifier(**params).fit(X, Y))
    found = sorted(file.name for file in tmp_path.iterdir())
    assert found == ["best.skdeep", "latest.skdeep"]  # nothing half-written is left
