"""A model is that of one fit: threads that predict while it is fitted again see the one before.

A fit works on attributes of its own, a copy of the estimator's ``__dict__``, and leaves those that
were there as they are. A method that reads a fitted model takes one ``__dict__`` when it is called
and keeps to it: in the thread of the fit the one that the fit works on, in others the one before.
What a fit has learned is there for all at once, when ``fit`` returns; after an error what was there
before is there again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import isfunction
from threading import Lock, get_ident
from typing import Any, NamedTuple

from sklearn.utils.metaestimators import available_if

from skdeep.data._compat import CALLBACKS, CONTEXTS, SETTINGS

#: What scikit-learn's callbacks have set, which a fit that failed leaves as it is.
TRANSIENT = (CALLBACKS, *CONTEXTS)
#: The attribute of an estimator that is being fitted; no copy and no pickle has it.
CHANGING = "_changing"

#: Views on which methods run, and whose they are, by their ids.
_views: dict[int, tuple[Any, Any]] = {}

#: Methods that make the estimator another model.
_CHANGE = ("fit", "fit_predict", "fit_transform", "partial_fit", "set_weights", "to")
#: Methods that read a fitted model, beside all with a public name.
_READ = ("__sklearn_is_fitted__",)
#: Methods that are about parameters and settings.
_NEITHER = ("get_metadata_routing", "get_params")


class _Changing(NamedTuple):
    """What other threads see of an estimator that one of them changes."""

    before: dict[str, Any]
    thread: int
    process: int


class _Taking:
    """The lock under which a thread takes an estimator, for an instant, to change it."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew, as a forked child does, where the thread that has the lock is not."""
        self.lock = Lock()


_taking = _Taking()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_taking.forget)


def of_one_fit(cls: type) -> None:
    """Let the methods of a class of estimators, inherited ones too, see one fit only."""
    for name in dir(cls):
        method = next(vars(base)[name] for base in cls.__mro__ if name in vars(base))
        wrap = _wrapper(name)
        if wrap is None:
            continue
        if isfunction(method):
            setattr(cls, name, wrap(method))
        elif hasattr(method, "check") and hasattr(method, "fn"):  # what available_if returns
            setattr(cls, name, available_if(method.check)(wrap(method.fn)))


def _wrapper(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]] | None:
    if name in _CHANGE:
        return _changes
    if name == "__getstate__":
        return _pickles
    if name in _NEITHER or name.startswith("set_"):
        return None
    return _reads if name in _READ or not name.startswith("_") else None


def of_moment(estimator: Any) -> Any:
    """Return the estimator as this thread sees it now: a view, which later fits leave as it is."""
    held = getattr(estimator, "__dict__", None)
    if held is None:  # something else, which others will refuse
        return estimator
    changing: _Changing | None = held.get(CHANGING)
    if changing is not None:
        if changing.thread == get_ident():
            return estimator
        held = changing.before
    view = object.__new__(type(estimator))
    _hold(view, held)  # the same one: what a method keeps for the next call is kept
    return view


@contextmanager
def changed_at_once(estimator: Any) -> Iterator[None]:
    """Hide from other threads what the block makes of `estimator` until it is over.

    Raises
    ------
    RuntimeError
        If another thread changes it already.
    """
    seen = before = vars(estimator)
    changing: _Changing | None = before.get(CHANGING)
    if changing is not None and changing.process != os.getpid():  # its thread did not come along
        before, changing = changing.before, None
    if changing is not None:  # within another change
        if changing.thread != get_ident():
            raise _busy(estimator)
        yield
        return
    mine = _Changing(before, get_ident(), os.getpid())
    try:
        with _taking.lock:
            if vars(estimator) is not seen:  # of two threads at once, the other was first
                raise _busy(estimator)
            _hold(estimator, {**before, CHANGING: mine})
        yield
    except BaseException:
        if vars(estimator).get(CHANGING) is mine:
            put_back(estimator, before)
        raise
    finally:
        try:
            _release(estimator, mine)
        finally:  # Ctrl-C can come up in between
            _release(estimator, mine)


def _busy(estimator: Any) -> RuntimeError:
    return RuntimeError(
        f"another thread is fitting this {type(estimator).__name__}: fit a clone there, or wait "
        "until that fit is over"
    )


def _release(estimator: Any, mine: _Changing) -> None:
    if vars(estimator).get(CHANGING) is mine:
        vars(estimator).pop(CHANGING, None)


def put_back(estimator: Any, before: dict[str, Any]) -> None:
    """Give an estimator its attributes of before, except what no fit has learned.

    That is what belongs to the fit that goes on, and what was set meanwhile, such as parameters.
    """
    settings = {*TRANSIENT, CHANGING, *SETTINGS, *type(estimator)._get_param_names()}
    kept = {k: v for k, v in vars(estimator).items() if k in settings or k.startswith("_skl_")}
    # A copy, since methods in other threads may keep something in `before` meanwhile.
    there = dict(before).items()
    _hold(estimator, {**{k: v for k, v in there if k not in (*TRANSIENT, CHANGING)}, **kept})


def _hold(estimator: Any, attributes: dict[str, Any]) -> None:
    """Replace all attributes at once, past the ``__setattr__`` of a user's subclass."""
    object.__setattr__(estimator, "__dict__", attributes)


def _changes(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def changed(self: Any, *args: Any, **kwargs: Any) -> Any:
        _, whole = _views.get(id(self), (self, self))
        with changed_at_once(whole):
            found = method(whole, *args, **kwargs)
            now = vars(whole)
        if whole is not self:  # within a method of a user's that reads, and goes on with this
            _hold(self, now)
        return found

    return changed


def _reads(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def read(self: Any, *args: Any, **kwargs: Any) -> Any:
        view = self if id(self) in _views else of_moment(self)
        if view is self:
            return method(self, *args, **kwargs)
        try:
            _views[id(view)] = view, self
            return method(view, *args, **kwargs)
        finally:
            _views.pop(id(view), None)

    return read


def _pickles(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def state(self: Any) -> Any:
        return {k: v for k, v in method(of_moment(self)).items() if k != CHANGING}

    return state
