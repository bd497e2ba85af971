"""
Who won? Attention on texts
===========================

Reports of tennis matches name two players and say in one of six ways who beat whom, with asides in
between. The class is the winner. A bag of words finds out who played; who won is in the order of
the words.

``SequenceEncoder`` makes sequences of tokens of the texts, and ``AttentionClassifier`` lets every
word look at every other. Without ``positions`` it sees a bag of words, too.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from skdeep import AttentionClassifier, SequenceEncoder

NAMES = ["anna", "boris", "clara", "david", "emma", "felix", "greta", "hans"]
#: What a report says, and whether the first or the second player won.
VERBS = [
    ("beat", 0),
    ("won against", 0),
    ("was too fast for", 0),
    ("lost to", 1),
    ("was beaten by", 1),
    ("gave in to", 1),
]
ASIDES = ["", " in spite of the rain", " who had a cold", " to the surprise of all"]
random = np.random.default_rng(0)


def report():
    """Return a report and the winner."""
    players = random.permutation(NAMES)[:2]
    verb, winner = VERBS[random.integers(len(VERBS))]
    before, after = random.choice(ASIDES, 2)
    return f"{players[0]}{before} {verb} {players[1]}{after}", players[winner]


texts, winners = map(np.array, zip(*(report() for _ in range(2000)), strict=True))
train, test, y_train, y_test = train_test_split(texts, winners, random_state=0)
print(train[0], "->", y_train[0])

# %%
# A linear model of word counts knows the two players, and guesses. So does attention without
# positions. (With counts of neighbouring words the linear model would find some winners.)


def attention(positions):
    """Return a pipeline from texts to winners."""
    network = AttentionClassifier(
        n_blocks=2,
        n_units=32,
        positions=positions,
        batch_size=50,
        learning_rate_init=0.005,
        learning_rate_schedule="warmup_cosine",
        max_iter=15,
        random_state=0,
    )
    return make_pipeline(SequenceEncoder(unit="word"), network)


models = {
    "word counts,\nlinear": make_pipeline(CountVectorizer(), LogisticRegression(max_iter=1000)),
    "attention without\npositions": attention(None),
    "attention": attention("sinusoidal"),
}
accuracy = {name: model.fit(train, y_train).score(test, y_test) for name, model in models.items()}

_, ax = plt.subplots(figsize=(6, 3.5), layout="constrained")
bars = ax.bar(list(accuracy), list(accuracy.values()), color=["0.7", "0.7", "tab:blue"])
ax.bar_label(bars, fmt="%.2f")
ax.axhline(0.5, color="black", linestyle=":", linewidth=1)
ax.set(ylabel="accuracy on 500 reports", ylim=(0, 1.1), title="Who won?")
plt.show()

# %%
# One report, with each of the six ways to say who won: what is between the names decides.
model = models["attention"]
versions = [f"anna in spite of the rain {verb} boris who had a cold" for verb, _ in VERBS]
shares = model.predict_proba(versions)

_, ax = plt.subplots(figsize=(7.5, 3.5), layout="constrained")
image = ax.imshow(shares, vmin=0, vmax=1, cmap="Blues", aspect="auto")
ax.set_xticks(range(len(NAMES)), model.classes_)
ax.set_yticks(range(len(VERBS)), [f"anna ... {verb} boris ..." for verb, _ in VERBS])
ax.set_title("who won, says the network")
plt.colorbar(image, label="probability")
plt.show()
