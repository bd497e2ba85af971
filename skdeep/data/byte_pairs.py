"""Byte pairs: pieces of words, learned by joining what most often stands side by side."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from heapq import heapify, heappop, heappush
from itertools import pairwise

Merge = tuple[str, str]

#: Words with the space before them, runs of marks likewise, and other white space: no character is
#: lost. Long runs, as in DNA, are cut: the time for a run grows faster than its length.
_CHUNK = re.compile(r" ?\w{1,100}| ?[^\w\s]{1,100}|\s")


def chunks(text: str) -> list[str]:
    """Return the words of a text, each with the space before it; the first one gets one, too."""
    return _CHUNK.findall(f" {text}") if text else []


def joined(pieces: Iterable[str]) -> str:
    """Return the text that was cut, without the space that its first word was given."""
    return "".join(pieces).removeprefix(" ")


def learned_merges(counts: Counter[str], n_pieces: int, min_count: int) -> list[Merge]:
    """Return which pairs of pieces to join, in their order (Sennrich et al., 2016).

    Again and again the pair that occurs most often becomes one piece, of equally frequent ones the
    first in the alphabet, until there are `n_pieces` of several characters or no pair occurs
    `min_count` times.

    Parameters
    ----------
    counts : counter of str
        How often each chunk of text occurs.
    n_pieces, min_count : int
        When to stop.
    """
    words, frequency = [list(chunk) for chunk in counts], list(counts.values())
    pairs: Counter[Merge] = Counter()
    places: defaultdict[Merge, set[int]] = defaultdict(set)  # words that have, or had, a pair
    for place, word in enumerate(words):
        for pair in pairwise(word):
            pairs[pair] += frequency[place]
            places[pair].add(place)
    # Counts that have changed since are passed over when they come up.
    heap = [(-count, pair) for pair, count in pairs.items()]
    heapify(heap)
    merges: list[Merge] = []
    pieces: set[str] = set()  # fewer than merges: there may be two ways to one
    while heap and len(pieces) < n_pieces:
        count, best = heappop(heap)
        if -count != pairs[best]:
            continue
        if -count < min_count:
            break
        merges.append(best)
        pieces.add("".join(best))
        changed = set()
        for place in places.pop(best):
            old, times = words[place], frequency[place]
            new = words[place] = _merged(old, best)
            if len(new) == len(old):
                continue
            for pair in pairwise(old):
                pairs[pair] -= times
                changed.add(pair)
            for pair in pairwise(new):
                pairs[pair] += times
                places[pair].add(place)
                changed.add(pair)
        for pair in changed:
            if pairs[pair]:
                heappush(heap, (-pairs[pair], pair))
    return merges


def _merged(word: Sequence[str], pair: Merge) -> list[str]:
    """Return the pieces of a word after one kind of pair has been joined, from the left."""
    first, second = pair
    result: list[str] = []
    k, last = 0, len(word) - 1
    while k <= last:
        if word[k] == first and k < last and word[k + 1] == second:
            result.append(first + second)
            k += 2
        else:
            result.append(word[k])
            k += 1
    return result


class Segmenter:
    """Cuts chunks into pieces by merges that were learned, each chunk once."""

    def __init__(self, merges: Sequence[Merge]) -> None:
        self._ranks = {tuple(merge): rank for rank, merge in enumerate(merges)}
        self._known: dict[str, list[str]] = {}

    def pieces(self, chunk: str) -> list[str]:
        """Return the pieces of a chunk: what all merges, one after the other, make of it."""
        if chunk not in self._known:
            self._known[chunk] = self._cut(chunk)
        return self._known[chunk]

    def _cut(self, chunk: str) -> list[str]:
        word, last = list(chunk), len(self._ranks)
        while len(word) > 1:
            best = min(pairwise(word), key=lambda pair: self._ranks.get(pair, last))
            if best not in self._ranks:
                break
            word = _merged(word, best)
        return word
