"""
A layer of your own, tuned
==========================

Two readings a month of something that grows and swings once a year: eight years are known, and the
next four are to be foretold. Networks of ``tanh`` or ``relu`` units see the trend, and none of the
swing. Units that swing for ever are not built in, so they are written here, as a layer of twelve
lines: "snake" units, ``x + sin(a x)^2 / a`` (Ziyin, Hartwig and Ueda, 2020), each of which
learns its own frequency. A grid search puts the layer beside built-in ones.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import TimeSeriesSplit

from skdeep import NetworkRegressor
from skdeep.model_selection import GridSearchCV
from skdeep.nn import Activation, Constant, Dense, Layer, Param, Spec, Work, kernel
from skdeep.testing import check_layer, run_layer

warnings.simplefilter("ignore", ConvergenceWarning)  # so many epochs are to be so many

# %%
# The formulas
# ------------
# What a unit gives, and the slopes along `x` and `a`, each multiplied by `dy`. They are written
# as for NumPy, with `xp` in place of `np`, and run on the CPU and on a GPU.


@kernel
def snake(xp, x, a):
    wave = xp.sin(a * x)
    return x + wave * wave / a


@kernel
def snake_slopes(xp, x, a, dy):
    wave, twice = xp.sin(a * x), xp.sin(2 * a * x)
    return dy * (1 + twice), dy * (x * twice - wave * wave / a) / a


# %%
# The layer
# ---------
# It names its weights and buffers in ``build``, writes `y` in ``forward``, and in ``backward`` the
# gradients: `dx`, which nobody may need, and the sum of `da` over the samples.


class Snake(Layer):
    def __init__(self, frequency=1.0, name=None):
        self.frequency, self.name = frequency, name

    def build(self, in_shape):
        a = Param((1, *in_shape), "scale", Constant(self.frequency))
        return Spec(in_shape, {"a": a}, {"dx": Work(in_shape), "da": Work(in_shape)}, keeps={"x"})

    def forward(self, v, training):
        v.ops.launch(snake, v.y, v.x, v.params.a)

    def backward(self, v):
        dx = v.work.dx if v.dx is None else v.dx
        v.ops.launch(snake_slopes, (dx, v.work.da), v.x, v.params.a, v.dy)
        v.ops.reduce(v.work.da, v.grads.a, axis=1)


# %%
# One call compares its gradients with differences, and checks all else that training, searches and
# GPUs rely on.

check_layer(Snake(2.0), in_shape=(3,))
print("Snake does all that a layer has to do")
print(f"Snake(2) makes of 0, 1, 2: {run_layer(Snake(2.0), [[0.0, 1.0, 2.0]]).round(2)[0]}\n")

# %%
# The search
# ----------
# ``layers__1`` is the second layer, and takes whole layers; ``layers__1__frequency`` would take
# numbers. Splits are in time: each network is judged on the year behind those that it has seen.

random = np.random.default_rng(0)
years = np.arange(0, 12, 1 / 24)
values = 0.4 * years + np.sin(2 * np.pi * years) + 0.2 * random.normal(size=len(years))
past = years < 8
X, y = years[past, None], values[past]

network = NetworkRegressor(
    [Dense(64), Activation("tanh")],
    alpha=0.01,
    standardize_target=True,
    learning_rate_schedule="cosine",
    max_iter=1200,
    n_iter_no_change=np.inf,
    random_state=0,
)
grid = {
    "layers__1": [Activation("relu"), Activation("tanh"), Snake(10.0), Snake(20.0)],
    "learning_rate_init": [0.03, 0.1],
}
search = GridSearchCV(network, grid, cv=TimeSeriesSplit(3, test_size=24)).fit(X, y)

print("R squared of the year behind, mean of three\n")
order = np.argsort(search.cv_results_["rank_test_score"])
for k in order:
    layer, rate = (search.cv_results_[f"param_{name}"][k] for name in grid)
    print(f"{search.cv_results_['mean_test_score'][k]:8.2f}  {layer!r:32} rate {rate}")

# %%
# The next four years
# -------------------
# The best network of each kind of unit, fitted on all eight years.

best = {}
for k in order:
    layer = search.cv_results_["params"][k]["layers__1"]
    kind = layer.function if isinstance(layer, Activation) else "snake"
    if kind not in best:
        best[kind] = search.cv_results_["params"][k]

figure, axes = plt.subplots(len(best), 1, figsize=(9, 7), sharex=True, sharey=True)
print("\nR squared of the next four years\n")
for axis, (kind, params) in zip(axes, best.items(), strict=True):
    model = network.set_params(**params).fit(X, y)
    score = model.score(years[~past, None], values[~past])
    print(f"{score:8.2f}  {kind}")
    axis.plot(years[past], values[past], ".", color="0.6", markersize=3, label="known")
    axis.plot(years[~past], values[~past], ".", color="tab:orange", markersize=3, label="to come")
    axis.plot(years, model.predict(years[:, None]), color="tab:blue", label="network")
    axis.axvline(8, color="0.3", linewidth=0.8)
    axis.set_title(f"{kind}: R² of the four years to come {score:.2f}", loc="left", fontsize=10)
axes[0].legend(loc="upper left", frameon=False, ncols=3, fontsize=8)
axes[-1].set_xlabel("years")
figure.tight_layout()
plt.show()
