"""
See a shape while it is drawn
=============================

A recurrent network on strokes of a pen: sequences of movements, (dx, dy) at each moment, of many
different lengths. Whether a circle is drawn to the left or to the right, or a spiral inwards or
outwards, lies in the order of the movements alone. A grid search picks the cell and the pooling;
beside the network stand the same classifier on statistics of each stroke, as one would make them by
hand, and on strokes that are stretched to one length. The picture shows strokes, what the network
thinks while the pen moves, and its features.
"""

import time
import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skdeep import MLPClassifier, RNNClassifier
from skdeep.model_selection import GridSearchCV

SHAPES = ["circle left", "circle right", "spiral out", "spiral in", "eight", "zigzag"]


def stroke(shape, random):
    """Return the movements of a pen that draws a shape, (n_steps, 2)."""
    n = random.integers(12, 60)
    # The pen now hurries and now lingers.
    speed = np.exp(np.convolve(random.normal(size=n + 10), np.ones(10) / 4, mode="valid"))[: n + 1]
    turn = 2 * np.pi * random.uniform(0.8, 2.2) * np.cumsum(speed) / speed.sum()
    turn += random.uniform(0, 2 * np.pi)
    radius = np.ones(n + 1)
    if shape.startswith("spiral"):
        radius = np.linspace(0.1, 1, n + 1)[:: 1 if shape == "spiral out" else -1]
    x, y = radius * np.cos(turn), radius * np.sin(turn)
    if shape == "eight":
        y = np.sin(2 * turn) / 2
    if shape == "zigzag":
        x, y = np.linspace(-1, 1, n + 1), 0.5 * np.sign(np.sin(2 * turn))
    if shape == "circle right":
        y = -y
    angle = random.uniform(0, 2 * np.pi)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = random.uniform(0.6, 1.4) * np.stack([x, y], axis=1) @ rotation
    return (np.diff(points, axis=0) + 0.03 * random.normal(size=(n, 2))).astype(np.float32)


random = np.random.default_rng(0)
kinds = random.integers(len(SHAPES), size=900)
strokes = [stroke(SHAPES[kind], random) for kind in kinds]
X, X_test, y, y_test = strokes[:600], strokes[600:], kinds[:600], kinds[600:]
lengths = [len(x) for x in X]
print(
    f"{len(X)} strokes to learn from and {len(X_test)} to test on, of {min(lengths)} to "
    f"{max(lengths)} steps\n"
)

# %%
# The network
# -----------
# A list of arrays goes in as it is. All candidates of the search train together.

rnn = RNNClassifier(
    32,
    batch_size=30,
    learning_rate_init=0.01,
    learning_rate_schedule="cosine",
    max_iter=30,
    n_iter_no_change=np.inf,
    random_state=0,
)
search = GridSearchCV(rnn, {"cell": ["lstm", "gru"], "pooling": ["last", "max"]}, cv=2)


def statistics(sequences):
    """Return what one might measure by hand of each stroke."""
    return np.array(
        [
            [len(s), *s.mean(0), *s.std(0), *np.abs(s).mean(0), *s.sum(0), *s.max(0), *s.min(0)]
            for s in sequences
        ]
    )


def stretched(sequences):
    """Return all strokes with 30 steps, as rows."""
    new = np.linspace(0, 1, 30)
    return np.array(
        [
            np.stack([np.interp(new, np.linspace(0, 1, len(s)), c) for c in s.T]).ravel()
            for s in sequences
        ]
    )


perceptron = MLPClassifier((64,), learning_rate_init=0.01, max_iter=60, random_state=0)
models = {
    "recurrent network": search,
    "perceptron on statistics": make_pipeline(
        FunctionTransformer(statistics), StandardScaler(), perceptron
    ),
    "perceptron on 30 steps": make_pipeline(
        FunctionTransformer(stretched), StandardScaler(), perceptron
    ),
}
for name, model in models.items():
    begin = time.perf_counter()
    with warnings.catch_warnings():  # so many epochs are what was asked for
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X, y)
    seconds = time.perf_counter() - begin
    print(f"{name:<28}{seconds:>6.1f} seconds, accuracy {model.score(X_test, y_test):.1%}")
print(f"\nthe search picked {search.best_params_}")

# %%
# The picture
# -----------
# A sequence may end anywhere, so that the network can be asked after every step.

model = search.best_estimator_
figure = plt.figure(figsize=(15, 9), layout="constrained")
above, below = figure.subfigures(2, 1, height_ratios=[1.4, 1])
axes = above.subplots(2, len(SHAPES), sharey="row")
for kind, shape in enumerate(SHAPES):
    drawn = X_test[int(np.flatnonzero(y_test == kind)[0])]
    path = np.concatenate([np.zeros((1, 2)), np.cumsum(drawn, axis=0)])
    thought = model.predict_proba([drawn[:end] for end in range(1, len(drawn) + 1)])
    axes[0, kind].plot(*path.T, color="black", linewidth=1)
    axes[0, kind].plot(*path[0], "o", color="tab:green")
    axes[0, kind].set(
        title=shape, aspect="equal", xlim=(-2.5, 2.5), ylim=(-2.5, 2.5), xticks=[], yticks=[]
    )
    for other, probability in enumerate(thought.T):
        axes[1, kind].plot(range(1, len(drawn) + 1), probability, label=SHAPES[other])
    axes[1, kind].set(xlabel="steps seen", ylim=(0, 1.02))
axes[0, 0].set_ylabel("a test stroke, from the dot")
axes[1, 0].set_ylabel("probability of each shape")
wide = below.subplots()
plane = PCA(2).fit_transform(model.transform(X_test))
for kind, shape in enumerate(SHAPES):
    wide.scatter(*plane[y_test == kind].T, s=12, label=shape)
wide.set(title="Test strokes by the network's features, in their plane of most variance")
wide.legend(ncols=2)
plt.show()
