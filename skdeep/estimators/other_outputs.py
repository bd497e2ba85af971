"""Transformers whose outputs are no tables, which ``set_output`` leaves as they are."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from sklearn.utils.validation import check_is_fitted

from skdeep.data._compat import get_output_config
from skdeep.data.cells import listed
from skdeep.data.place import to_host
from skdeep.data.sequence import knows_tables
from skdeep.estimators.sklearn_bases import OneToOneFeatureMixin, TransformerMixin

#: What ``set_output`` knows.
CONTAINERS = ("default", "pandas", "polars")


class NoTableMixin:
    """Base of transformers whose output no data frame can hold."""

    def set_output(self, *, transform: Any = None) -> Any:
        """Do nothing, so that a pipeline may have it: what comes out fits no data frame.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, default=None
            Not used.

        Returns
        -------
        self : estimator
            The same transformer.

        Raises
        ------
        ValueError
            If `transform` is something else.
        """
        if transform not in (None, *CONTAINERS):
            raise ValueError(f"output config must be in {[*CONTAINERS]}, got {transform!r}")
        return self


class SequencesOutMixin(OneToOneFeatureMixin, TransformerMixin, auto_wrap_output_keys=None):
    """Base of transformers of sequences.

    What transforms is here, where scikit-learn does not wrap it: it would make a data frame of
    anything, and only a table of steps is one.
    """

    def fit_transform(self, X: Any, y: Any = None, **fit_params: Any) -> Any:
        """Fit, and return what ``transform`` gives.

        Parameters
        ----------
        X : sequences
            See the notes of the class.
        y : ignored
            Not used.
        **fit_params : dict
            What else ``fit`` takes.

        Returns
        -------
        X_new : sequences
            In the form of X.
        """
        return self.fit(X, y, **fit_params).transform(X)

    def transform(self, X: Any) -> Any:
        """Return the sequences that X becomes.

        Parameters
        ----------
        X : sequences
            See the notes of the class.

        Returns
        -------
        X_new : sequences
            In the form of X. Of a table (n, n_steps) it is a data frame, where ``set_output`` asks
            for one.

        Raises
        ------
        ValueError
            If X does not fit, or what comes out is too large for its dtype.
        """
        check_is_fitted(self)
        X = listed(X)
        found, container = self._changed(X), get_output_config("transform", self)["dense"]
        # Of one channel (n, n_steps, 1) there is an array (n, n_steps), too, without names.
        table = knows_tables(self) and len(getattr(found, "shape", ())) == 2
        if container == "default" or not table or hasattr(found, "columns"):
            return found
        values, names = to_host(found), self.get_feature_names_out().tolist()
        if container == "pandas":
            import pandas as pd

            index = X.index if isinstance(X, pd.DataFrame) else None
            return pd.DataFrame(values, index, names)
        import polars as pl

        return pl.DataFrame(values, schema=names, orient="row")

    @abstractmethod
    def _changed(self, X: Any) -> Any:
        """Return what X becomes, in its own form; a table as an array."""
