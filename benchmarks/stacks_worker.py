"""One side of the comparison of families in a search: see `benchmarks.stacks`."""

import sys
import time
import warnings

from benchmarks.child import serve

FOLDS = 5
#: Twelve candidates: rates by penalties.
FACTORS, PENALTIES = (0.3, 1.0, 3.0), (0.0, 1e-5, 1e-4, 1e-3)


def families():
    """Return, by name, an estimator at a usual size, and its two parameters with a middle rate."""
    rbms, networks = ("learning_rate", "weight_decay"), ("learning_rate_init", "alpha")
    return {
        **{name: (model, rbms, rate) for name, (model, rate) in _rbms().items()},
        **{name: (model, networks, 0.003) for name, model in _networks().items()},
    }


def _rbms():
    from skdeep import BernoulliRBM, GaussianRBM

    short = {"n_iter": 10, "random_state": 0}
    return {
        "BernoulliRBM, 64": (BernoulliRBM(64, **short), 0.05),
        "BernoulliRBM, 256": (BernoulliRBM(**short), 0.05),
        "BernoulliRBM, 256, batch 100": (BernoulliRBM(batch_size=100, **short), 0.05),
        "GaussianRBM, 64": (GaussianRBM(64, **short), 0.003),
    }


def _networks():
    import skdeep as s

    end = {"tol": 0.0, "n_iter_no_change": 10**6, "random_state": 0, "max_iter": 20}
    small = {**end, "batch_size": 32, "hidden_layer_sizes": (32,)}
    large = {**end, "hidden_layer_sizes": (100,)}
    return {
        "RBMClassifier, 100": s.RBMClassifier(100, **end),
        "RBMClassifier, 256": s.RBMClassifier(**end),
        "Autoencoder, (32,) to 10, batch 32": s.Autoencoder(10, **small),
        "Autoencoder, (100,) to 10": s.Autoencoder(10, **large),
        "VariationalAutoencoder, (32,) to 5, batch 32": s.VariationalAutoencoder(5, **small),
        "VariationalAutoencoder, (100,) to 5": s.VariationalAutoencoder(5, **large),
        "DBNClassifier, (100, 50)": s.DBNClassifier((100, 50), pretrain_n_iter=5, **end),
        "CNNClassifier, 16 of 3 x 3, batch 64": s.CNNClassifier(
            [(16, 3)], image_shape=(8, 8), batch_size=64, **{**end, "max_iter": 10}
        ),
    }


class StacksWorker:
    """A search over one family, fitted in stacks or one by one.

    Parameters
    ----------
    side : {"stacked", "one by one"}
        Whose search it is: skdeep's or scikit-learn's.
    n_jobs : int
        Processes of the search; 1 is this one.
    """

    def __init__(self, side, n_jobs):
        self.side, self.n_jobs = side, int(n_jobs)
        warnings.simplefilter("ignore")

    def load(self, case):
        """Take a family, and do a small search of it, which starts processes and imports."""
        from sklearn.datasets import load_digits

        self.X, self.y = load_digits(return_X_y=True)
        self.X = (self.X / 16).astype("float32")
        self.estimator, self.names, self.rate = families()[case]
        self._search(self.X[:300], self.y[:300], 2, 2)

    def _search(self, X, y, n_candidates, n_epochs=None):
        from sklearn.base import clone
        from sklearn.model_selection import GridSearchCV

        if self.side == "stacked":
            from skdeep.model_selection import GridSearchCV
        rate, penalty = self.names
        grid = [{rate: [f * self.rate], penalty: [p]} for f in FACTORS for p in PENALTIES]
        model = clone(self.estimator)
        if n_epochs is not None:
            model.set_params(**{model.epochs_parameter: n_epochs})
        jobs = None if self.n_jobs == 1 else self.n_jobs
        search = GridSearchCV(model, grid[:n_candidates], cv=FOLDS, n_jobs=jobs, refit=False)
        return search.fit(X, y)

    def seconds(self):
        """Return the seconds of the search."""
        start = time.perf_counter()
        self._search(self.X, self.y, 12)
        return time.perf_counter() - start

    def scores(self):
        """Return the mean test score of each candidate."""
        return self._search(self.X, self.y, 12).cv_results_["mean_test_score"].tolist()

    def stack_size(self):
        """Return how many models the search trains at once."""
        from sklearn.base import clone

        from skdeep.estimators.fit.waiting import deferring
        from skdeep.fitting.stack_size import stack_size

        with deferring(lambda estimator: True) as jobs:
            clone(self.estimator).fit(self.X, self.y)
        return stack_size(jobs[0])


if __name__ == "__main__":
    serve(lambda: StacksWorker(*sys.argv[1:]))
