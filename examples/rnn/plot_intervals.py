"""
A forecast with its intervals
=============================

How many things will be sold next? A table has the sales of each day and says which days have a
discount, also those to come. :class:`~skdeep.RNNForecaster` finds the week and the logs by itself,
and gives the whole distribution of what comes.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from skdeep import RNNForecaster
from skdeep.inspection import ForecastDisplay

# %%
# A table as people have it: a row for each day.

random = np.random.default_rng(1)
days = pd.date_range("2023-01-02", periods=500, freq="D", name="day")
t = np.arange(len(days))
week = np.array([0.0, 0.05, 0.1, 0.1, 0.4, 0.7, 0.5])[days.day_of_week]
discount = (random.random(len(days)) < 0.1).astype(float)
wave = np.zeros(len(days))
for k in range(1, len(days)):
    wave[k] = 0.8 * wave[k - 1] + 0.08 * random.normal()
sold = 50 * np.exp(0.0015 * t + week + 0.5 * discount + wave + 0.05 * random.normal(size=len(days)))
table = pd.DataFrame({"sold": sold, "discount": discount}, index=days)
known, future = table.iloc[:-28], table.iloc[-28:]
print(table.head(4).round(1))

# %%
# Fit, and look at what was found: a week of seven days, and logs, since sales vary the more the
# higher they are.

model = RNNForecaster(output="gaussian", random_state=0)
model.fit(known["sold"], exog=known["discount"])
print("season:", model.seasonal_period_, "days; logs:", bool(model.log_[0]))

# %%
# Four weeks to come
# ------------------
# The discounts of the days to come are known. What comes back has their dates.

forecast = model.forecast(28, exog=future["discount"])
print(forecast.head(3).round(1))
interval = model.predict_interval(28, coverage=0.9, exog=future["discount"], random_state=0)
inside = (interval[0.05] < future["sold"]) & (future["sold"] < interval[0.95])
error = (forecast - future["sold"]).abs().mean()
naive = np.abs(known["sold"].to_numpy()[-28:] - future["sold"].to_numpy()).mean()
print(f"mean absolute error: {error:.1f}; of the last four weeks once more: {naive:.1f}")
print(f"days inside their 90 % interval: {inside.sum()} of 28")

# %%
# The picture
# -----------

figure, axes = plt.subplots(2, 1, figsize=(10, 7), layout="constrained")
ForecastDisplay.from_estimator(
    model,
    known["sold"],
    28,
    exog=table["discount"],
    truth=future["sold"],
    ax=axes[0],
)
axes[0].set(title="28 days ahead", ylabel="sold")
blind = RNNForecaster(output="gaussian", random_state=0).fit(known["sold"])
ForecastDisplay.from_estimator(blind, known["sold"], 28, truth=future["sold"], ax=axes[1])
axes[1].set(title="without knowing of discounts", ylabel="sold")
plt.show()
