"""
Classify short texts
====================

Product reviews as people write them, strings and labels, straight into a network. It reads words
one after the other, and beside them the n-grams of words and characters, whose weights start from
a logistic regression. The reviews are generated: most say in one word what they mean, some turn it
round ("not good"), and many have a typing error. Beside the network stands TF-IDF with logistic
regression, for growing numbers of reviews.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skdeep import RNNClassifier

GOOD = ["good", "great", "excellent", "solid", "lovely", "reliable", "pleasant", "superb"]
BAD = ["bad", "awful", "terrible", "flimsy", "ugly", "faulty", "annoying", "dreadful"]
THINGS = ["phone", "lamp", "jacket", "kettle", "chair", "battery", "screen", "handle", "zip"]
STARTS = ["the {} is", "my {} looks", "i find the {}", "this {} feels", "to me the {} seems"]
ENDS = ["", ", as said", " so far", " for the price", ", would tell a friend", " after a week"]


def misspelt(word, random):
    """Return a word with two letters swapped."""
    k = random.integers(len(word) - 1)
    return word[:k] + word[k + 1] + word[k] + word[k + 2 :]


def review(positive, random):
    """Return a review; one in four says "not" and the opposite."""
    negated = random.random() < 1 / 4
    word = random.choice(GOOD if positive != negated else BAD)
    word = misspelt(word, random) if random.random() < 0.25 else word
    start = random.choice(STARTS).format(random.choice(THINGS))
    some = random.choice(["really ", "very ", "quite ", ""])
    return f"{start} {'not ' if negated else ''}{some}{word}{random.choice(ENDS)}"


random = np.random.default_rng(0)
y = random.integers(0, 2, 3400)
labels = np.array(["negative", "positive"])[y]
texts = [review(bool(k), random) for k in y]
test, labels_test = texts[2400:], labels[2400:]
for text, label in zip(texts[:4], labels[:4], strict=True):
    print(f"{label}: {text}")

# %%
# Two models
# ----------
# Neither needs anything but strings and labels.


def network():
    return RNNClassifier(
        32,
        "gru",
        unit="word",
        bidirectional=True,
        pooling="max",
        dropout=0.2,
        ngram_dropout=0.5,
        batch_size=32,
        early_stopping=False,
        max_iter=25,
        learning_rate_init=0.01,
        learning_rate_schedule="one_cycle",
        n_iter_no_change=np.inf,
        random_state=0,
    )


def regression():
    return make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression())


SIZES = [150, 300, 600, 1200, 2400]
scores = {"RNNClassifier(unit='word')": [], "TF-IDF, logistic regression": []}
for n in SIZES:
    model = network().fit(texts[:n], labels[:n])
    scores["RNNClassifier(unit='word')"].append(model.score(test, labels_test))
    linear = regression().fit(texts[:n], labels[:n])
    scores["TF-IDF, logistic regression"].append(linear.score(test, labels_test))

# %%
# What they make of reviews
# -------------------------
# The network hears that a word is turned round, however far "not" stands from it.

sentences = [
    "the lamp is not really good",
    "this jacket feels not very flimsy, would tell a friend",
    "my kettle looks quite suprebly made",
    "i find the zip dreadfull",
]
share = model.predict_proba(sentences)[:, 1]
of_linear = linear.predict_proba(sentences)[:, 1]

figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), width_ratios=[1, 1.1])
for (name, values), style in zip(scores.items(), ["o-", "s--"], strict=True):
    left.plot(SIZES, values, style, label=name)
left.set(xscale="log", xlabel="training reviews", ylabel="accuracy on 1,000 others")
left.set_xticks(SIZES, SIZES)
left.minorticks_off()
left.legend()
place = np.arange(len(sentences))
right.barh(place - 0.2, share, 0.38, label="network")
right.barh(place + 0.2, of_linear, 0.38, label="regression")
right.axvline(0.5, color="gray", linewidth=1)
right.set_yticks(place, [s if len(s) < 34 else s[:31] + "..." for s in sentences])
right.invert_yaxis()
right.set(xlim=(0, 1), xlabel="probability of 'positive'")
right.legend(loc="lower right")
figure.tight_layout()
plt.show()
