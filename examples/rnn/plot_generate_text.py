"""
Learn to write
==============

A small grammar writes sentences, and a recurrent network learns to write them character by
character: it has to find out about words, about singular and plural, and about what fits together.
Since the grammar is known, so are the fewest nats per character that any model can reach, and the
sentences that the network writes can be checked. The picture shows the way there, and how sure the
network is of each character.
"""

import time
import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skdeep import RNNGenerator, SequenceEncoder

ONE, MANY = ["the cat", "a dog", "the old king"], ["the cats", "two dogs", "kings"]
DOES, DO = ["sees", "likes", "fears"], ["see", "like", "fear"]
HOW = ["", " at night", " a lot"]


def grammar():
    """Return every sentence and its probability."""
    chances = {}
    for subjects, verbs in ((ONE, DOES), (MANY, DO)):
        for subject in subjects:
            for verb in verbs:
                for thing in ONE + MANY:
                    for how in HOW:
                        share = 1 / 2 / 3 / 3 / 6 / 3
                        chances[f"{subject} {verb} {thing}{how}."] = share
    return chances


CHANCES = grammar()
random = np.random.default_rng(0)
texts, shares = list(CHANCES), np.array(list(CHANCES.values()))
train = random.choice(texts, 2000, p=shares).tolist()
test = random.choice(texts, 500, p=shares).tolist()
# All texts have one probability, so that no model can do with fewer nats than its logarithm.
best = np.mean([-np.log(CHANCES[text]) for text in test]) / np.mean([len(t) + 1 for t in test])

# %%
# Tokens, and the network
# -----------------------
# The encoder marks where a text ends, so that the network learns to stop.

encoder = SequenceEncoder(start=False, end=True)
X, X_test = encoder.fit_transform(train), encoder.transform(test)
model = RNNGenerator(
    64,
    cell="gru",
    embedding_dim=16,
    learning_rate_init=0.01,
    learning_rate_schedule="cosine",
    max_iter=12,
    n_iter_no_change=np.inf,
    early_stopping=True,
    random_state=0,
)
begin = time.perf_counter()
with warnings.catch_warnings():  # so many epochs are what was asked for
    warnings.simplefilter("ignore", ConvergenceWarning)
    model.fit(X, X_val=X_test)
print(f"{len(X)} sentences, {encoder.n_tokens_} tokens, {time.perf_counter() - begin:.1f} seconds")
print(f"nats per character: {-model.score(X_test):.4f} (the grammar's own: {best:.4f})\n")


def written(temperature, n=500):
    """Return sentences that the network writes."""
    start = [[]] * n
    tokens = model.generate(
        start, 60, temperature=temperature, stop=encoder.end_token_, random_state=0
    )
    return encoder.inverse_transform(tokens)


for temperature in (0.5, 1.0, 2.0):
    texts = written(temperature)
    right = np.mean([text in CHANCES for text in texts])
    print(f"temperature {temperature}: {right:.0%} of {len(texts)} sentences are right, such as")
    print("    " + "\n    ".join(texts[:3]))

# %%
# The picture
# -----------
# How surprised the network is by a character is what it adds to the score of a text.


def surprise(text):
    """Return nats for each character of a text and for its end."""
    tokens = encoder.transform([text])[0]
    scores = model.score_samples([tokens[:end] for end in range(1, len(tokens) + 1)])
    return -np.diff(scores, prepend=0.0)


figure, axes = plt.subplots(4, 1, figsize=(12, 10), layout="constrained")
axes[0].plot(range(1, model.n_iter_ + 1), model.validation_loss_curve_, label="network")
axes[0].axhline(best, color="gray", linestyle=":", label="the grammar's own")
axes[0].set(xlabel="epoch", ylabel="nats per character", title="New sentences")
axes[0].legend()
for axis, text in zip(axes[1:], [test[0], test[1], "two dogs sees a king."], strict=True):
    nats = surprise(text)
    axis.bar(range(len(nats)), nats, color="tab:red" if text not in CHANCES else "tab:blue")
    axis.set_xticks(range(len(nats)), [*text.replace(" ", "\N{OPEN BOX}"), "end"])
    right = "a right sentence" if text in CHANCES else "a wrong one"
    axis.set(ylabel="nats", title=f"How surprising each character is: {right}")
plt.show()
