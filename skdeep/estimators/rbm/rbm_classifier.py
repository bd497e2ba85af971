"""The restricted Boltzmann machine that classifies."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdeep.backend import compute, get_backend
from skdeep.backend.base import Random
from skdeep.backend.user_warnings import warn
from skdeep.data.class_target import ClassTarget
from skdeep.data.place import to_host
from skdeep.data.table import check_rows
from skdeep.estimators.checks.memory import check_draws
from skdeep.estimators.checks.parameters import check_seed
from skdeep.estimators.checks.value_ranges import value_range, within_unit_interval
from skdeep.estimators.classifier import BaseNetworkClassifier
from skdeep.estimators.fit.planning import network_recipe
from skdeep.estimators.outputs import as_features
from skdeep.estimators.parameters import estimator_parameters, texts
from skdeep.estimators.parameters.rbm import RBMClassifierParameters
from skdeep.estimators.rbm.architecture import ClassRBMArchitecture
from skdeep.estimators.rbm.model import check_counts
from skdeep.fitting.plan import Recipe
from skdeep.fitting.stack_size import row_numbers
from skdeep.kernels.activations import logistic
from skdeep.nn.boltzmann.labelled import ClassRBM
from skdeep.nn.boltzmann.rbm import RBM
from skdeep.nn.core.params import ParamStore
from skdeep.nn.losses import Loss, SoftmaxLogLoss
from skdeep.train.boltzmann.gibbs import GibbsChains
from skdeep.train.boltzmann.labelled_divergence import LabelledDivergence
from skdeep.train.supervised import Supervised


@estimator_parameters(attributes=[texts.HISTORY, texts.COUNTS, texts.FEATURES], notes=texts.TABLE)
class RBMClassifier(RBMClassifierParameters, BaseNetworkClassifier):
    """Restricted Boltzmann machine of samples with their classes.

    Visible units are those of the sample and one for each class, of which exactly one is on; hidden
    units are binary. The probabilities of the classes given a sample are exact, and so is the
    gradient of their log-loss; that of the joint probability of sample and class is found by
    contrastive divergence (Larochelle and Bengio, 2008).

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Classes.

    out_activation_ : str
        'softmax', by which free energies give probabilities.

    n_outputs_ : int
        Number of classes.

    See Also
    --------
    BernoulliRBM : Without classes.
    MLPClassifier : The multilayer perceptron.

    Notes
    -----
    ``loss_curve_`` and `early_stopping` watch the classes given the samples, whatever is learned.
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

    def predict_proba(self, X):  # type: ignore[override]  # without noise to average over
        """Predict the probabilities of the classes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.

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
            Samples.

        Returns
        -------
        scores : ndarray of shape (n_samples,) or (n_samples, n_classes)
            One number per class, up to what all share; for two classes their difference, positive
            for ``classes_[1]``.
        """
        scores = self._forward(X, "logits")
        return scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores

    def transform(self, X):
        """Return the probabilities of the hidden units given each sample, whatever its class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        h : array of shape (n_samples, n_components)
            ``sum_k p(y=k | x) p(h=1 | x, y=k)``, in the dtype of the model.
        """
        proba = self._forward(X)
        X = check_rows(self, X, self._device)
        p, n = self._rbm().views(self._values), self.n_features_in_

        def features(xp: Any, given: Any, rows: Any) -> Any:
            W, c = xp.asarray(p.W[0]), xp.asarray(p.c[0])
            x = (rows @ W[:n]).astype(W.dtype, copy=False) + c
            return sum(given[:, k : k + 1] * logistic(xp, x + W[n + k]) for k in range(len(W) - n))

        return as_features(self, compute(features, proba, X))

    @property
    def _n_features_out(self) -> int:
        check_is_fitted(self)
        return self._rbm().n_hidden

    def free_energy(self, X, y=None):
        """Return each sample's free energy: minus the log of its probability, up to a constant.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.
        y : array-like of shape (n_samples,), default=None
            Classes of the samples; None sums over them.

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
        bias = self._rbm().views(self._values).b[0, 0, : self.n_features_in_]
        if y is None:
            found = np.logaddexp.reduce(scores, axis=1)
        else:
            found = scores[np.arange(len(scores)), self._codes(y, len(scores))]
        return -found - X @ bias

    def sample(self, n_samples=1, y=None, n_gibbs_steps=1000, random_state=None):
        """Draw samples with classes from the model by block Gibbs sampling.

        Parameters
        ----------
        n_samples : int, default=1
            Number of samples to draw, each by a chain of its own.
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
        check_draws("n_samples", n_samples, self.n_features_in_, self._values.dtype)
        codes = None
        if y is not None:
            codes = self._codes(np.full(n_samples, y) if np.ndim(y) == 0 else y, n_samples)
        words = check_seed(random_state).randint(0, 2**32, 4, dtype=np.uint32)
        random, rbm = Random([np.random.SeedSequence(words.tolist())]), self._rbm()
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

    def _rbm(self) -> RBM:
        """Describe the RBM of rows with classes."""
        layer = self._network.root.layers[0]
        assert isinstance(layer, ClassRBM)
        return layer.rbm(self.n_features_in_)

    # ------------------------------------------------------------------ what the base asks for

    def _architecture(self) -> ClassRBMArchitecture:
        return ClassRBMArchitecture.of(self)

    def _describe_network(self) -> None:
        """Say that there is one layer: the hidden units are not a layer of the network."""
        self._hidden_names: list[str] = []

    def _find_target(self, y, classes=None):
        found = ClassTarget.of(y, classes)
        if found.kind not in ("binary", "multiclass"):
            raise ValueError(f"RBMClassifier takes one column of classes, got a {found.kind} y")
        return ClassTarget("multiclass", found.classes)  # two classes have a unit each, too

    def _loss(self) -> Loss:
        return SoftmaxLogLoss(len(self.classes_), self.label_smoothing)

    def _recipe(self) -> Recipe:
        return network_recipe(
            self,
            objective=self._objective,
            step_numbers=self._step_numbers,
            cache_factor=0.375,
            agreement=(self.training, int(self.n_gibbs_steps)),
        )

    def _step_numbers(self, network, batch):
        """Count the chains, whose units lie beside those of the rows, and their second gradient."""
        numbers = batch * row_numbers(network)
        if self.training == "discriminative":
            return numbers
        units = self._rbm().n_visible + self._rbm().n_hidden
        return numbers + 4 * batch * units + self._network.layout.size

    def _objective(self, network, store, table, **options) -> Supervised:
        share = options.pop("generative_weight", self.generative_weight)
        if self.training == "discriminative":
            return Supervised(network, store, table, **options)
        hybrid = self.training == "hybrid"
        return LabelledDivergence(
            network,
            store,
            table,
            rbm=self._rbm(),
            discriminative=hybrid,
            share=share if hybrid else 1.0,
            n_steps=self.n_gibbs_steps,
            **options,
        )

    def _check_parameters(self, incremental):
        super()._check_parameters(incremental)
        if self.solver == "lbfgs" and self.training != "discriminative":
            raise ValueError(
                f"training={self.training!r} does not work with solver='lbfgs', which needs an "
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
