"""What estimators of the contracts learn from: a few samples of each kind, and y."""

import numpy as np

RANDOM = np.random.default_rng(0)
N = 36
ROWS = RANDOM.normal(size=(N, 5))
BITS = (ROWS > 0).astype(float)
IMAGES = RANDOM.normal(size=(N, 6, 6))
LENGTHS = RANDOM.integers(2, 9, N)
SEQUENCES = [RANDOM.normal(size=(n, 2)) for n in LENGTHS]
TOKENS = [RANDOM.integers(0, 5, n) for n in LENGTHS]
ROLLS = [(RANDOM.random((n, 4)) < 0.4).astype(float) for n in LENGTHS]
TEXTS = ["".join("abcde"[k] for k in tokens) for tokens in TOKENS]
SENTENCES = [" ".join("abcde"[k] for k in tokens) for tokens in TOKENS]

CLASSES = np.array(["no", "perhaps", "yes"])[np.arange(N) % 3]
LABELS = (ROWS[:, :2] > 0).astype(int)
NUMBERS = np.linspace(-1, 2, N)
TAGS = [np.where(x[:, 0] > 0, "up", "down") for x in SEQUENCES]
