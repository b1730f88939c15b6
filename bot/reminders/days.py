"""The day in what somebody wrote. What is not plain English is read by dateparser."""

import re
import warnings
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bot.reminders.numbers import CALENDAR, length_in, on_calendar
from bot.reminders.repeats import DAY
from bot.search.when import LANGUAGES

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FILLER = re.compile(r"^(?:on|the|by|for|from|starting|beginning|at|am|el|le)\s+|\s+(?:on|at|from|starting)$")
_WEEKDAY = re.compile(rf"(?P<next>next |this |coming )?(?P<day>{DAY})")
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_NUMERIC = re.compile(r"(\d{1,2})([./-])(\d{1,2})(?:\2(\d{4}|\d{2})?)?")
_ORDINAL_DAY = re.compile(r"(?:the )?(\d{1,2})(?:st|nd|rd|th)|day (\d{1,2})")
_A_WORD = re.compile(r"[a-z]{3}|[^\W\d_a-z]")  # “me” is short for a day in some language
_SAYS_NOTHING = re.compile(
    rf".*\d.*|{DAY},?|from|the|on|(?!am|pm|no|ab)[^\W\d_]{{1,2}}\.?|del|der|den|dem|van|через|sonra|daqui"
)
"""A word that may be left out; numbers and weekdays are looked at otherwise."""

_LINKS = re.compile(r"\b(?:and|or|not|but|except)\b")

_FIXED = {
    "today": 0, "tomorrow": 1, "tmr": 1, "tmrw": 1, "tomorow": 1,
    "day after tomorrow": 2, "the day after tomorrow": 2, "yesterday": -1,
}  # fmt: skip


_FEASTS = {
    "christmas": (12, 25), "xmas": (12, 25), "christmas eve": (12, 24), "halloween": (10, 31),
    "new year": (1, 1), "new year's": (1, 1), "new year's eve": (12, 31), "valentine's": (2, 14),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Day:
    """The days that may be meant. `named` says that one was named at all; `rolls` that without a time left on it
    the next one of its kind is meant, so many days later. `after` is the time from now, where that was named."""

    days: tuple[date, ...]
    named: bool = True
    rolls: int = 0
    after: timedelta | None = None


def day_in(words: str, today: date) -> Day | None:
    """The day that is named; None where nothing here is one. May be slow: it may have to load languages."""
    plain = _plain(words)
    if not plain:
        return Day((today,), named=False, rolls=1)
    if plain in _FIXED:
        return Day((today + timedelta(_FIXED[plain]),))
    for reader in (_counted, _weekday, _relative, _numeric, _nth, _feast):
        if (found := reader(plain, today)) is not None:
            return found
    return _elsewise(plain, today)


def _plain(words: str) -> str:
    before = None
    while before != words:
        before, words = words, _FILLER.sub("", words.strip(" ,.;"))
        if words in ("on", "the", "at", "starting", "from"):
            return ""
    return words


def _feast(words: str, today: date) -> Day | None:
    found = _FEASTS.get(words.replace("’", "'").removesuffix(" day"))
    return Day((_of_year(None, *found, today),)) if found else None


def _counted(words: str, today: date) -> Day | None:
    """In three days; a week from now."""
    found = re.fullmatch(r"(?:in|after) (.+)|(.+) from (?:now|today)", words)
    length = length_in(found[1] or found[2]) if found else None
    if length is None or not length.keys() <= CALENDAR:
        return None
    return Day((on_calendar(datetime(today.year, today.month, today.day), length).date(),))


def _weekday(words: str, today: date) -> Day | None:
    found = _WEEKDAY.fullmatch(words)
    if found is None:
        return None
    ahead = (_WEEKDAYS.index(found["day"][:3]) - today.weekday()) % 7
    coming = today + timedelta(ahead)
    if (found["next"] or "") != "next ":
        return Day((coming,), rolls=7)
    this_week = 0 < ahead <= 6 - today.weekday()
    following = coming + timedelta(7)
    return Day((coming, following) if this_week else (coming if ahead else following,))


def _relative(words: str, today: date) -> Day | None:
    match words:
        case "next week":
            return Day((today + timedelta(7 - today.weekday()),))
        case "next month":
            return Day(((today.replace(day=1) + timedelta(31)).replace(day=1),))
        case "next year":
            return Day((date(today.year + 1, 1, 1),))
    weekend = re.fullmatch(r"(?P<next>next |this |the |on the )?weekend|(?:the )?end of (?:the|this) week", words)
    if weekend is not None:
        day = 4 if "end of" in words else 5
        return Day((today + timedelta((day - today.weekday()) % 7 + (7 if weekend["next"] == "next " else 0)),))
    found = re.fullmatch(rf"({DAY}) next week|next week (?:on )?({DAY})", words)
    if found is None:
        return None
    day = _WEEKDAYS.index((found[1] or found[2])[:3])
    return Day((today + timedelta(7 - today.weekday() + day),))


def _numeric(words: str, today: date) -> Day | None:
    if (iso := _ISO.fullmatch(words)) is not None:
        return Day((date(int(iso[1]), int(iso[2]), int(iso[3])),))
    found = _NUMERIC.fullmatch(words)
    if found is None:
        return None
    first, second = int(found[1]), int(found[3])
    orders = [(second, first)] if found[2] == "." else [(second, first), (first, second)]
    possible = dict.fromkeys(order for order in orders if 1 <= order[0] <= 12 and 1 <= order[1] <= 31)
    if not possible:
        raise ValueError("no such day")
    return Day(tuple(_of_year(found[4], month, day, today) for month, day in possible))


def _of_year(year: str | None, month: int, day: int, today: date) -> date:
    if year:
        return date(int(year) if len(year) == 4 else 2000 + int(year), month, day)
    this = date(today.year, month, day)
    return this if this >= today else date(today.year + 1, month, day)


def _nth(words: str, today: date) -> Day | None:
    """The 5th: of this month, or the next that has one."""
    found = _ORDINAL_DAY.fullmatch(words)
    if found is None:
        return None
    wanted = int(found[1] or found[2])
    if not 1 <= wanted <= 31:
        raise ValueError("no such day")
    day = today
    while day.day != wanted:
        day += timedelta(1)
    return Day((day,))


def _elsewise(words: str, today: date) -> Day | None:
    """By names of months, and in other languages."""
    if len(words) > 60 or not _A_WORD.search(words) or _LINKS.search(words) or _names_zone(words):
        return None
    noon = datetime(today.year, today.month, today.day, 12)
    found = _parsed(words, noon)
    if found is None or not _uses_all(words, found, noon):
        return None
    # What was named in hours or minutes has moved the clock; a day leaves it as it is, or at its beginning.
    moved = found.time() not in (time(12), time(0))
    day = found.date()
    if day == on_calendar(noon, {"years": 1}).date() and str(day.year) not in words:
        day = today  # its name was called: today is not over
    return Day((day,), after=found - noon if moved else None)


def _parsed(words: str, noon: datetime) -> datetime | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own use of the standard library
        from dateparser.date import DateDataParser

        settings = {
            "PREFER_DATES_FROM": "future",
            "RELATIVE_BASE": noon,
            "RETURN_AS_TIMEZONE_AWARE": False,
        }
        found = DateDataParser(languages=[*LANGUAGES], settings=settings).get_date_data(words)
    moment: datetime | None = found.date_obj
    return moment if found.period == "day" else None


def _uses_all(words: str, found: datetime, noon: datetime) -> bool:
    """Whether the day has in it all that was said: dateparser drops in silence what it has no use for.

    Each number is the day, the month or the year, or how far ahead it is; a weekday that is named falls on it; and
    without any other word it would be another day, or none.
    """
    weekday = re.search(rf"\b{DAY}\b", words)
    if weekday is not None and _WEEKDAYS[found.weekday()] != weekday[0][:3]:
        return False
    if not all(int(number) in _numbers_of(found, noon) for number in re.findall(r"\d+", words)):
        return False
    said = words.split()
    others = [(n, word) for n, word in enumerate(said) if not _SAYS_NOTHING.fullmatch(word)]
    if len(others) < 2:  # it was this word
        return True
    without = ((word, " ".join((*said[:n], *said[n + 1 :]))) for n, word in others)
    return not any(_parsed(rest, noon) == found and not _is_day(word, found, noon) for word, rest in without)


def _numbers_of(found: datetime, noon: datetime) -> frozenset[int]:
    """The numbers by which a moment may be called."""
    months = (found.year - noon.year) * 12 + found.month - noon.month
    seconds = round(abs((found - noon).total_seconds()))
    lengths = (seconds // unit for unit in (1, 60, 3600, 86_400, 604_800))
    return frozenset(
        (found.day, found.month, found.year, found.year % 100, abs(months), abs(months) // 12, *lengths)
    )


def _is_day(word: str, found: datetime, noon: datetime) -> bool:
    """Whether a word by itself names the weekday of this day."""
    alone = _parsed(word, noon)
    return alone is not None and alone.weekday() == found.weekday()


def _names_zone(words: str) -> bool:
    """Whether a word is the name of a time zone, which dateparser takes away in silence."""
    from dateparser.timezone_parser import word_is_tz

    return any(word_is_tz(word.upper()) for word in words.split() if word.isascii() and word.isalpha())
