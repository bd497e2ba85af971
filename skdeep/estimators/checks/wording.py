"""Suggestions for names that are misspelt, or that other libraries use."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

#: Names that other libraries and books use, spelled as :func:`_plain` does, and ours.
_ELSEWHERE: dict[str, tuple[str, ...]] = {
    "linear": ("identity",),
    "none": ("identity",),
    "lrelu": ("leaky_relu",),
    "mae": ("absolute_error",),
    "l1": ("absolute_error",),
    "l1loss": ("absolute_error",),
    "meanabsoluteerror": ("absolute_error",),
    "mse": ("squared_error",),
    "l2": ("squared_error",),
    "mseloss": ("squared_error",),
    "meansquarederror": ("squared_error",),
    "smoothl1": ("huber",),
    "pinball": ("quantile",),
    "crossentropy": ("log_loss",),
    "crossentropyloss": ("log_loss",),
    "binarycrossentropy": ("log_loss",),
    "categoricalcrossentropy": ("log_loss",),
    "sparsecategoricalcrossentropy": ("log_loss",),
    "bce": ("log_loss",),
    "bceloss": ("log_loss",),
    "nll": ("log_loss",),
    "momentum": ("sgd",),
    "nesterov": ("sgd",),
    "xavier": ("glorot_uniform",),
    "xavieruniform": ("glorot_uniform",),
    "xaviernormal": ("glorot_normal",),
    "glorot": ("glorot_uniform",),
    "kaiming": ("he_uniform",),
    "kaiminguniform": ("he_uniform",),
    "kaimingnormal": ("he_normal",),
    "he": ("he_uniform",),
    "batchnorm": ("batch",),
    "batchnormalization": ("batch",),
    "layernorm": ("layer",),
    "layernormalization": ("layer",),
    "avg": ("average", "mean"),
    "mean": ("average",),
    "average": ("mean",),
    "acc": ("accuracy",),
    "auc": ("roc_auc",),
    "elman": ("rnn",),
    "normal": ("gaussian",),
    "binary": ("bernoulli",),
    "onecyclelr": ("one_cycle",),
    "cosineannealing": ("cosine",),
}
#: What stands before the names of scorers that are errors: the smaller the better.
_NEGATED = ("neg_", "neg_mean_")


def did_you_mean(value: Any, names: Iterable[Any]) -> str:
    """Return `` Did you mean 'adam'?`` where one of the names is near, else nothing."""
    if not isinstance(value, str):
        return ""
    known = {_plain(name): name for name in names if isinstance(name, str)}
    found = known.get(_plain(value)) or _by_other_name(_plain(value), known.values())
    if found is None:
        near = get_close_matches(_plain(value), known, n=1, cutoff=0.7)
        found = known[near[0]] if near else None
    return "" if found is None else f" Did you mean {found!r}?"


def _by_other_name(value: str, names: Iterable[str]) -> str | None:
    names = set(names)
    for name in _ELSEWHERE.get(value, ()):
        for whole in (name, *(before + name for before in _NEGATED)):
            if whole in names:
                return whole
    return None


def _plain(name: str) -> str:
    """Return a name without case, hyphens, underscores and blanks."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())
