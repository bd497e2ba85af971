"""The restricted Boltzmann machine that classifies."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from skdeep.backend import compute, get_backend
from skdeep.backend.base import Random
from skdeep.backend.user_warnings import warn
from skdeep.data.class_target import ClassTarget
from skdeep.data.place import to_host
from skdeep.data.table import check_rows
from skdeep.estimators._classifier import BaseNetworkClassifier
from skdeep.estimators._constraints import NETWORK_CONSTRAINTS
from skdeep.estimators._docs import documented
from skdeep.estimators._parameters import check_seed
from skdeep.estimators._ranges import value_range, within_unit_interval
from skdeep.estimators._rbm_model import check_counts
from skdeep.estimators.rbm.architecture import ClassRBMArchitecture
from skdeep.kernels.activations import logistic
from skdeep.nn.labelled import ClassScores
from skdeep.nn.losses import Loss, SoftmaxLogLoss
from skdeep.nn.params import ParamStore
from skdeep.nn.rbm import RBM
from skdeep.train.gibbs import GibbsChains
from skdeep.train.labelled_divergence import LabelledDivergence
from skdeep.train.supervised import Supervised

_SHARED = (
    "solver",
    "alpha",
    "batch_size",
    "learning_rate",
    "learning_rate_init",
    "power_t",
    "max_iter",
    "shuffle",
    "random_state",
    "tol",
    "verbose",
    "warm_start",
    "momentum",
    "nesterovs_momentum",
    "early_stopping",
    "validation_fraction",
    "beta_1",
    "beta_2",
    "epsilon",
    "n_iter_no_change",
    "max_fun",
    "weight_decay",
    "learning_rate_schedule",
    "gradient_clip_norm",
    "gradient_clip_value",
    "ema_decay",
    "scoring",
    "validation_split",
    "initial_weights",
    "frozen_layers",
    "device",
    "dtype",
)


@documented
class RBMClassifier(BaseNetworkClassifier):
    """Restricted Boltzmann machine of rows with their classes.

    Visible units are those of the row and one for each class, of which exactly one is on; hidden
    units are binary. The probabilities of the classes given a row are exact, and so is the gradient
    of their log-loss; that of the joint probability of row and class is found by contrastive
    divergence (Larochelle and Bengio, 2008).

    Parameters
    ----------
    n_components : int, default=256
        Number of hidden units.

    training : {'hybrid', 'discriminative', 'generative'}, default='hybrid'
        What is learned: the classes given the rows ('discriminative'), rows and classes jointly
        ('generative'), or the first with some of the second, which often generalises best.

    generative_weight : float, default=0.01
        Share of the joint part with ``training='hybrid'``.

    n_gibbs_steps : int, default=1
        Gibbs steps of contrastive divergence.

    %(SKLEARN_PARAMETERS)s

    %(RULE_PARAMETERS)s

    %(DEVICE_PARAMETERS)s

    label_smoothing : float, default=0.0
        Share of the target spread evenly over the classes (Szegedy et al., 2016), in what is
        learned of the classes given the rows.

    class_weight : dict, 'balanced' or None, default=None
        Factors of the row weights by class, as everywhere in scikit-learn.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Classes.

    n_outputs_ : int
        Number of classes.

    %(HISTORY_ATTRIBUTES)s

    %(COUNT_ATTRIBUTES)s

    %(FEATURE_ATTRIBUTES)s

    See Also
    --------
    BernoulliRBM : Without classes.
    MLPClassifier : The multilayer perceptron.

    Notes
    -----
    ``loss_curve_`` and `early_stopping` watch the classes given the rows, whatever is learned.
    The weights U of the classes are the last rows of ``get_weights()["scores.W"]``, their biases d
    the last of ``"scores.b"``. With ``training='discriminative'`` the biases of the features have
    no part in learning and stay zero, so that samples and free energies say little.

    References
    ----------
    Larochelle and Bengio (2008). Classification using discriminative restricted Boltzmann machines.
    ICML.

    Larochelle, Mandel, Pascanu and Bengio (2012). Learning algorithms for the classification
    restricted Boltzmann machine. JMLR 13.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep import RBMClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> X = X / 16
    >>> model = RBMClassifier(50, learning_rate_init=0.02, tol=0.005, random_state=0)
    >>> model.fit(X[:1000], y[:1000]).score(X[1000:], y[1000:]) > 0.9
    True
    >>> rows, classes = model.sample(3, y=7, random_state=0)
    >>> rows.shape, classes
    ((3, 64), array([7, 7, 7]))
    """

    _parameter_constraints: ClassVar[dict] = {
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "training": [StrOptions({"hybrid", "discriminative", "generative"})],
        "generative_weight": [Interval(Real, 0, None, closed="left")],
        "n_gibbs_steps": [Interval(Integral, 1, None, closed="left")],
        **{name: NETWORK_CONSTRAINTS[name] for name in _SHARED},
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

    def __init__(
        self,
        n_components=256,
        *,
        training="hybrid",
        generative_weight=0.01,
        n_gibbs_steps=1,
        solver="adam",
        alpha=0.0001,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.001,
        power_t=0.5,
        max_iter=200,
        shuffle=True,
        random_state=None,
        tol=1e-4,
        verbose=False,
        warm_start=False,
        momentum=0.9,
        nesterovs_momentum=True,
        early_stopping=False,
        validation_fraction=0.1,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        n_iter_no_change=10,
        max_fun=15000,
        weight_decay=0.0,
        learning_rate_schedule=None,
        gradient_clip_norm=None,
        gradient_clip_value=None,
        ema_decay=None,
        scoring=None,
        validation_split=None,
        initial_weights=None,
        frozen_layers=(),
        device="auto",
        dtype=None,
        label_smoothing=0.0,
        class_weight=None,
    ):
        self.n_components = n_components
        self.training = training
        self.generative_weight = generative_weight
        self.n_gibbs_steps = n_gibbs_steps
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.weight_decay = weight_decay
        self.learning_rate_schedule = learning_rate_schedule
        self.gradient_clip_norm = gradient_clip_norm
        self.gradient_clip_value = gradient_clip_value
        self.ema_decay = ema_decay
        self.scoring = scoring
        self.validation_split = validation_split
        self.initial_weights = initial_weights
        self.frozen_layers = frozen_layers
        self.device = device
        self.dtype = dtype
        self.label_smoothing = label_smoothing
        self.class_weight = class_weight

    def predict_proba(self, X):  # type: ignore[override]  # without noise to average over
        """Predict the probabilities of the classes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Probabilities in the order of ``classes_``.
        """
        return self._forward(X)

    def decision_function(self, X):
        """Return the scores of the classes: minus the free energy of the row with each of them.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        scores : ndarray of shape (n_samples,) or (n_samples, n_classes)
            One number per class, up to what all share; for two classes their difference, positive
            for ``classes_[1]``.
        """
        scores = self._forward(X, "logits")
        return scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores

    def transform(self, X):
        """Return the probabilities of the hidden units given each row, whatever its class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        h : array of shape (n_samples, n_components)
            ``sum_k p(y=k | x) p(h=1 | x, y=k)``, in the dtype of the model.
        """
        proba = self._forward(X)
        X = check_rows(self, X, self._device)
        p, n = self._machine().views(self._values), self.n_features_in_

        def features(xp: Any, given: Any) -> Any:
            W, c = xp.asarray(p.W[0]), xp.asarray(p.c[0])
            x = X @ W[:n] + c
            return sum(given[:, k : k + 1] * logistic(xp, x + W[n + k]) for k in range(len(W) - n))

        return self._as_features(compute(features, proba))

    @property
    def _n_features_out(self) -> int:
        check_is_fitted(self)
        return self._machine().n_hidden

    def free_energy(self, X, y=None):
        """Return the free energy of each row: minus the log of its probability, up to a constant.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,), default=None
            Classes of the rows; None sums over them.

        Returns
        -------
        free_energy : ndarray of shape (n_samples,)
            ``-log sum_h exp(-E(x, y, h))``, in nats.

        Raises
        ------
        ValueError
            If `y` has another length than `X`, or classes that the model does not know.
        """
        scores = np.asarray(to_host(self._forward(X, "logits")), float)
        X = to_host(check_rows(self, X, self._device))
        bias = self._machine().views(self._values).b[0, 0, : self.n_features_in_]
        if y is None:
            found = np.logaddexp.reduce(scores, axis=1)
        else:
            found = scores[np.arange(len(scores)), self._codes(y, len(scores))]
        return -found - X @ bias

    def sample(self, n_samples=1, y=None, n_gibbs_steps=1000, random_state=None):
        """Draw rows with classes from the model by block Gibbs sampling.

        Parameters
        ----------
        n_samples : int, default=1
            How many rows to draw, each by a chain of its own.
        y : class or array-like of shape (n_samples,), default=None
            Classes to hold; None draws them too.
        n_gibbs_steps : int, default=1000
            Steps of each chain, from hidden units that fire with probability one half.
        random_state : int, RandomState instance or None, default=None
            Seed of the chains.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
            States 0 or 1 of the features, in the dtype of the model.
        y : ndarray of shape (n_samples,)
            Classes.

        Raises
        ------
        ValueError
            If `n_samples` or `n_gibbs_steps` is less than one, or the model does not know a class
            in `y`.
        """
        check_is_fitted(self)
        check_counts(n_samples=n_samples, n_gibbs_steps=n_gibbs_steps)
        codes = None
        if y is not None:
            codes = self._codes(np.full(n_samples, y) if np.ndim(y) == 0 else y, n_samples)
        words = check_seed(random_state).randint(0, 2**32, 4, dtype=np.uint32)
        random, rbm = Random([np.random.SeedSequence(words.tolist())]), self._machine()
        store = ParamStore(get_backend(self._device), rbm.layout, self._values, adopt=True)
        chains = GibbsChains(rbm, store, n_samples, random)
        draws = np.empty((1, n_samples, rbm.n_hidden))
        random.fill(draws, "uniform")
        chains.start_hidden((draws[0] < 0.5).astype(float))
        self._run_chains(chains, codes, n_gibbs_steps)
        states, n = chains.ops.to_host(chains.v[0]), self.n_features_in_
        return states[:, :n], self.classes_[states[:, n:].argmax(axis=1)]

    def _run_chains(self, chains: GibbsChains, codes: np.ndarray | None, n_steps: int) -> None:
        """Take Gibbs steps, with the classes held at `codes` where there are any."""
        ops, labels = chains.ops, chains.v[:, :, self.n_features_in_ :]
        held = None
        if codes is not None:
            held = ops.to_device(np.eye(len(self.classes_), dtype=self._values.dtype)[None, codes])
        for step in range(n_steps):
            if step:
                chains.up()
            chains.down()
            if held is not None:
                ops.copy(held, labels)

    def _codes(self, y: Any, n: int) -> np.ndarray:
        """Return the index of the class of each of `n` rows."""
        y = np.asarray(to_host(y))
        if y.shape != (n,):
            raise ValueError(f"y must hold one class for each of {n} rows, got shape {y.shape}")
        self._target.check(y)
        return np.asarray(np.searchsorted(self.classes_, y))

    def _machine(self) -> RBM:
        """Describe the machine of rows with classes."""
        layer = self._network.root.layers[0]
        assert isinstance(layer, ClassScores)
        return layer.rbm(self.n_features_in_)

    # ------------------------------------------------------------------ what the base asks for

    def _architecture(self) -> ClassRBMArchitecture:
        return ClassRBMArchitecture.of(self)

    def _describe_network(self) -> None:
        """Set nothing: there is one layer."""

    def _find_target(self, y, classes=None):
        found = ClassTarget.of(y, classes)
        if found.kind not in ("binary", "multiclass"):
            raise ValueError(f"RBMClassifier takes one column of classes, got a {found.kind} y")
        return ClassTarget("multiclass", found.classes)  # two classes have a unit each, too

    def _loss(self) -> Loss:
        return SoftmaxLogLoss(len(self.classes_), self.label_smoothing)

    _cache_factor = 0.375
    _objective_numbers = ("alpha", "generative_weight")
    _free = frozenset({"generative_weight"})

    def _agreement(self):
        return self.training, int(self.n_gibbs_steps)

    def _step_numbers(self, network, batch):
        """Count the chains, whose units lie beside those of the rows, and their second gradient."""
        if self.training == "discriminative":
            return super()._step_numbers(network, batch)
        units = self._machine().n_visible + self._machine().n_hidden
        return super()._step_numbers(network, batch) + 4 * batch * units + self._network.layout.size

    def _objective(self, network, store, table, **options) -> Supervised:
        share = options.pop("generative_weight", self.generative_weight)
        if self.training == "discriminative":
            return Supervised(network, store, table, **options)
        hybrid = self.training == "hybrid"
        return LabelledDivergence(
            network,
            store,
            table,
            rbm=self._machine(),
            discriminative=hybrid,
            share=share if hybrid else 1.0,
            n_steps=self.n_gibbs_steps,
            **options,
        )

    def _check_combinations(self, incremental):
        super()._check_combinations(incremental)
        if self.solver == "lbfgs" and self.training != "discriminative":
            raise ValueError(
                f"training={self.training!r} does not go with solver='lbfgs', which needs an "
                "objective that is not random: use another solver or training='discriminative'"
            )

    def _check_data(self, X, y, *, reset):
        X, y = super()._check_data(X, y, reset=reset)
        low, high = value_range(X)
        if self.training != "discriminative" and not within_unit_interval(low, high):
            warn(
                f"RBMClassifier expects values in [0, 1], got values from {low:.3g} to "
                f"{high:.3g}. Scale the features first, for example with "
                "MinMaxScaler(clip=True), or choose training='discriminative'.",
                UserWarning,
            )
        return X, y

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = False
        tags.classifier_tags.multi_label = False
        return tags
