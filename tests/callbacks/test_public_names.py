"""Callbacks use public names of other modules only, and fits show callbacks what they need."""

import ast
import inspect
from pathlib import Path

import pytest
from sklearn.callback import ProgressBar

import skdeep.callbacks
from skdeep import BernoulliRBM
from skdeep.callbacks import CheckpointError, ModelCheckpoint, running_fit
from tests.callbacks.fits import Recorder, X, Y, assert_equal_training, classifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

FOLDER = Path(skdeep.callbacks.__file__).parent
OWN = "skdeep.callbacks"


def is_private(name):
    return name.startswith("_") and not (name.startswith("__") and name.endswith("__"))


def private_uses(source):
    """Give the private names of others that some code imports or reads, and those in strings."""
    tree = ast.parse(source)
    documentation = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            if not f"{node.module}.".startswith(f"{OWN}."):
                names = [*node.module.split("."), *(alias.name for alias in node.names)]
                yield from (f"{node.module}: {name}" for name in names if is_private(name))
        elif isinstance(node, ast.Import):
            yield from (a.name for a in node.names if any(map(is_private, a.name.split("."))))
        elif isinstance(node, ast.Attribute) and is_private(node.attr):
            if not (isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")):
                yield ast.unparse(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            # A name in a string is an attribute that is read in another way.
            if is_private(node.value) and node.value.isidentifier():
                if id(node) not in documentation:
                    yield repr(node.value)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_callbacks_use_public_names_of_others(path):
    own = {"_fits", "_ends", "_runs"}  # what callbacks hold of themselves, in their __getstate__
    found = [use for use in private_uses(path.read_text()) if use.strip("'") not in own]
    assert not found


@pytest.mark.parametrize(
    "source",
    [
        "from sklearn.callback._base import FitCallback",
        "from skdeep.estimators.fit.saving import _KINDS",
        "import skdeep.estimators._base",
        "estimator._values",
        "self.estimator._values",
        "getattr(estimator, '_values')",
        "vars(estimator)['_values']",
    ],
)
def test_a_private_name_is_found(source):
    assert list(private_uses(source))


def test_what_is_public_is_documented():
    for name in skdeep.callbacks.__all__:
        assert inspect.getdoc(getattr(skdeep.callbacks, name))


# ------------------------------------------------------------------------- running_fit


class Look(Recorder):
    """A callback that keeps what `look` makes of the running fit, at each hook."""

    def __init__(self, look):
        super().__init__()
        self.look, self.seen = look, []

    def on_fit_task_begin(self, estimator, context):
        if context.task_name == "fit":
            self.seen.append(self.look(running_fit(estimator)))

    def on_fit_task_end(self, estimator, context):
        self.seen.append(self.look(running_fit(estimator)))


def test_a_running_fit_tells_how_far_it_is():
    look = Look(lambda fit: (fit.n_epochs, fit.validates, fit.last["loss"], fit.interrupted))
    model = classifier(max_iter=2).set_callbacks(look).fit(X, Y)
    first, second = model.loss_curve_
    assert look.seen == [(2, False, loss, False) for loss in (None, first, second, second)]
    assert running_fit(model) is None
    rbm = BernoulliRBM(3, n_iter=2, random_state=0)
    look.seen.clear()
    rbm.set_callbacks(look).fit(X > 0)
    assert [(n, loss) for n, _, loss, _ in look.seen[1:-1]] == [
        (2, -value) for value in rbm.monitor_curve_
    ]


def test_a_callback_of_one_s_own_goes_on_from_a_state():
    def keep(fit):
        assert fit.identity
        return fit.state() if fit.estimator.n_iter_ else None

    look = Look(keep)
    classifier(max_iter=4).set_callbacks(look, ProgressBar()).fit(X, Y)
    saved = look.seen[2]
    assert saved["state"]["history"]["n_iter_"] == 2

    class GoOn(Recorder):
        def on_fit_task_begin(self, estimator, context):
            if context.task_name == "fit":
                running_fit(estimator).go_on_from(saved)

    go_on = GoOn()
    resumed = classifier().set_callbacks(go_on).fit(X, Y)
    assert go_on.tasks.count("epoch") == 7
    assert_equal_training(resumed, classifier().fit(X, Y))
    with pytest.raises(CheckpointError, match="another fit's: alpha is"):
        classifier(alpha=0.5).set_callbacks(go_on).fit(X, Y)
    with pytest.raises(CheckpointError, match="epoch 2 is beyond max_iter=1"):
        classifier(max_iter=1).set_callbacks(go_on).fit(X, Y)


def test_the_identity_is_that_of_the_beginning():
    look = Look(lambda fit: fit.identity if fit.estimator.n_iter_ else None)
    with pytest.raises(ValueError, match="identity of a fit in on_fit_task_begin"):
        classifier().set_callbacks(look).fit(X, Y)


def test_data_are_hashed_once_a_fit(tmp_path, monkeypatch):
    from skdeep.estimators.fit import identity

    hashed, fingerprint = [], identity.fingerprint
    monkeypatch.setattr(
        identity, "fingerprint", lambda array: (hashed.append(array), fingerprint(array))[1]
    )
    savers = [ModelCheckpoint(tmp_path / name, folder_per_fit=True, resume=True) for name in "ab"]
    classifier().set_callbacks(*savers).fit(X, Y)
    assert sum(array is not None and array.shape == X.shape for array in hashed) == 1
