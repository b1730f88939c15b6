"""What a question in plain words wants of a clock: the time somewhere, or one time in another place. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.zones import zone_called

_TIME = re.compile(
    r"\bwhat(['’]s| is)? (the )?(current )?(time|date|day)\b|\bwhat day is\b|\bcurrent (time|date)\b"
    r"|^\W*(the )?time( now| please|\W*$| in\b)|\btime is it\b",
    re.I,
)
_CONVERTED = re.compile(
    r"\b(?P<hour>\d{1,2})(?::(?P<minute>\d\d))? ?(?P<half>am|pm)? (?:in )?(?P<zone>[^\W\d][\w /_]{1,30}?),?"
    r"(?: (?:to|as|what time is it|what is that|what is it))? in (?P<to>[^\W\d][\w /_]{1,30})",
    re.I,
)
_PLACES = re.compile(r"\btime\b[^\n?!.]*? in (?P<places>[^\n?!.]+)", re.I)
_APART = re.compile(r",| and | or ", re.I)
_AROUND = re.compile(r"^(?:\s*in\b)?\s*|\s*(?:right now|now|today|please|currently|slowly|quickly)?\s*$", re.I)
_IANA = re.compile(r"\b(?:UTC|[A-Z][a-z]+/[A-Z][A-Za-z_]+)\b")
_MOST = 4


@dataclass(frozen=True, slots=True)
class Wanted:
    """The zones whose time is asked for, none for the usual one; and the names of places that have none."""

    zones: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def time_wanted(text: str) -> Wanted | None:
    """Of where the time is asked for; None where it is not."""
    if not _TIME.search(text):
        return None
    named = _PLACES.search(text)
    places = [_AROUND.sub("", place) for place in _APART.split(named["places"])] if named else []
    zones = [(place, zone_called(place)) for place in places if place]
    unknown = tuple(place for place, zone in zones if zone is None and not _IANA.search(place))
    found = [zone for _, zone in zones if zone] + _IANA.findall(text)
    return Wanted(tuple(dict.fromkeys(found))[:_MOST], unknown[:_MOST])


def conversion_wanted(text: str) -> Iterator[Mapping[str, Any]]:
    """The arguments for one time that is asked for in another place."""
    found = _CONVERTED.search(text)
    if found is None or not (found["minute"] or found["half"]):
        return
    zone, to = zone_called(found["zone"].strip()), zone_called(found["to"].strip())
    hour, half = int(found["hour"]), (found["half"] or "").lower()
    hour = hour % 12 + (12 if half == "pm" else 0) if half else hour
    if zone and to and hour < 24:
        yield {"time": f"{hour}:{found['minute'] or '00'}", "timezone": zone, "to": [to]}


def told_unknown(places: tuple[str, ...]) -> str:
    """That there is no time to tell of some places."""
    named = " or ".join(f"“{place}”" for place in places)
    return f"I know no time zone for {named}. Try a large city, such as Tokyo, or a zone, such as Europe/Berlin."
