"""Greedy choice and beam search, one source at a time, from the definition."""

import numpy as np


def beam_search(log_probabilities, rules):
    """Return the best sequence and its log-likelihood.

    ``log_probabilities(prefix)`` gives those of all tokens after what was written so far.
    """
    going, over = [((), 0.0)], []
    for length in range(1, rules.longest + 1):
        candidates = []
        for prefix, score in going:
            logs = log_probabilities(prefix)
            for token in range(len(logs)):
                ends = token == rules.end
                if length == 1 < rules.longest:
                    allowed = not ends
                else:
                    allowed = ends or length < rules.longest
                if allowed and token not in rules.forbidden:
                    candidates.append((prefix, token, score + logs[token]))
        candidates.sort(key=lambda one: -one[2])
        going = []
        for rank, (prefix, token, score) in enumerate(candidates):
            if len(going) == rules.width:
                break
            if token != rules.end:
                going.append(((*prefix, token), score))
            elif rank < rules.width:
                over.append((score / length**rules.length_penalty, prefix, score))
        if len(over) >= rules.width or not going:
            break
    _, prefix, score = max(over, key=lambda one: one[0])
    return np.array(prefix), score
