"""Forecasts beside what forecasters compare with: ``python -m benchmarks.forecasting --help``.

``air`` forecasts the last two years of the monthly numbers of airline passengers (Box and Jenkins,
1976; 1949 to 1960, in thousands) from the ten before. ``hourly`` forecasts the last week of forty
generated series with a trend, a day, a week and autocorrelated noise, which multiply. Errors there
are divided by those of the seasonal naive forecast on the training part, and averaged. ``own``
forecasts each of the last four weeks of hourly numbers in a file, one a line (``--file``), from all
hours before it.

``RNNForecaster`` has its defaults. These were chosen by origins within the first ten years of
passengers, and by the eighth week of hourly series of another seed; the last parts, which are
scored here, took no part. The other forecasters:

- seasonal naive: the last season once more (for passengers, with the growth of the last year);
- ridge: linear regression on 24 lags, those of two days and a week, and the hour and day of the
  week, of standardised logs; one for each series, which is better here than one for all; for
  passengers twelve lags of differences of logs;
- HistGradientBoostingRegressor: the same inputs, one model of all standardised series.

Both read their own predictions.
"""

import argparse
import time

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import Ridge

from skdeep import RNNForecaster

PASSENGERS = """
112 118 132 129 121 135 148 148 136 119 104 118 115 126 141 135 125 149 170 170 158 133 114 140
145 150 178 163 172 178 199 199 184 162 146 166 171 180 193 181 183 218 230 242 209 191 172 194
196 196 236 235 229 243 264 272 237 211 180 201 204 188 235 227 234 264 302 293 259 229 203 229
242 233 267 269 270 315 364 347 312 274 237 278 284 277 317 313 318 374 413 405 355 306 271 306
315 301 356 348 355 422 465 467 404 347 305 336 340 318 362 348 363 435 491 505 404 359 310 337
360 342 406 396 420 472 548 559 463 407 362 405 417 391 419 461 472 535 622 606 508 461 390 432
"""
WEEK = 168


def passengers():
    """Return 144 months of airline passengers."""
    return np.array(PASSENGERS.split(), float)


def hourly(n_series=40, n_weeks=9, seed=0):
    """Return series of hours, (n_series, hours)."""
    random, n = np.random.default_rng(seed), WEEK * n_weeks
    result = []
    for _ in range(n_series):
        t = np.arange(n) + random.integers(WEEK)
        level = np.exp(random.normal(4, 1))
        k = np.arange(1, 4)
        size, phase = 0.35 * random.normal(size=3) / k, random.uniform(0, 2 * np.pi, 3)
        day = np.sum(size * np.sin(2 * np.pi * t[:, None] / 24 * k + phase), axis=1)
        weekday, weekend = random.normal(0, 0.15, 7), random.uniform(0.3, 1)
        which = t // 24 % 7
        trend = 0.3 * random.normal() * np.arange(n) / n
        shock = random.normal(0, random.uniform(0.05, 0.15), n)
        memory, noise = random.uniform(0.3, 0.9), np.zeros(n)
        for i in range(1, n):
            noise[i] = memory * noise[i - 1] + shock[i] * np.sqrt(1 - memory**2)
        day = day * np.where(which >= 5, weekend, 1.0)
        result.append(level * np.exp(day + weekday[which] + trend + noise))
    return np.stack(result)


# ---------------------------------------------------------------------- the other forecasters


def ridge_of_months(known, horizon):
    """Forecast by ridge regression on twelve lags of standardised differences of logs."""
    logs = np.log(known)
    scale = np.diff(logs).std()
    z = list(np.diff(logs) / scale)
    rows = np.array([z[t - 12 : t] for t in range(12, len(z))])
    model = Ridge(1.0).fit(rows, z[12:])
    for _ in range(horizon):
        z.append(model.predict([z[-12:]])[0])
    return np.exp(logs[-1] + scale * np.cumsum(z[-horizon:]))


def _calendar(t):
    return np.concatenate([np.eye(24)[t % 24], np.eye(7)[t // 24 % 7]], axis=-1)


LAGS = np.array([*range(1, 25), 48, WEEK, WEEK + 1])


def on_lags(make, known, horizon, *, together):
    """Forecast by a regressor on lags and the calendar, of standardised logs."""
    logs = np.log(known)
    mean, scale = logs.mean(axis=1, keepdims=True), logs.std(axis=1, keepdims=True)
    z = (logs - mean) / scale
    begin, n = LAGS.max(), z.shape[1]
    t = np.arange(begin, n)
    rows = [np.concatenate([one[t[:, None] - LAGS], _calendar(t)], axis=1) for one in z]
    goals = z[:, begin:]
    if together:
        models = [make().fit(np.concatenate(rows), goals.ravel())] * len(z)
    else:
        models = [make().fit(x, y) for x, y in zip(rows, goals, strict=True)]
    for step in range(n, n + horizon):
        row = np.concatenate(
            [z[:, step - LAGS], np.broadcast_to(_calendar(np.array(step)), (len(z), 31))], axis=1
        )
        if together:
            after = models[0].predict(row)
        else:
            after = [m.predict(x[None])[0] for m, x in zip(models, row, strict=True)]
        z = np.concatenate([z, np.reshape(after, (-1, 1))], axis=1)
    return np.exp(z[:, -horizon:] * scale + mean)


# ---------------------------------------------------------------------- the comparisons


def air(options):
    """Print mean absolute errors of the last two years of passengers."""
    X = passengers()
    known, future = X[:120], X[120:]
    growth = known[-12:].mean() / known[-24:-12].mean()
    naive = np.concatenate([known[-12:] * growth, known[-12:] * growth**2])
    guesses = {"seasonal naive with growth": naive, "ridge": ridge_of_months(known, 24)}
    for name, guess in guesses.items():
        print(f"air: {name:<28}{np.abs(guess - future).mean():6.1f}", flush=True)
    errors, seconds = [], []
    for seed in range(options.seeds):
        begin = time.perf_counter()
        guess = RNNForecaster(random_state=seed).fit(known).forecast(24)
        seconds.append(time.perf_counter() - begin)
        errors.append(np.abs(guess - future).mean())
    print(
        f"air: RNNForecaster               {np.mean(errors):6.1f} (of {options.seeds} seeds, "
        f"{min(errors):.1f} to {max(errors):.1f}; {np.median(seconds):.1f} s each)",
        flush=True,
    )


def weeks(options):
    """Print scaled errors of the last week of hourly series, and the coverage of intervals."""
    compare("hourly", hourly(seed=options.data_seed))


def own(options):
    """Print the same of the last four weeks of a series of the user's, one by one."""
    x = np.loadtxt(options.file)
    for k in range(4):
        compare(f"own, week {k + 1}", x[None, : len(x) - (3 - k) * WEEK])


def compare(what, X):
    """Print scaled errors of the last week of series (n, hours)."""
    known, future = X[:, :-WEEK], X[:, -WEEK:]
    unit = np.abs(known[:, WEEK:] - known[:, :-WEEK]).mean(axis=1)

    def scaled(guess):
        return np.mean(np.abs(np.asarray(guess) - future).mean(axis=1) / unit)

    guesses = {
        "seasonal naive": lambda: known[:, -WEEK:],
        "ridge": lambda: on_lags(Ridge, known, WEEK, together=False),
        "HistGradientBoosting": lambda: on_lags(
            HistGradientBoostingRegressor, known, WEEK, together=True
        ),
    }
    for name, guess in guesses.items():
        print(f"{what}: {name:<25}{scaled(guess()):6.3f}", flush=True)
    ways = {
        "defaults": {},
        "output='gaussian'": {"output": "gaussian"},
        "output='student_t'": {"output": "student_t"},
        "five quantiles": {"quantiles": [0.05, 0.25, 0.5, 0.75, 0.95]},
    }
    for name, parameters in ways.items():
        begin = time.perf_counter()
        model = RNNForecaster(random_state=0, **parameters).fit(list(known))
        error, seconds = scaled(model.forecast(WEEK)), time.perf_counter() - begin
        held = ""
        if parameters:
            ends = np.stack(model.predict_interval(WEEK, random_state=0))
            inside = (ends[..., 0] < future) & (future < ends[..., 1])
            held = f", {inside.mean():.1%} within their 90 % intervals"
        print(f"{what}: RNNForecaster, {name:<20}{error:6.3f}{held} ({seconds:.0f} s)", flush=True)


PARTS = {"air": air, "hourly": weeks, "own": own}


def parse(arguments=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", help=f"of {list(PARTS)}; default: the first two")
    parser.add_argument("--seeds", type=int, default=10, help="of the networks of passengers")
    parser.add_argument("--data-seed", type=int, default=0, help="of the hourly series")
    parser.add_argument("--file", help="hourly numbers for `own`, one a line")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    options = parse()
    for name in options.parts or ["air", "hourly"]:
        PARTS[name](options)
