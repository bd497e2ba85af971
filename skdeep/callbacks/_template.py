"""Templates of file names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from string import Formatter
from typing import Any

from skdeep.callbacks._format import temporary_name

#: Fields that are the same throughout a fit.
FIT_FIELDS = {"estimator": "", "run": "", "task": "", "fit": ""}

#: Fields that change from epoch to epoch, with a value to try a template's formats on.
EPOCH_FIELDS = {"epoch": 1, "loss": 0.5, "validation_score": 0.5, "validation_loss": 0.5}

NUMBER = r"\s*(?:[-+]?[\d_,]+(?:\.\d+)?(?:[eE][-+]?\d+)?%?|-?inf|nan)"


class Template:
    """A path with fields in braces, formatted as by ``str.format``.

    Parameters
    ----------
    path : str
        The template. Fields of the epoch may stand in the file's name only.

    Attributes
    ----------
    fields : set of str
        Fields that occur.

    Raises
    ------
    ValueError
        If a field is unknown or its format does not fit.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            self.fields = _fields(path)
            self._check_fields()
            self._check_formats()
        except (ValueError, IndexError) as error:
            raise ValueError(f"path={path!r}: {error}") from None

    def _check_fields(self) -> None:
        known = {*FIT_FIELDS, *EPOCH_FIELDS}
        for name in sorted(self.fields - known):
            raise ValueError(f"unknown field {{{name}}}; there are {sorted(known)}")
        for name in sorted(_fields(str(Path(self.path).parent)) & {*EPOCH_FIELDS}):
            raise ValueError(f"{{{name}}} stands in the folder; it can only be in the file's name")

    def _check_formats(self) -> None:
        """Raise if a format does not suit its value, or gives what cannot be found again."""
        name = self.fill({**FIT_FIELDS, **EPOCH_FIELDS}).name
        if not re.fullmatch(_pattern(Path(self.path).name, FIT_FIELDS), name):
            raise ValueError("the fields of an epoch must be formatted as plain numbers")

    def with_fit(self) -> Template:
        """Return the template with the fit's short name added before the suffix."""
        stem, dot, suffix = self.path.rpartition(".")
        if not dot or set(suffix) & set("{}/\\"):  # a dot of a format or a folder
            return Template(f"{self.path}-{{fit}}")
        return Template(f"{stem}-{{fit}}.{suffix}")

    def fill(self, values: Mapping[str, Any]) -> Path:
        """Return the path for these values of all fields."""
        return Path(self.path.format(**values))

    def existing(self, fit: Mapping[str, str]) -> list[Path]:
        """Return the files of any epoch, for these values of the fit's fields."""
        return self._matching(fit, "{}")

    def leftovers(self, fit: Mapping[str, str]) -> list[Path]:
        """Return what writers of such files left that were killed."""
        return self._matching(fit, temporary_name("{}", "[0-9a-f]{{8}}").replace(".", r"\."))

    def _matching(self, fit: Mapping[str, str], form: str) -> list[Path]:
        path = Path(self.path)
        folder = Path(str(path.parent).format(**fit))
        pattern = re.compile(form.format(_pattern(path.name, fit)))
        if not folder.is_dir():
            return []
        return sorted(file for file in folder.iterdir() if pattern.fullmatch(file.name))


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def _pattern(name: str, fit: Mapping[str, str]) -> str:
    """Return a regular expression for the names that a template gives."""
    parts = []
    for text, field, spec, conversion in Formatter().parse(name):
        parts.append(re.escape(text))
        if field in EPOCH_FIELDS:
            parts.append(NUMBER)
        elif field is not None:
            form = f"{{:{spec}}}" if not conversion else f"{{!{conversion}:{spec}}}"
            parts.append(re.escape(form.format(fit[field])))
    return "".join(parts)
