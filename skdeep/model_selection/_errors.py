"""Errors that workers raise, sent back with their traceback."""

from __future__ import annotations

import pickle
import traceback
from typing import Any

from skdeep.data._compat import dumps


class InWorker(Exception):
    """The cause of an error that a worker has raised: its text is the traceback there."""

    def __str__(self) -> str:
        return f"\n\n{self.args[0]}"


class Raises:
    """Mixin for results with an `error` that may come from another process.

    An error that would not survive the way becomes a ``RuntimeError`` with its text: it belongs to
    one candidate, and no other result may be lost with it.
    """

    error: Any

    def __getstate__(self) -> dict[str, Any]:
        if self.error is None:
            return vars(self)
        text = "".join(traceback.format_exception(self.error))
        return {**vars(self), "error": (portable(self.error), text)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        if self.error is not None:
            self.error, text = self.error
            self.error.__cause__ = InWorker(text)


def portable(error: BaseException) -> BaseException:
    """Return the error, or one with its text where pickling would not give it back."""
    try:
        # As workers pickle: classes of a script or a notebook travel, too.
        if type(pickle.loads(dumps(error))) is type(error):
            return error
    except Exception:
        pass
    return RuntimeError("".join(traceback.format_exception_only(error)).strip())
