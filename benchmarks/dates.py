"""Dates as people write them, and as ISO 8601 has them: pairs for a translation of characters.

``babel`` knows how dates are written in some 500 locales: "Samstag, 28. November 2026" or
"28/11/26". Dates with two digits for the year are left out, since they are no single date, and so
are calendars and digits of other scripts than the Latin ones, which a locale may have as well.
"""

import datetime

import numpy as np

#: How much of a date is written in words; the short form has two digits for the year.
FORMATS = ("medium", "long", "full", "d MMM YYYY", "d MMMM yyyy", "EEEE d MMMM yyyy", "dd/MM/yyyy")
FIRST, LAST = datetime.date(1950, 1, 1), datetime.date(2049, 12, 31)


def locales():
    """Return the languages of babel, one locale each, with dates of the Gregorian calendar."""
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


def date_pairs(n, names, seed):
    """Return n dates as they are written in some locales, and the same as ISO dates, all different.

    Numbers alone, such as 03/04/2026, are written in the order day, month, year.
    """
    random = np.random.default_rng(seed)
    days, pairs = (LAST - FIRST).days + 1, {}
    while len(pairs) < n:
        date = FIRST + datetime.timedelta(int(random.integers(days)))
        form, name = FORMATS[random.integers(len(FORMATS))], names[random.integers(len(names))]
        pairs.setdefault(_written(date, form.replace("YYYY", "yyyy"), name), date.isoformat())
    return list(pairs), list(pairs.values())
