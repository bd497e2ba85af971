"""
Dates as people write them
==========================

:class:`~skdeep.Seq2SeqTranslator` learns to write dates in figures, year first, from pairs of
texts. Its attention shows where it looked for each figure.
"""

import datetime
import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from skdeep import Seq2SeqTranslator
from skdeep.metrics import sequence_accuracy

warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is chosen for speed

# %%
# Dates of 40 years are written in four ways, drawn at random.

WAYS = ["{d} {month} {y}", "{month} {d}, {y}", "{day}, {d} {month} {y}", "{d}.{m}.{y}"]


def written(date, way):
    names = date.strftime("%B %A").lower().split()
    numbers = {"d": date.day, "m": date.month, "y": date.year}
    return way.format(month=names[0], day=names[1], **numbers)


rng = np.random.default_rng(0)
dates = [
    datetime.date(1990, 1, 1) + datetime.timedelta(int(day))
    for day in rng.choice(40 * 365, 2400, replace=False)
]
X = [written(date, WAYS[k]) for date, k in zip(dates, rng.integers(4, size=2400), strict=True)]
y = [date.isoformat() for date in dates]
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=200, random_state=0)
for source, target in zip(X_test[:4], y_test[:4], strict=True):
    print(f"{source:32} {target}")

# %%
# A token is a character on both sides. Gated recurrent units learn such short texts fastest. The
# encoder reads in both directions, and each step of the decoder looks at what it needs.

model = Seq2SeqTranslator(
    "gru",
    unit="character",
    units=48,
    dropout=0.0,
    label_smoothing=0.0,
    batch_size=40,
    learning_rate_init=0.01,
    learning_rate_schedule="cosine",
    max_iter=14,
    random_state=0,
).fit(X_train, y_train)
found = model.predict(X_test)
print(f"right from the first to the last figure: {sequence_accuracy(y_test, found):.1%}")

# %%
# No step of training writes anything: scores are likelihoods of the true targets, which is what
# early stopping and searches compare. Only ``predict`` writes, here the most probable figure at
# each step; ``beam_width=5`` would follow five hypotheses.

fig, ax = plt.subplots(figsize=(6, 3), layout="constrained")
ax.plot(range(1, model.n_iter_ + 1), model.loss_curve_)
ax.set(xlabel="epoch", ylabel="nats per character", title="Training")
plt.show()

# %%
# Where the decoder looks: each row is a figure that it wrote, each column a character that it read.
# Years, months and days are looked up where they stand, in whatever order.

# sphinx_gallery_thumbnail_number = 2
shown = ["friday, 24 december 1999", "march 7, 2021"]
fig, axes = plt.subplots(1, 2, figsize=(11, 4.6), layout="constrained", width_ratios=[24, 13])
for ax, look in zip(axes, model.attention_weights(shown), strict=True):
    ax.imshow(look.weights, cmap="Greys", vmin=0, vmax=1, aspect="auto")
    ax.set_xticks(range(len(look.source)), look.source)
    ax.set_yticks(range(len(look.target)), look.target)
    ax.set(xlabel="read", ylabel="written")
    ax.xaxis.tick_top()
    ax.xaxis.set_label_position("top")
plt.show()
