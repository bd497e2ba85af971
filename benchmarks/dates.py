"""Dates as people write them, and as ISO 8601 has them: pairs for a translation of characters.

``babel`` knows how dates are written in some 330 languages: "samstag, 28. november 2026". What
stands for two dates is left out: "14 listopada 2026" is in October for Croats and in November for
Poles. Figures alone, such as 03/04/2026, are day, month and year where a language has no other
order.
"""

import datetime
from collections import defaultdict

import numpy as np

#: How much of a date is written in words. The short form has two digits for the year.
FORMATS = (
    *("medium", "long", "full", "d MMM yyyy", "d MMMM yyyy"),
    *("EEEE d MMMM yyyy", "dd/MM/yyyy", "d. M. yyyy"),
)
FIRST, LAST = datetime.date(1950, 1, 1), datetime.date(2049, 12, 31)
#: Days that show which dates are written alike: in two orders of day and month, or with one name.
TRIED = [datetime.date(2001, month, day) for month in range(1, 13) for day in (2, 3, 14)]


def locales():
    """Return the languages of babel that write dates by the Gregorian calendar in Latin figures."""
    from babel import Locale, localedata

    found = []
    for name in sorted(localedata.locale_identifiers()):
        if "_" not in name and name != "root":
            written = _written(datetime.date(2026, 11, 28), "long", Locale.parse(name))
            if "2026" in written and "28" in written:
                found.append(name)
    return found


def _written(date, form, locale):
    from babel.dates import format_date

    return format_date(date, form, locale=locale).lower()


def ambiguous(names):
    """Return which locales, formats and months give texts that stand for several dates."""
    dates, uses = defaultdict(set), defaultdict(set)
    for name in names:
        for form in FORMATS:
            for date in TRIED:
                text = _written(date, form, name)
                dates[text].add(date)
                uses[text].add((name, form, date.month))
    return set().union(*(uses[text] for text, found in dates.items() if len(found) > 1))


def date_pairs(n, names, seed):
    """Return n dates as they are written in some locales, and the same as ISO dates, all different.

    Parameters
    ----------
    n : int
        How many.
    names : list of str
        The locales, such as those of :func:`locales`.
    seed : int
        Of all draws.
    """
    random, unclear = np.random.default_rng(seed), ambiguous(names)
    days, pairs = (LAST - FIRST).days + 1, {}
    while len(pairs) < n:
        date = FIRST + datetime.timedelta(int(random.integers(days)))
        form, name = FORMATS[random.integers(len(FORMATS))], names[random.integers(len(names))]
        if (name, form, date.month) not in unclear:
            pairs.setdefault(_written(date, form, name), date.isoformat())
    return list(pairs), list(pairs.values())
