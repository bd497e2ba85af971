"""Warnings name the user's line, from wherever the package is called."""

import concurrent.futures
import threading
import warnings
from pathlib import Path

import joblib
import pytest
import sklearn.pipeline

import skdeep
from skdeep.backend.user_warnings import warn

PACKAGE = Path(skdeep.__file__).parent


def defined_in(file, source, **names):
    """Return the function `act`, whose frames say that it lies in `file`."""
    exec(compile(source, str(file), "exec"), names)
    return names["act"]


def called_from(file, call):
    """Return a function that lies in `file` and makes the call."""
    return defined_in(file, "def act():\n    call()", call=call)


def caught(call):
    """Return the file and the line that the warning of `call` names."""
    with warnings.catch_warnings(record=True) as records:
        warnings.simplefilter("always")
        call()
    assert [str(record.message) for record in records] == ["of this"]
    return records[0].filename, records[0].lineno


IN_PACKAGE = str(PACKAGE / "estimators" / "any.py")
fit = defined_in(IN_PACKAGE, "def act():\n    warn('of this')", warn=warn)


@pytest.mark.parametrize(
    "between",
    [skdeep, sklearn, sklearn.pipeline, joblib, joblib.parallel, threading, concurrent.futures],
    ids=lambda module: module.__name__,
)
def test_frames_of_libraries_are_passed_over(between):
    library = called_from(between.__file__, called_from("<frozen runpy>", fit))
    assert caught(called_from("/home/me/train.py", library)) == ("/home/me/train.py", 2)
    assert caught(library)[0] == __file__


@pytest.mark.parametrize(
    "file",
    [
        "<doctest skdeep.estimators.mlp.mlp_classifier.MLPClassifier[3]>",
        "<ipython-input-1-0123456789ab>",
        "<stdin>",
        "/home/me/skdeep/train.py",
        "/home/me/sklearn/joblib/threading.py",
        f"{PACKAGE}_of_mine/train.py",
        f"{PACKAGE}.py",
    ],
)
def test_the_users_files_may_look_like_the_packages(file):
    assert caught(called_from(file, fit)) == (file, 2)


def test_the_package_is_named_where_no_user_called():
    def in_a_thread():
        thread = threading.Thread(target=fit)
        thread.start()
        thread.join()

    assert caught(in_a_thread) == (IN_PACKAGE, 2)


def test_a_function_of_the_users_in_a_thread_is_named():
    def users():
        fit()

    def in_a_thread():
        thread = threading.Thread(target=users)
        thread.start()
        thread.join()

    assert caught(in_a_thread) == (__file__, users.__code__.co_firstlineno + 1)


def test_the_category_is_kept():
    with pytest.warns(RuntimeWarning, match="of numbers"):
        warn("of numbers", RuntimeWarning)
