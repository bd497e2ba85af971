"""Which hypotheses go on, and which are over: greedy choice and beam search, on the host."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Written(NamedTuple):
    """A sequence that was written: its tokens, without start and end, and its log-likelihood."""

    tokens: np.ndarray
    log_likelihood: float


class Rules(NamedTuple):
    """What is written, and for how long.

    Attributes
    ----------
    start, end : int
        Tokens that sequences begin and end with.
    forbidden : tuple of int
        Tokens that are never written.
    width : int
        Hypotheses of a source; with one, always the most probable token is taken.
    length_penalty : float
        Hypotheses compare by their log-likelihood over this power of their length.
    longest : int
        Tokens that are written at most, the end included.
    """

    start: int
    end: int
    forbidden: tuple[int, ...] = ()
    width: int = 1
    length_penalty: float = 1.0
    longest: int = 100


class Beams:
    """The hypotheses of n sources, `width` for each.

    Attributes
    ----------
    done : ndarray of shape (n,)
        Sources that are written to the end.
    """

    def __init__(self, n: int, rules: Rules) -> None:
        self.rules, k = rules, rules.width
        self.tokens = np.full((n, k), rules.start, np.int32)  # to be read next
        self.written = np.empty((n, k, 0), np.int32)
        # At first a source has one hypothesis: the others would be the same.
        self.scores = np.where(np.arange(k) > 0, -np.inf, np.zeros((n, 1)))
        self.done = np.zeros(n, bool)
        self.over: list[list[tuple[float, Written]]] = [[] for _ in range(n)]

    def advance(self, logits: np.ndarray) -> np.ndarray:
        """Read the logits (K, n * width) of the next tokens; return which hypotheses go on, (n, k).

        They are numbered within their source, and each is the parent of one that :attr:`tokens` now
        continues.
        """
        n, k = self.tokens.shape
        chosen, scores = self._best(logits, self.written.shape[2] + 1)
        count = chosen.shape[-1]
        totals = (self.scores[..., None] + scores.reshape(n, k, count)).reshape(n, k * count)
        order = np.argsort(-totals, axis=1, kind="stable")[:, : 2 * k]
        ranked = np.take_along_axis(totals, order, axis=1)
        parents, tokens = order // count, np.take_along_axis(chosen.reshape(n, -1), order, axis=1)
        kept = np.zeros((n, k), np.intp)
        for i in np.flatnonzero(~self.done).tolist():
            kept[i] = self._continue(i, ranked[i], parents[i], tokens[i])
        before = np.take_along_axis(self.written, kept[..., None], axis=1)
        self.written = np.concatenate([before, self.tokens[..., None]], axis=2)
        return kept

    def _best(self, logits: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the best tokens of each hypothesis and their log-probabilities, (n k, count).

        They make hypotheses of a `length`. The last token is the end, whatever its probability, and
        the first is not: no target is empty.
        """
        rows = np.ascontiguousarray(logits.T)  # (n k, K)
        top = rows.max(axis=1, keepdims=True)
        total = np.log(np.exp(rows - top).sum(axis=1, dtype=float)) + top[:, 0]
        rows[:, list(self.rules.forbidden)] = -np.inf
        if length == self.rules.longest:
            rows[:, np.arange(rows.shape[1]) != self.rules.end] = -np.inf
        elif length == 1:
            rows[:, self.rules.end] = -np.inf
        count = min(2 * self.rules.width, rows.shape[1])
        if self.rules.width == 1:
            chosen = rows.argmax(axis=1)[:, None]
        else:
            chosen = np.argpartition(rows, -count, axis=1)[:, -count:]
        found = np.take_along_axis(rows, chosen, axis=1).astype(float)
        return chosen, found - total[:, None]

    def _continue(
        self, i: int, scores: np.ndarray, parents: np.ndarray, tokens: np.ndarray
    ) -> list[int]:
        """Let a source's best candidates go on, or end; return their parents."""
        k, kept = self.rules.width, list[int]()
        read, reached = np.full(k, self.rules.end, np.int32), np.full(k, -np.inf)
        for rank, (score, parent, token) in enumerate(zip(scores, parents, tokens, strict=True)):
            if score == -np.inf or len(kept) == k:
                break
            if token != self.rules.end:
                read[len(kept)], reached[len(kept)] = token, score
                kept.append(int(parent))
            elif rank < k:
                self._finish(i, score, self.written[i, parent])
        self.tokens[i], self.scores[i] = read, reached
        self.done[i] = len(self.over[i]) >= k or not kept
        return kept + [0] * (k - len(kept))

    def _finish(self, i: int, score: float, tokens: np.ndarray) -> None:
        """Keep a hypothesis that is over."""
        length, value = len(tokens) + 1, np.inf  # the end counts
        if score < 0:  # the logarithm of length ** penalty / -score, which may be any number
            value = float(self.rules.length_penalty * np.log(length) - np.log(-score))
        self.over[i].append((value, Written(tokens.copy(), float(score))))

    def best(self, i: int) -> Written:
        """Return the best of a source's hypotheses that are over."""
        return max(self.over[i], key=lambda pair: pair[0])[1]

    def part(self, rows: np.ndarray) -> Beams:
        """Return the hypotheses of some sources."""
        other = Beams(len(rows), self.rules)
        for name in ("tokens", "written", "scores", "done"):
            setattr(other, name, getattr(self, name)[rows])
        other.over = [self.over[i] for i in rows]
        return other
