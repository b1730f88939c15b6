"""The time of day in what somebody wrote: taken out, and read. Pure.

Where a time can be meant in two ways, both are candidates; who reads the day as well may know better.
"""

import re
from dataclasses import dataclass
from datetime import time

from bot.reminders.numbers import HOUR, SPOKEN_ELSEWHERE, hour_elsewhere, number_of

MORNING = time(9)
"""What is meant where a day is named and no time."""

_PARTS = {
    "morning": 9, "first thing": 9, "lunchtime": 12, "afternoon": 15, "end of day": 17, "end of the day": 17,
    "eod": 17, "evening": 18, "tonight": 20, "night": 20,
}  # fmt: skip
_LATER = frozenset({"afternoon", "evening", "tonight", "night"})
_PART = re.compile(
    r"\b(?:in the |this |at |by )?"
    r"(first thing|morning|lunchtime|afternoon|end of (?:the )?day|eod|evening|tonight|night)\b"
)
_BARE_HOUR = re.compile(rf"(?:^|(?<=^today )|(?<=^tomorrow ))(?P<hour>{HOUR})$")
_NOON = re.compile(r"\b(?:at |um |à |a )?(?:12 )?(noon|midday)\b")
_MIDNIGHT = re.compile(r"\b(?:at )?midnight\b")
_SUFFIX = r"(?P<suffix>a\.?m\.?|p\.?m\.?|o['’]?clock|uhr|heures?|horas?|ore|h)"
_BEFORE = r"(?P<at>(?<!\w)(?:at|by|@|um|à|a las?|alle|kl\.?|às)\s*)"
_AFTER = rf"(?: ?{_SUFFIX}(?!\w))?"
_COLON = r"(?P<colon>[:h]|uhr |\.(?=\d\d ?[ap]m\b))"
_PATTERNS = (
    re.compile(rf"(?:{_BEFORE})?(?P<to>half past|quarter past|quarter to) (?P<hour>{HOUR})\b{_AFTER}"),
    re.compile(rf"(?:{_BEFORE})?\b(?P<hour>\d{{1,2}}){_COLON}(?P<minute>\d{{2}})(?!\d)(?::\d\d)?{_AFTER}"),
    re.compile(rf"(?:{_BEFORE})?\b(?P<hour>{HOUR}) ?{_SUFFIX}(?!\w)"),
    re.compile(
        rf"{_BEFORE}(?P<hour>{HOUR})(?:[.:](?P<minute>\d{{2}})| (?P<spoken>fifteen|thirty))?(?![\w/-]|\.\d)"
    ),
)
_SPOKEN = {"fifteen": 15, "thirty": 30}
_PAST = {"half past": 30, "quarter past": 15, "quarter to": -15}
_CLOCK_OF_24 = frozenset({"um", "à", "a la", "a las", "alle", "kl", "kl.", "às"})


@dataclass(frozen=True, slots=True)
class Found:
    """What is left of the words, and the times that may be meant, the likelier first; none where none is named."""

    rest: str
    times: tuple[time, ...] = ()
    midnight: bool = False
    part: bool = False  # only a part of the day was named


def time_in(words: str) -> Found:
    """Take the time of day out of these words. Raises ValueError where it is none, such as 25:00."""
    words = re.sub(r"^(\d{4}-\d\d-\d\d)t", r"\1 ", words)
    words = SPOKEN_ELSEWHERE.sub(lambda found: f"{found[1]} {hour_elsewhere(found[2])}", words)
    part_found = _PART.search(words)
    part = part_found[1] if part_found else None
    rest = _without(words, part_found)
    if (noon := _NOON.search(rest)) is not None:
        return Found(_without(rest, noon), (time(12),))
    if (midnight := _MIDNIGHT.search(rest)) is not None:
        return Found(_without(rest, midnight), (time(0),), midnight=True)
    for pattern in _PATTERNS:
        if (found := pattern.search(rest)) is not None:
            ends_day = found["hour"] == "24"  # “tomorrow at 24:00” is the end of tomorrow, for some the beginning
            return Found(_without(rest, found), _meant(found, part), midnight=ends_day)
    if part is not None and (bare := _BARE_HOUR.search(rest)) is not None:
        return Found(_without(rest, bare), _meant(bare, part))
    if part is not None:
        return Found(rest, (time(_PARTS[part]),), part=True)
    return Found(rest)


def _without(words: str, found: "re.Match[str] | None") -> str:
    if found is None:
        return words
    keep_today = " today " if found.re is _PART and found[1] == "tonight" else " "
    return " ".join(f"{words[: found.start()]}{keep_today}{words[found.end() :]}".split())


def _meant(found: "re.Match[str]", part: str | None) -> tuple[time, ...]:
    given = found.groupdict()
    hour = int(number_of(given["hour"]))
    minute = _SPOKEN[given["spoken"]] if given.get("spoken") else int(given.get("minute") or 0)
    if given.get("to"):
        minute = _PAST[given["to"]]
        hour, minute = (hour - 1, 45) if minute < 0 else (hour, minute)
    if hour > 24 or minute > 59 or (hour == 24 and minute):
        raise ValueError("no time of day")
    return _hours(given, hour % 24, minute, part)


def _hours(given: dict[str, str | None], hour: int, minute: int, part: str | None) -> tuple[time, ...]:
    suffix = (given.get("suffix") or "").replace(".", "")
    if suffix in ("am", "pm"):
        if not 1 <= hour <= 12:
            raise ValueError("no time of day")
        return (time(hour % 12 + (12 if suffix == "pm" else 0), minute),)
    if part is not None:
        later = part in _LATER and 1 <= hour < 12
        return (time(hour + 12 if later else hour, minute),)
    of_24 = (
        suffix in ("uhr", "heure", "heures", "hora", "horas", "ore", "h")
        or (given.get("at") or "").strip() in _CLOCK_OF_24
        or (given.get("colon") or "").strip() in ("h", "uhr")
    )
    exact = of_24 or (given["hour"] or "").startswith("0") or not 1 <= hour <= 11
    if exact:
        return (time(hour, minute),)
    return time(hour, minute), time(hour + 12, minute)
