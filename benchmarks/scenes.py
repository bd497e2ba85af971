"""Pictures of digits and garments with captions, and which combinations are held out.

A scene has two groups of one to three things of one kind each, "two sevens left of a bag": one
group on the left and one on the right, or one above and one below. Things lie where they like
within their part, so pictures of one caption differ. Two kinds that are held out together stand in
no scene of the training part, in neither order; each of them stands there with others.
"""

from itertools import combinations

import numpy as np

DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
#: Garments that are told apart at 14 x 14 pixels: others are mistaken for these, or for each other.
GARMENTS = {1: "trousers", 3: "dress", 5: "sandal", 8: "bag", 9: "boot"}
PLURALS = {"trousers": "trousers", "dress": "dresses", "six": "sixes"}
ARTICLES = {"trousers": "one", "eight": "an"}
COUNTS = {2: "two", 3: "three"}
RELATIONS = ("left of", "above")
#: Height and width of things and of pictures, in pixels.
THING, PICTURE = 14, 48


def kinds(digits, garments=None):
    """Return drawings by the word for them.

    Parameters
    ----------
    digits, garments : tuple of ndarray
        Images (n, 28, 28) from 0 to 255, and labels; halved here.
    """
    found = {word: _halved(digits[0][digits[1] == k]) for k, word in enumerate(DIGITS)}
    if garments is not None:
        images, labels = garments
        found |= {word: _halved(images[labels == k]) for k, word in GARMENTS.items()}
    return found


def _halved(images):
    """Return means of 2 x 2 pixels, from 0 to 1."""
    return images.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)).astype(np.float32) / 255


def held_out_pairs(words, fraction, seed):
    """Return pairs of kinds that the training part has not together, each in alphabetical order."""
    pairs = [tuple(sorted(pair)) for pair in combinations(words, 2)]
    chosen = np.random.default_rng(seed).permutation(len(pairs))[: round(fraction * len(pairs))]
    return {pairs[k] for k in chosen}


def scenes(drawings, n, allowed, seed):
    """Return pictures (n, 48, 48) and captions of scenes.

    Parameters
    ----------
    drawings : dict of str to ndarray of shape (n_drawings, 14, 14)
        As of :func:`kinds`.
    n : int
        How many.
    allowed : set of tuple of str
        Pairs of kinds that may stand together.
    seed : int
        Of all draws.
    """
    random = np.random.default_rng(seed)
    pairs = sorted(allowed)
    pictures, captions = np.zeros((n, PICTURE, PICTURE), np.float32), []
    for picture in pictures:
        first, second = random.permutation(pairs[random.integers(len(pairs))])
        counts, relation = random.integers(1, 4, 2), random.integers(2)
        for part, (word, count) in enumerate(zip((first, second), counts, strict=True)):
            chosen = drawings[word][random.integers(len(drawings[word]), size=count)]
            # Seen from the side, "above" is "left of".
            _draw(picture.T if relation else picture, chosen, part, random, flipped=relation)
        captions.append(
            f"{phrase(counts[0], first)} {RELATIONS[relation]} {phrase(counts[1], second)}"
        )
    return pictures, captions


def _draw(picture, things, part, random, *, flipped):
    """Put things one below the other in a random half of their rows, in the left or right part."""
    half, slot = PICTURE // 2, PICTURE // 3
    slots = sorted(random.permutation(3)[: len(things)])
    for thing, place in zip(things, slots, strict=True):
        row = place * slot + random.integers(slot - THING + 1)
        column = part * half + random.integers(half - THING + 1)
        drawn = thing.T if flipped else thing
        picture[row : row + THING, column : column + THING] = drawn


def phrase(count, word):
    """Return words for a group.

    Examples
    --------
    >>> phrase(1, "eight"), phrase(2, "six"), phrase(3, "bag")
    ('an eight', 'two sixes', 'three bags')
    """
    if count == 1:
        return f"{ARTICLES.get(word, 'a')} {word}"
    return f"{COUNTS[count]} {PLURALS.get(word, word + 's')}"
