"""The time zone in what somebody wrote: “9am PST”, “at 9 Tokyo time”, “tomorrow at 9 in London”. Pure."""

import re

from bot.errors import TimeUnclear
from bot.zones import SHORT, zone_called

_IANA = re.compile(
    r"\s*\(?(?:\bin )?(?<![\w/])(?P<zone>[A-Za-z][A-Za-z_]+/[A-Za-z_+/-]+(?:[A-Za-z]|\d{1,2}))(?![\w/])"
    r"(?:, UTC[\d:+-]*)?\)?(?:\s+time\b)?"  # the second as we say it ourselves
)
_OF_THE_CLOCK = re.compile(r"(?:\d|[ap]\.?m\.?|noon|midnight|o['’]clock)$", re.IGNORECASE)
_WORDS_TOO = ("et", "pt", "z", "wet", "ist", "hst")
_CAPITALS = "|".join(name.upper() for name in _WORDS_TOO)
_UNMISTAKABLE = "|".join(
    (*(name for name in SHORT if name not in _WORDS_TOO), "pacific", "eastern", "central", "mountain")
)
_ABBREVIATED = re.compile(
    rf"(?P<before>\d|[ap]\.?m\.?|noon|midnight|o['’]clock)\s*\(?(?<![a-z])"
    r"(?P<zone>(?:utc|gmt)\s*[+-]\d{1,2}(?::?\d\d)?(?![:\d])|\+\d\d:\d\d(?!\d)"
    rf"|(?:{_UNMISTAKABLE}|(?-i:{_CAPITALS}))(?!\w))\)?"
    r"(?:\s+time\b)?",
    re.IGNORECASE,
)
_ITS_TIME = re.compile(r"\s(?:in )?(?P<zone>[^\W\d_]+(?: [^\W\d_]+){0,2})(?: time)\b", re.IGNORECASE)
_IN_PLACE = re.compile(r"\sin (?P<zone>[^\W\d_]+(?: [^\W\d_]+){0,2})\s*$", re.IGNORECASE)


def without_zone(written: str) -> tuple[str, str | None]:
    """The words, and the zone that they name: by its IANA name, its abbreviation, its offset, or a place."""
    for iana in _IANA.finditer(written):
        if (name := zone_called(iana["zone"])) is not None:
            return f"{written[: iana.start()]} {written[iana.end() :]}", name
        if not written[iana.end() :].strip() and _OF_THE_CLOCK.search(written[: iana.start()]):
            raise TimeUnclear(f"I don't know the time zone {iana['zone']}. Name one such as Europe/Berlin.")
    if (short := _ABBREVIATED.search(written)) is not None:
        if (name := zone_called(short["zone"].replace(" ", ""))) is None:
            raise TimeUnclear(f"I don't know the time zone {short['zone']}. Name one such as Europe/Berlin.")
        return f"{written[: short.start()]}{short['before']}{written[short.end() :]}", name
    for pattern in (_ITS_TIME, _IN_PLACE):
        if (found := pattern.search(written)) is not None and (place := _place_in(found["zone"])) is not None:
            before, name = place
            return f"{written[: found.start()]} {before}{written[found.end() :]}", name
    return written, None


def _place_in(words: str) -> tuple[str, str] | None:
    """The longest end of these words that names a place, what stands before it, and its zone."""
    parts = words.split()
    for begin in range(len(parts)):
        if (name := zone_called(" ".join(parts[begin:]))) is not None:
            return " ".join(parts[:begin]), name
    return None
