"""One side of the comparison of searches, in its own process: see `benchmarks.search`."""

import sys
import time
import warnings
from dataclasses import dataclass

import numpy as np

from benchmarks.child import forget_peak, peak_bytes, serve


@dataclass(frozen=True)
class SearchCase:
    """A grid of 12 learning rates and penalties over folds, or 30 random candidates.

    Attributes
    ----------
    name : str
        What ``--cases`` calls it.
    rows, features : int
        Shape of the data; the handwritten digits where there are 64 features.
    hidden : tuple of int
        Widths of the hidden layers.
    batch, epochs, folds : int
        Of each fit.
    candidates : int
        12 for the grid; otherwise drawn at random.
    stack_sizes : tuple of int
        Models of a stack, in the part `sizes`.
    """

    name: str
    rows: int
    features: int
    hidden: tuple[int, ...]
    batch: int
    epochs: int = 20
    folds: int = 5
    candidates: int = 12
    stack_sizes: tuple[int, ...] = (1, 2, 4, 8, 15, 30, 60)

    def data(self):
        """Return float32 rows and classes."""
        if self.features == 64:
            from sklearn.datasets import load_digits

            X, y = load_digits(return_X_y=True)
            return (X / 16).astype(np.float32), y
        random = np.random.RandomState(0)
        y = random.randint(0, 5, self.rows)
        X = random.normal(size=(self.rows, self.features)) + random.normal(size=(5, 1))[y]
        return X.astype(np.float32), y

    def grid(self):
        """Return the candidates as parameter grids of one point each."""
        if self.candidates == 12:
            rates, penalties = [1e-3, 3e-3, 1e-2], [0.0, 1e-4, 1e-2, 1e-1]
            return [{"learning_rate_init": [r], "alpha": [a]} for r in rates for a in penalties]
        draws = np.random.RandomState(1).uniform(size=(self.candidates, 2))
        numbers = zip(10 ** (-4 + 2 * draws[:, 0]), 10 ** (-6 + 5 * draws[:, 1]), strict=True)
        return [{"learning_rate_init": [r], "alpha": [a]} for r, a in numbers]


CASES = {
    case.name: case
    for case in [
        SearchCase("digits32", 1797, 64, (32,), 32),
        SearchCase("digits100", 1797, 64, (100,), 200),
        SearchCase("narrow", 2000, 20, (128,), 200),
        SearchCase("wide", 2000, 50, (512,), 256, 10, stack_sizes=(1, 2, 4, 8)),
        SearchCase("tabular", 10000, 30, (128, 128), 200, 5, 3, 30, (1, 2, 4, 8)),
    ]
}


class SearchWorker:
    """Runs whole searches.

    Parameters
    ----------
    side : str
        "stacked", "one by one" (this package's network in scikit-learn's search) or "sklearn"
        (scikit-learn's network in its search).
    n_jobs : str
        Processes.
    size : str
        Models of a stack; "auto" leaves it to the package.
    """

    def __init__(self, side, n_jobs, size="auto"):
        self.side, self.n_jobs = side, int(n_jobs)
        warnings.simplefilter("ignore")
        if size != "auto":
            from skdeep.fitting import stack_size as _together

            _together.stack_size = lambda job: int(size)

    def load(self, case):
        """Take a case, and do a small search of it, which starts processes and imports."""
        self.case = CASES[case]
        self.X, self.y = self.case.data()
        self._search(self.X[:300], self.y[:300], 2, self.case.grid()[:2])

    def _search(self, X, y, epochs, grid):
        from sklearn.model_selection import GridSearchCV
        from sklearn.neural_network import MLPClassifier

        if self.side != "sklearn":
            from skdeep import MLPClassifier
        if self.side == "stacked":
            from skdeep.model_selection import GridSearchCV
        model = MLPClassifier(
            self.case.hidden,
            batch_size=self.case.batch,
            max_iter=epochs,
            n_iter_no_change=10**6,
            random_state=0,
        )
        jobs = None if self.n_jobs == 1 else self.n_jobs
        search = GridSearchCV(model, grid, cv=self.case.folds, n_jobs=jobs, refit=False)
        return search.fit(X, y)

    def seconds(self):
        """Return the seconds of the search."""
        start = time.perf_counter()
        self.last = self._search(self.X, self.y, self.case.epochs, self.case.grid())
        return time.perf_counter() - start

    def memory(self):
        """Return the bytes that the search adds to the peak of this process."""
        forget_peak()
        before = peak_bytes()
        self._search(self.X, self.y, 2, self.case.grid())
        return max(peak_bytes() - before, 4096)

    def scores(self):
        """Return the mean test score of each candidate in the last search that was timed."""
        return self.last.cv_results_["mean_test_score"].tolist()


if __name__ == "__main__":
    serve(lambda: SearchWorker(*sys.argv[1:]))
