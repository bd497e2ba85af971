import pickle
import time

import pytest
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep.callbacks import TimeBudget
from tests.callbacks.fits import Recorder, X, Y, classifier

ENDLESS = {"max_iter": 10**7, "n_iter_no_change": 10**7}


def test_a_fit_ends_soon_after_its_time_is_up():
    start = time.monotonic()
    model = classifier(**ENDLESS).set_callbacks(TimeBudget(0.2)).fit(X, Y)
    assert 0.2 <= time.monotonic() - start < 10
    assert model.n_iter_ < 10**7


def test_at_least_one_epoch():
    assert classifier(**ENDLESS).set_callbacks(TimeBudget(1e-9)).fit(X, Y).n_iter_ == 1


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_each_fit_of_a_search_has_the_whole_budget(n_jobs):
    budget = TimeBudget(0.1)
    pipe = make_pipeline(StandardScaler(), classifier(**ENDLESS).set_callbacks(budget))
    search = GridSearchCV(pipe, {"mlpclassifier__alpha": [0.0, 0.1]}, cv=2, n_jobs=n_jobs)
    search.fit(X, Y)
    assert (search.cv_results_["mean_fit_time"] >= 0.1).all()
    assert budget._ends == {}


def test_it_may_be_pickled_while_a_fit_runs():
    budget = TimeBudget(0.1)
    copies = []
    looking = Recorder(lambda *args: copies.append(pickle.loads(pickle.dumps(budget))))
    classifier(**ENDLESS).set_callbacks(budget, looking).fit(X, Y)
    assert copies[0]._ends == {}
    assert copies[0].seconds == 0.1


@pytest.mark.parametrize("seconds", [0, -1, "1", None, True, float("nan")])
def test_bad_budgets(seconds):
    with pytest.raises(ValueError, match="seconds must be a number above 0"):
        TimeBudget(seconds)
