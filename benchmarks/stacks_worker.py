"""One side of the comparison of families in a search: see `benchmarks.stacks`."""

import sys
import time
import warnings
from dataclasses import dataclass

import numpy as np

from benchmarks.child import serve

#: Twelve candidates: rates by penalties.
FACTORS, PENALTIES = (0.3, 1.0, 3.0), (0.0, 1e-5, 1e-4, 1e-3)
#: Training ends after so many epochs, whatever the loss.
END = {"tol": 0.0, "n_iter_no_change": 10**6, "random_state": 0}


@dataclass(frozen=True)
class Family:
    """An estimator at a usual size, what it learns from, and what a search varies.

    Attributes
    ----------
    model : estimator
        Of this package; or a pipeline, whose last step it is.
    data : callable
        Returns samples and their y, which may be None.
    rate : float
        The middle one of three learning rates.
    names : tuple of str
        Parameters: the learning rate and a penalty.
    epochs : str
        Parameter of the number of epochs.
    """

    model: object
    data: object
    rate: float = 0.003
    names: tuple[str, str] = ("learning_rate_init", "alpha")
    epochs: str = "max_iter"


def digits():
    """Return the handwritten digits as rows of 64 pixels."""
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    return (X / 16).astype("float32"), y


def images():
    """Return the digits as images of 8 x 8 pixels."""
    X, y = digits()
    return X.reshape(-1, 8, 8), y


def series():
    """Return 900 digits as series of their lines, of which up to four are missing."""
    X, y = images()
    lengths = np.random.default_rng(0).integers(4, 9, 900)
    return [x[:n] for x, n in zip(X, lengths, strict=False)], y[:900]


def names():
    """Return 1,000 names of 3 to 12 letters in six languages, which prefer letters of their own."""
    random = np.random.default_rng(0)
    y = random.integers(0, 6, 1000)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    preferred = random.dirichlet(np.full(26, 0.5), 6)
    lengths = random.integers(3, 13, 1000)
    words = zip(y, lengths, strict=True)
    return ["".join(random.choice(letters, n, p=preferred[k])) for k, n in words], y


def tags():
    """Return the names, and for each of their letters whether it is a vowel."""
    X, _ = names()
    X = [np.array([ord(letter) - 97 for letter in name]) for name in X]
    return X, [np.isin(x, [0, 4, 8, 14, 20]).astype(int) for x in X]


def waves():
    """Return 24 series of 120 steps: sines of random phases, and noise."""
    random = np.random.default_rng(0)
    steps = np.arange(120) + random.uniform(0, 12, (24, 1))
    values = np.sin(steps * np.pi / 6) + 0.1 * random.normal(size=steps.shape)
    return list(values[..., None]), None


def sentences():
    """Return 300 sentences of two to six words, and the same backwards."""
    random = np.random.default_rng(0)
    words = [[f"w{k}" for k in random.integers(0, 30, n)] for n in random.integers(2, 7, 300)]
    return [" ".join(x) for x in words], [" ".join(x[::-1]) for x in words]


def table():
    """Return 1,000 rows of 8 numbers and a class."""
    random = np.random.default_rng(0)
    X = random.normal(size=(1000, 8)).astype("float32")
    return X, (X[:, 0] * X[:, 1] + X[:, 2] > 0).astype(int)


def families():
    """Return the families by their names."""
    return {**_perceptrons(), **_machines(), **_coders(), **_images(), **_sequences()}


def _perceptrons():
    import skdeep as s
    from skdeep.nn import Activation, Dense

    end = {**END, "max_iter": 20}
    layers = [Dense(32), Activation("relu")]
    tabular = s.TabularMLPClassifier(hidden_layer_sizes=(64, 64), max_iter=8, random_state=0)
    factor = ("learning_rate_init", "weight_decay")
    return {
        "MLPClassifier, (32,), batch 32": Family(
            s.MLPClassifier((32,), batch_size=32, **end), digits
        ),
        "MLPClassifier, (100,)": Family(s.MLPClassifier(**end), digits),
        "MLPClassifier, (512, 512)": Family(
            s.MLPClassifier((512, 512), **{**end, "max_iter": 5}), digits
        ),
        "MLPRegressor, (64,)": Family(s.MLPRegressor(hidden_layer_sizes=(64,), **end), digits),
        "NetworkClassifier": Family(s.NetworkClassifier(layers, **end), digits),
        "MLPEnsembleClassifier": Family(
            s.MLPEnsembleClassifier(s.MLPClassifier((32,), **end), 3, random_state=0),
            digits,
            names=("estimator__learning_rate_init", "estimator__alpha"),
            epochs="estimator__max_iter",
        ),
        "TabularMLPClassifier": Family(tabular, table, 0.03, factor),
    }


def _machines():
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    import skdeep as s

    end = {**END, "max_iter": 20}
    short, names = {"n_iter": 10, "random_state": 0}, ("learning_rate", "weight_decay")
    own = {"names": names, "epochs": "n_iter"}
    pipeline = make_pipeline(s.BernoulliRBM(64, **short), LogisticRegression(max_iter=20))
    return {
        "BernoulliRBM, 64": Family(s.BernoulliRBM(64, **short), digits, 0.05, **own),
        "BernoulliRBM, 256": Family(s.BernoulliRBM(**short), digits, 0.05, **own),
        "BernoulliRBM, 256, batch 100": Family(
            s.BernoulliRBM(batch_size=100, **short), digits, 0.05, **own
        ),
        "GaussianRBM, 64": Family(s.GaussianRBM(64, **short), digits, 0.003, **own),
        "BernoulliRBM before LogisticRegression": Family(
            pipeline,
            digits,
            0.05,
            tuple(f"bernoullirbm__{name}" for name in names),
            "bernoullirbm__n_iter",
        ),
        "RBMClassifier, 100": Family(s.RBMClassifier(100, **end), digits),
        "RBMClassifier, 256": Family(s.RBMClassifier(**end), digits),
        "DBNClassifier, (100, 50)": Family(
            s.DBNClassifier((100, 50), pretrain_n_iter=5, **end), digits
        ),
    }


def _coders():
    import skdeep as s

    end = {**END, "max_iter": 20}
    small = {**end, "batch_size": 32, "hidden_layer_sizes": (32,)}
    large = {**end, "hidden_layer_sizes": (100,)}
    return {
        "Autoencoder, (32,) to 10, batch 32": Family(s.Autoencoder(10, **small), digits),
        "Autoencoder, (100,) to 10": Family(s.Autoencoder(10, **large), digits),
        "VariationalAutoencoder, (32,) to 5, batch 32": Family(
            s.VariationalAutoencoder(5, **small), digits
        ),
        "VariationalAutoencoder, (100,) to 5": Family(s.VariationalAutoencoder(5, **large), digits),
    }


def _images():
    import skdeep as s

    short = {**END, "max_iter": 4, "batch_size": 64}
    return {
        "CNNClassifier, 16 of 3 x 3, batch 64": Family(s.CNNClassifier([(16, 3)], **short), images),
        "CNNClassifier, 16 and 32 of 3 x 3, batch 64": Family(
            s.CNNClassifier([(16, 3), (32, 3)], **short), images
        ),
        "ConvAutoencoder, 8 of 3 x 3, batch 64": Family(
            s.ConvAutoencoder(5, conv_layers=[(8, 3)], **short), images
        ),
    }


def _sequences():
    import skdeep as s

    short = {**END, "max_iter": 5}
    pairs = {"units": 32, "embedding_dim": 16, "max_iter": 3, "random_state": 0}
    return {
        "RNNClassifier of names": Family(s.RNNClassifier((64,), unit="character", **short), names),
        "RNNClassifier, GRU of 32": Family(s.RNNClassifier((32,), cell="gru", **short), series),
        "RNNTagger": Family(s.RNNTagger((32,), embedding_dim=8, **short), tags),
        "RNNForecaster": Family(s.RNNForecaster((32,), **short), waves),
        "RNNAutoencoder": Family(s.RNNAutoencoder(4, 16, **short), series),
        "AttentionClassifier": Family(s.AttentionClassifier(1, 16, n_heads=2, **short), series),
        "Seq2SeqTranslator": Family(s.Seq2SeqTranslator("gru", **pairs), sentences),
    }


class StacksWorker:
    """A search over one family, fitted in stacks or one by one.

    Parameters
    ----------
    side : {"stacked", "one by one"}
        Whose search it is: skdeep's or scikit-learn's.
    n_jobs : int
        Processes of the search; 1 is this one.
    candidates, folds : int
        Of the search.
    """

    def __init__(self, side, n_jobs, candidates, folds):
        self.side, self.n_jobs = side, int(n_jobs)
        self.candidates, self.folds = int(candidates), int(folds)
        warnings.simplefilter("ignore")

    def load(self, case):
        """Take a family, and do a small search of it, which starts processes and imports."""
        self.family = families()[case]
        self.X, self.y = self.family.data()
        n = min(len(self.X), 200)
        self._search(self.X[:n], None if self.y is None else self.y[:n], 2, 2)

    def _search(self, X, y, n_candidates, n_epochs=None):
        from sklearn.base import clone
        from sklearn.model_selection import GridSearchCV

        if self.side == "stacked":
            from skdeep.model_selection import GridSearchCV
        rate, penalty = self.family.names
        middle = self.family.rate
        grid = [{rate: [f * middle], penalty: [p]} for p in PENALTIES for f in FACTORS]
        model = clone(self.family.model)
        if n_epochs is not None:
            model.set_params(**{self.family.epochs: n_epochs})
        jobs = None if self.n_jobs == 1 else self.n_jobs
        search = GridSearchCV(
            model, grid[:n_candidates], cv=self.folds, n_jobs=jobs, refit=False, error_score="raise"
        )
        return search.fit(X, y)

    def seconds(self):
        """Return the seconds of the search."""
        start = time.perf_counter()
        self.last = self._search(self.X, self.y, self.candidates)
        return time.perf_counter() - start

    def scores(self):
        """Return the mean test score of each candidate in the last search that was timed."""
        return self.last.cv_results_["mean_test_score"].tolist()


if __name__ == "__main__":
    serve(lambda: StacksWorker(*sys.argv[1:]))
