"""
Flats of all kinds: a data frame as it comes
============================================

Rents of flats in a table with numbers, text, dates and gaps. :class:`~skdeep.TabularMLPRegressor`
takes it without any preparation; scikit-learn's gradient boosting stands beside it, and a
:class:`~skdeep.MLPRegressor` after the usual pipeline. Then: which columns matter, how wide
intervals have to be, and how many of new flats they cover.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.inspection import permutation_importance
from sklearn.metrics import root_mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skdeep import MLPRegressor, TabularMLPRegressor

# %%
# The table
# ---------
# It is made up, so that we know what is true. A rent is a smooth function of size, age, the way to
# the centre and the season, with a level for each of 30 districts, and noise that grows with size.

random = np.random.default_rng(0)
n = 2500
DISTRICTS = [f"district {k:02d}" for k in range(30)]
levels = random.normal(0, 0.2, len(DISTRICTS))
district = random.integers(len(DISTRICTS), size=n)
flats = pd.DataFrame(
    {
        "size": random.gamma(9, 8, n).round(),
        "rooms": pd.array(random.integers(1, 6, n), "Int64"),
        "district": pd.Categorical.from_codes(district, DISTRICTS),
        "heating": random.choice(["gas", "district heating", "heat pump", "oil"], n),
        "balcony": random.random(n) < 0.5,
        "built": random.integers(1900, 2025, n).astype(float),
        "minutes to the centre": random.uniform(2, 50, n).round(),
        "listed on": pd.Timestamp("2023-01-01") + pd.to_timedelta(random.integers(0, 730, n), "D"),
    }
)
old = (2025 - flats["built"]) / 125
per_metre = (
    14
    + 6 * np.exp(-flats["minutes to the centre"] / 12)
    + 3 * np.cos(2 * np.pi * old)  # the newest and the oldest houses are dear
    + 0.8 * np.cos(2 * np.pi * flats["listed on"].dt.month / 12)
    + flats["heating"].map({"gas": 0, "district heating": 1, "heat pump": 2, "oil": -1})
    + flats["balcony"]
) * np.exp(levels[district])
noise = random.normal(0, 0.06, n)
rent = (flats["size"] * per_metre * np.exp(noise)).to_numpy()
for column, share in {"built": 0.2, "rooms": 0.1, "heating": 0.15, "district": 0.05}.items():
    flats[column] = flats[column].mask(random.random(n) < share)

X_train, X_test, y_train, y_test = train_test_split(flats, rent, test_size=0.3, random_state=0)
print(X_train.head(3).to_string())
print(f"{flats.shape[0]} flats; missing: {int(flats.isna().to_numpy().sum())} cells\n")

# %%
# Three regressors
# ----------------
# Two take the frame; the third needs a pipeline that fills, encodes and scales, and leaves dates
# out. All have the settings that they come with, but for what a perceptron cannot do without.

numbers = ["size", "rooms", "built", "minutes to the centre"]
prepared = make_column_transformer(
    (make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()), numbers),
    (OneHotEncoder(handle_unknown="ignore"), ["district", "heating", "balcony"]),
)
days = (flats["listed on"] - flats["listed on"].min()).dt.days
for_trees = flats.assign(
    **{"listed on": days, "heating": flats["heating"].astype("category")}
).astype({"rooms": float})
boosting = HistGradientBoostingRegressor(random_state=0)
perceptron = make_pipeline(
    prepared,
    MLPRegressor(standardize_target=True, max_iter=500, early_stopping=True, random_state=0),
)
tabular = TabularMLPRegressor(random_state=0)

predicted = {}
boosting.fit(for_trees.loc[X_train.index], y_train)
predicted["gradient boosting"] = boosting.predict(for_trees.loc[X_test.index])
predicted["MLPRegressor and a pipeline"] = perceptron.fit(X_train, y_train).predict(X_test)
predicted["TabularMLPRegressor"] = tabular.fit(X_train, y_train).predict(X_test)
best = root_mean_squared_error(y_test, y_test / np.exp(noise[X_test.index]))
for name, y_pred in predicted.items():
    print(f"{name:30s} RMSE {root_mean_squared_error(y_test, y_pred):5.0f}")
print(f"{'the truth without its noise':30s} RMSE {best:5.0f}\n")

# %%
# What was learned of the columns
# -------------------------------
# ``encoders_`` say it by name: a district became a vector, the date several numbers.

encoder = tabular.encoders_[0]
print("numbers:   ", list(encoder.means_))
print("gaps in:   ", encoder.indicated_)
print("categories:", {name: len(found) for name, found in encoder.categories_.items()}, "\n")

# %%
# How sure it is
# --------------
# Conformal intervals cover a given share of new flats. Those about the prediction are equally wide
# for all; quantiles make them wide where rents spread.

quantiles = TabularMLPRegressor(loss="quantile", quantiles=(0.05, 0.5, 0.95), random_state=0)
quantiles.fit(X_train, y_train)
intervals = {
    "about the prediction": tabular.predict_interval(X_test, coverage=0.9),
    "by quantiles": quantiles.predict_interval(X_test, coverage=0.9),
}
for name, ends in intervals.items():
    inside = (ends[:, 0] <= y_test) & (y_test <= ends[:, 1])
    width = np.diff(ends, axis=1).mean()
    print(f"{name:22s} cover {inside.mean():.1%} of new flats, mean width {width:5.0f}")

# %%
# The picture
# -----------

importance = permutation_importance(tabular, X_test, y_test, n_repeats=3, random_state=0)
order = np.argsort(importance.importances_mean)
figure, (left, middle, right) = plt.subplots(1, 3, figsize=(14, 4.4), layout="constrained")

limits = [0, np.percentile(rent, 99.7)]
left.plot(limits, limits, color="0.6", linewidth=1)
left.scatter(y_test, predicted["TabularMLPRegressor"], s=6, alpha=0.5)
left.set(xlim=limits, ylim=limits, xlabel="rent", ylabel="predicted", title="New flats")

middle.barh(flats.columns[order], importance.importances_mean[order], color="tab:blue")
middle.set(xlabel="loss of R² where a column is shuffled", title="Which columns matter")

size = X_test["size"].to_numpy()
for (name, ends), color in zip(intervals.items(), ("0.5", "tab:orange"), strict=True):
    right.scatter(size, np.diff(ends, axis=1), s=6, alpha=0.6, color=color, label=name)
right.set(
    xlabel="size", ylabel="width of the 90 % interval", title="How sure it is", ylim=(0, None)
)
right.legend(loc="upper left")
plt.show()
