"""Texts whose n-grams are counted once, whichever of them are learned from."""

from __future__ import annotations

from typing import Any

import numpy as np


class CountedTexts(list[str]):
    """Texts, and the n-grams that each has: finding these takes most of what reading a text takes.

    A fit learns of all its texts, then of those alone that train; it reads all of them each time.
    """

    def __init__(self, texts: list[str]) -> None:
        super().__init__(texts)
        self._found: dict[Any, tuple[Any, np.ndarray]] = {}

    def counts(self, kind: str, limits: tuple[int, int], lowercase: bool) -> tuple[Any, np.ndarray]:
        """Return which n-grams each text has, sparse (n_texts, n), and their names (n,), sorted.

        Repeated texts are looked at once.
        """
        key = (kind, limits, lowercase)
        if key not in self._found:
            # What it imports is loaded here: whoever never sees text does without.
            from scipy.sparse import csr_matrix

            from skdeep.data.ngrams import counter_of

            different, places = np.unique(np.array(self, object), return_inverse=True)
            counter = counter_of(kind, limits, lowercase)
            try:
                matrix = counter.fit_transform(different.tolist()).tocsr()
                names = counter.get_feature_names_out()
            except ValueError as error:
                if "empty vocabulary" not in str(error):
                    raise
                # All texts are too short for n-grams of these lengths.
                matrix, names = csr_matrix((len(different), 0)), np.empty(0, object)
            matrix.sort_indices()
            self._found[key] = matrix[np.ravel(places)], names
        return self._found[key]
