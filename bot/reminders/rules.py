"""When something that recurs comes next. Pure; rules are RRULEs, as dateutil reads them.

A rule is followed on the wall clock, so that nine o'clock stays nine o'clock through summer time. What comes every
so many hours is followed in real time, by slots on the clock of UTC. Every rule says all it needs, so that any
slot can be its beginning.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from bot.reminders.wall import instant_of

_HOURLY = "FREQ=HOURLY"


def clock_of(rule: str | None, zone: ZoneInfo) -> ZoneInfo:
    """The zone on whose clock the slots of a rule stand."""
    return ZoneInfo("UTC") if rule is not None and rule.startswith(_HOURLY) else zone


def slots_after(rule: str, slot: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, float]]:
    """The slots that follow this one: what the wall clock is meant to show, and the instant; each later."""
    from dateutil.rrule import rrulestr

    if rule.startswith(_HOURLY):
        for moment in rrulestr(rule, dtstart=slot).xafter(slot):
            yield moment, instant_of(moment, ZoneInfo("UTC"))
        return
    before = instant_of(slot, zone)
    for wall in rrulestr(rule, dtstart=slot).xafter(slot):
        if (instant := instant_of(wall, zone)) > before:
            yield wall, instant
            before = instant


def first_slot(rule: str, begin: datetime, zone: ZoneInfo, now: float) -> tuple[datetime, float] | None:
    """The first slot of a rule at or after `begin` that is still to come."""
    from dateutil.rrule import rrulestr

    for wall in rrulestr(every_time(rule), dtstart=begin).xafter(begin, inc=True):
        if (instant := instant_of(wall, zone)) > now:
            return wall, instant
    return None


def every_time(rule: str) -> str:
    """The same rule without its interval: the first slot of “every second Friday” is the next Friday."""
    return ";".join(part for part in rule.split(";") if not part.startswith("INTERVAL="))


def shortest_gap(rule: str, slot: datetime, zone: ZoneInfo) -> float:
    """Seconds between the two nearest of the next few slots."""
    some = [instant_of(slot, clock_of(rule, zone))]
    for _, instant in slots_after(rule, slot, zone):
        some.append(instant)
        if len(some) == 10:
            break
    return min((later - earlier for earlier, later in pairwise(some)), default=float("inf"))
