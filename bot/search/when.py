"""The moments that people name when they look back: `yesterday`, `2 weeks ago`, `1 May`, `2026-05-01 14:00`."""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from bot.errors import TimeUnclear

_DATE = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?")
_PERIOD = re.compile(r"(this|last) (week|month|year)", re.I)
_CLOCK = re.compile(
    r"\d:\d\d|\d\s*[ap]\.?m\b|\bat \d|\b(?:hour|minute|min|second|hr)s?\b|\bnow\b|\b\d+\s*[hms]\b", re.I
)
_LONGEST = 60
LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "da", "tr", "ru", "ja", "zh")
"""Those in which times are read; each takes time to load."""

_MOST_WORDS = 5


def moment_in(words: str, zone: str | None, now: float) -> float:
    """The moment, in seconds since the epoch; a day, week, month or year alone is its beginning.

    `zone` is the asker's; without one days are UTC's. May be slow, and may load languages: not for the event loop.
    Raises TimeUnclear.
    """
    said = " ".join(words.split())
    there: tzinfo = ZoneInfo(zone) if zone else UTC
    base = datetime.fromtimestamp(now, there)
    try:
        found = (_date(said, there) or _period(said, base) or _read(said, base)) if said else None
    except (ValueError, OverflowError):
        found = None
    if found is None or len(said) > _LONGEST:
        raise TimeUnclear(
            f"I can't tell when “{said[:_LONGEST]}” is. Write a date such as 2026-05-01, or “yesterday”, "
            "“last week”, “3 days ago”."
        )
    return found.timestamp()


def parted_moment(words: str, now: float) -> tuple[str, str]:
    """The longest beginning of these words that names a moment, and what follows; all of them where none does.

    May be slow, as `moment_in`.
    """
    said = words.split()
    for count in range(min(len(said), _MOST_WORDS), 0, -1):
        try:
            moment_in(" ".join(said[:count]), None, now)
        except TimeUnclear:
            continue
        return " ".join(said[:count]), " ".join(said[count:])
    return words, ""


def _date(said: str, there: tzinfo) -> datetime | None:
    whole = _DATE.fullmatch(said)
    if whole is None:
        return None
    year, month, day = (int(part or 1) for part in whole.groups())
    return datetime(year, month, day, tzinfo=there)


def _period(said: str, base: datetime) -> datetime | None:
    """The beginning of this week, month or year, or of the one before."""
    named = _PERIOD.fullmatch(said)
    if named is None:
        return None
    back, day = named[1].lower() == "last", _midnight(base)
    match named[2].lower():
        case "week":
            return day - timedelta(days=day.weekday() + (7 if back else 0))
        case "month":
            first = day.replace(day=1)
            return (first - timedelta(days=1)).replace(day=1) if back else first
        case _:
            return day.replace(year=day.year - back, month=1, day=1)


def _read(said: str, base: datetime) -> datetime | None:
    import dateparser

    settings: dict[str, Any] = {
        "PREFER_DATES_FROM": "past",
        "PREFER_DAY_OF_MONTH": "first",
        "RELATIVE_BASE": base.replace(tzinfo=None),
    }
    read = None
    for languages in (["en"], [*LANGUAGES]):
        try:
            read = read or dateparser.parse(said, languages=languages, settings=settings)
        except Exception:  # noqa: BLE001 - it raises whatever it likes over odd words
            continue
    if read is None:
        return None
    there = base.tzinfo
    found = read.replace(tzinfo=there) if read.tzinfo is None else read.astimezone(there)
    return found if _CLOCK.search(said) else _midnight(found)


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
