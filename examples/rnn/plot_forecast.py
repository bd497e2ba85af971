"""
Continue many series at once
============================

Forty series of a daily measurement, each with a weekly pattern, a slower wave and a level of its
own. One recurrent network learns from all of them and continues each; beside it stand the last
value and the last weeks once more. The network is also given a series that it has never seen. The
end of every series is kept for validation while the number of epochs is found.
"""

import time

import matplotlib.pyplot as plt
import numpy as np

from skdeep import RNNForecaster

HORIZON = 42


def measurement(random):
    """Return one series, and the same without its noise."""
    t = np.arange(random.integers(250, 450)) + random.integers(100)
    week = random.permutation([0.0, 0.1, 0.3, 0.2, 0.5, 1.0, 0.9])[t % 7]
    slow = 0.7 * np.sin(2 * np.pi * t / random.uniform(40, 60))
    level, size = random.uniform(10, 100), random.uniform(2, 10)
    clean = level + size * (week + slow)
    return clean + 0.15 * size * random.normal(size=len(t)), clean


random = np.random.default_rng(0)
series = [measurement(random)[0] for _ in range(41)]
known, future = [x[:-HORIZON] for x in series], [x[-HORIZON:] for x in series]
trained, unseen = known[:40], known[40]

# %%
# The network
# -----------
# Of many series each is standardised by its own moments, and the week is found.
# The slow waves are not linear in the steps before, so the recurrent layers get more room than by
# default: a weak penalty, and as many epochs as help on the end of each series.

begin = time.perf_counter()
model = RNNForecaster(
    alpha=1e-4,
    learning_rate_init=0.01,
    max_iter=100,
    early_stopping=True,
    random_state=0,
).fit(trained)
seconds = time.perf_counter() - begin
print(f"season: {model.seasonal_period_} days")
print(f"{model.n_iter_} epochs in {seconds:.1f} seconds")
print(f"R squared of one step ahead: {model.score(trained):.3f}\n")

forecasts = model.forecast(HORIZON)  # of the series of the fit
forecasts.append(model.forecast(HORIZON, unseen))


def error(guesses, rows=slice(None)):
    """Return the mean absolute error, in standard deviations of each series."""
    each = [
        np.abs(guess - truth).mean() / truth.std()
        for guess, truth in zip(guesses[rows], future[rows], strict=True)
    ]
    return np.mean(each)


guesses = {
    "recurrent network": forecasts,
    "the last weeks again": [x[-HORIZON:] for x in known],
    "last value": [np.full(HORIZON, x[-1]) for x in known],
}
print(f"{'':<24}{'40 series':>10}{'a new one':>12}")
for name, guess in guesses.items():
    print(f"{name:<24}{error(guess, slice(40)):>10.2f}{error(guess, slice(40, 41)):>12.2f}")

# %%
# The picture
# -----------

figure, axes = plt.subplots(4, 1, figsize=(12, 10), layout="constrained")
for axis, k in zip(axes, (0, 1, 2, 40), strict=True):
    n = len(known[k])
    shown = np.arange(n - 100, n)
    axis.plot(shown, known[k][-100:], color="black", linewidth=1)
    came = {"color": "black", "linewidth": 1, "linestyle": ":", "label": "what came"}
    axis.plot(np.arange(n, n + HORIZON), future[k], **came)
    for name, guess in guesses.items():
        axis.plot(np.arange(n, n + HORIZON), guess[k], label=name)
    axis.axvline(n - 0.5, color="gray", linewidth=0.5)
    axis.set(title="a series that the network has not seen" if k == 40 else f"series {k}")
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
axes[-1].set(xlabel="day")
plt.show()
