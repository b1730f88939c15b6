"""Numbers as people write them out, and the lengths of time they count. Pure."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty"
)
_NUMBERS = {word: n for n, word in enumerate(_ONES.split())} | {
    "a": 1,
    "an": 1,
    "couple": 2,
    "a couple": 2,
    "few": 3,
    "a few": 3,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "ninety": 90,
}
_PLACES = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
_ORDINALS = {word: n for n, word in enumerate(_PLACES.split(), start=1)} | {"other": 2, "last": -1}

NUMBER = rf"(?:\d{{1,4}}(?:\.\d)?|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})"
ORDINAL = rf"(?:\d{{1,2}}(?:st|nd|rd|th)|{'|'.join(_ORDINALS)})"
HOUR = rf"(?:\d{{1,2}}|{'|'.join(reversed(_ONES.split()[:13]))})"

_UNITS = {
    "second": "seconds", "sec": "seconds", "s": "seconds",
    "minute": "minutes", "min": "minutes", "m": "minutes",
    "hour": "hours", "hr": "hours", "h": "hours",
    "day": "days", "d": "days",
    "week": "weeks", "w": "weeks",
    "month": "months",
    "year": "years", "y": "years",
}  # fmt: skip
_UNIT = "|".join(sorted((f"{unit}s?" for unit in _UNITS), key=len, reverse=True))
_AMOUNT = re.compile(rf"({NUMBER})(?: of)? ?({_UNIT})(?![a-z])(?:,| and|, and)? ?")
_HALVES = (
    (re.compile(r"\bhalf an? hour\b"), "30 minutes"),
    (re.compile(rf"\b({NUMBER}) hours? and a half\b"), r"\1 hours 30 minutes"),
    (re.compile(rf"\b({NUMBER}) and a half hours\b"), r"\1 hours 30 minutes"),
    (re.compile(r"\b(?:a )?quarter of an hour\b"), "15 minutes"),
    (re.compile(r"\b(\d{1,2})h(\d{2})\b"), r"\1 hours \2 minutes"),
    (re.compile(r"\b(?:a )?fortnight\b"), "2 weeks"),
)
CALENDAR = frozenset({"days", "weeks", "months", "years"})
"""Units that are counted on the calendar: in three days the wall clock shows what it shows now."""

_ELSEWHERE = {
    word: n
    for language in (
        "eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
        "une deux trois quatre cinq six sept huit neuf dix onze douze",
        "una dos tres cuatro cinco seis siete ocho nueve diez once doce",
        "una due tre quattro cinque sei sette otto nove dieci undici dodici",
        "uma duas três quatro cinco seis sete oito nove dez onze doze",
    )
    for n, word in enumerate(language.split(), start=1)
}
SPOKEN_ELSEWHERE = re.compile(rf"(?<!\w)(um|à|a las?|alle|às?) ({'|'.join(_ELSEWHERE)})(?!\w)")
"""An hour written out behind the word for “at” in German, French, Spanish, Italian and Portuguese."""


def hour_elsewhere(word: str) -> int:
    """The hour that such a word stands for."""
    return _ELSEWHERE[word]


def number_of(word: str) -> float:
    """The number that a word stands for. It has to match `NUMBER` or `HOUR`."""
    return float(_NUMBERS[word]) if word in _NUMBERS else float(word)


def ordinal_of(word: str) -> int:
    """The place that a word names, -1 for the last. It has to match `ORDINAL`."""
    return _ORDINALS[word] if word in _ORDINALS else int(re.sub(r"\D", "", word))


def length_in(words: str) -> dict[str, float] | None:
    """How much of each unit these words name, and nothing else; None where they name something else.

    Half a month or a year is as long as nobody can tell: None, too.
    """
    for half, plain in _HALVES:
        words = half.sub(plain, words)
    found: dict[str, float] = {}
    at = 0
    while at < len(words):
        amount = _AMOUNT.match(words, at)
        if amount is None:
            return None
        unit = _UNITS.get(amount[2]) or _UNITS[amount[2].removesuffix("s")]
        count = number_of(amount[1])
        if unit in ("months", "years") and not count.is_integer():
            return None
        for part, whole in _in_whole(unit, count):
            found[part] = found.get(part, 0.0) + whole
        at = amount.end()
    return found or None


def _in_whole(unit: str, count: float) -> Iterator[tuple[str, float]]:
    """On the calendar only whole units are counted: a day and a half is a day and twelve hours."""
    if unit not in CALENDAR or count.is_integer():
        yield unit, count
        return
    days = round(count * (7 if unit == "weeks" else 1), 1)
    yield "days", days // 1
    yield "hours", round(days % 1 * 24, 1)


def elapsed(length: dict[str, float]) -> timedelta:
    """The part of a length that is counted in real time."""
    return timedelta(**{unit: count for unit, count in length.items() if unit not in CALENDAR})


def on_calendar(wall: datetime, length: dict[str, float]) -> datetime:
    """The wall clock after the part of a length that is counted in days, weeks, months and years."""
    from dateutil.relativedelta import relativedelta

    whole = {unit: int(count) for unit, count in length.items() if unit in CALENDAR}
    moved: datetime = wall + relativedelta(**whole)
    return moved
