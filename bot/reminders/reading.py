"""From what somebody wrote to the instant they mean, or the one question that has to be asked."""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.errors import TimeUnclear
from bot.reminders.days import Day, day_in
from bot.reminders.endings import Ending, ending_in
from bot.reminders.numbers import CALENDAR, elapsed, length_in, on_calendar
from bot.reminders.repeats import Repeat, repeat_in
from bot.reminders.rules import clock_of, first_slot, shortest_gap
from bot.reminders.times import MORNING, Found, time_in
from bot.reminders.tongues import in_english
from bot.reminders.wall import instant_of, is_doubled, is_skipped, wall_of
from bot.reminders.zoned import without_zone

LONGEST = 10 * 366 * 86_400.0
"""Seconds from now; nothing is kept for longer."""

MOST_LETTERS = 200
"""Of a time, however it is put."""

OFTENEST = 3600.0
"""Seconds between two occurrences, at least."""

EXAMPLES = "“in 20 minutes”, “tomorrow at 9”, “every second Friday at 10”, “on 3 March at 14:00 every year”"

TOO_OFTEN = "Once an hour is the most often I remind of something. How often shall it be?"
NO_ZONE = (
    "Which time zone are you in? Name it with the time, as in “tomorrow at 9 Europe/Berlin”, or set it once "
    "with `/settings time_zone Europe/Berlin`."
)

_BEGINNING = re.compile(r"\b(?:from|starting|beginning|ab)\b")
_LEAD = re.compile(r"^(?:please\s+)?(?:remind\s+(?:me|us)\s+)?")


class NotUnderstood(TimeUnclear):
    """These words name no time at all."""


@dataclass(frozen=True, slots=True)
class When:
    """When something is due: the instant, what the wall clock is meant to show then, and how it recurs.

    `notes` are sentences about what was assumed.
    """

    due_at: float
    slot: datetime
    zone: str
    rule: str | None = None
    notes: tuple[str, ...] = ()


def read_when(written: str, zone: str | None, now: float) -> When:
    """When is meant. `zone` is the person's, None where nobody knows it; the words may name one themselves.

    Raises TimeUnclear with a question. May be slow, and may load languages: not for the event loop.
    """
    if (moment := _iso_moment(written.strip())) is not None:
        return _still_to_come(When(moment, wall_of(moment, ZoneInfo(zone or "UTC")), zone or "UTC"), now)
    if len(written) > MOST_LETTERS:
        raise NotUnderstood(f"I can't tell when “{_short(written)}” is. Try {EXAMPLES}.")
    words, named = without_zone(written)
    words = in_english(" ".join(_LEAD.sub("", words.lower()).strip(" .,;!?。").split()))
    try:
        found = _read(words, named or zone, now)
    except (ValueError, OverflowError) as error:
        raise NotUnderstood(
            f"I can't find “{_short(written)}” on the clock or in the calendar. When do you mean?"
        ) from error
    return _still_to_come(found, now)


def _iso_moment(written: str) -> float | None:
    """The instant of ISO 8601 with an offset, such as 2026-12-24T18:00Z."""
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return None
    return moment.timestamp() if moment.tzinfo is not None else None


def _still_to_come(found: When, now: float) -> When:
    if found.due_at <= now:
        raise TimeUnclear(f"{_shown(found.slot)} is in the past. When shall I remind you?")
    if found.due_at > now + LONGEST:
        raise TimeUnclear("That is more than ten years away, which is more than I can promise. When before that?")
    return found


def _read(words: str, zone: str | None, now: float) -> When:
    length = length_in(re.sub(r"^(?:in|after) | from now$", "", words))
    if length is not None and not (length.keys() & CALENDAR and zone is None):
        return _after(length, ZoneInfo(zone or "UTC"), now)
    repeat = repeat_in(words)
    found = time_in(repeat.rest if repeat else words)
    there = ZoneInfo(zone or "UTC")
    end = None
    if repeat is not None and (ending := ending_in(found.rest)) is not None:
        found, end = replace(found, rest=ending.rest), ending
    day = day_in(found.rest, wall_of(now, there).date())
    if day is None or (not day.named and not found.times and repeat is None):
        raise NotUnderstood(f"I can't tell when “{_short(words)}” is. Try {EXAMPLES}.")
    if repeat is not None and repeat.rule.startswith(("FREQ=SECONDLY", "FREQ=MINUTELY")):
        raise TimeUnclear(TOO_OFTEN)
    if day.after is not None:
        due_at = now + day.after.total_seconds()
        return When(due_at, wall_of(due_at, there), there.key)
    if repeat is not None and repeat.rule.startswith("FREQ=HOURLY") and not found.times and not day.named:
        return _ended(_hourly(repeat, there, now), end, there, now)
    if zone is None:
        raise TimeUnclear(NO_ZONE)
    if repeat is not None:
        return _ended(_recurring(repeat, found, day, there, now), end, there, now)
    return _once(found, day, there, now)


def _after(length: dict[str, float], zone: ZoneInfo, now: float) -> When:
    """So long from now: days and more on the wall clock, hours and less in real time."""
    due_at = now
    if length.keys() & CALENDAR:
        due_at = instant_of(on_calendar(wall_of(now, zone), length), zone)
    due_at += elapsed(length).total_seconds()
    return When(due_at, wall_of(due_at, zone), zone.key)


def _hourly(repeat: Repeat, zone: ZoneInfo, now: float) -> When:
    interval = re.search(r"INTERVAL=(\d+)", repeat.rule)
    due_at = now + 3600.0 * int(interval[1] if interval else 1)
    return When(due_at, wall_of(due_at, clock_of(repeat.rule, zone)), zone.key, repeat.rule)


def _recurring(repeat: Repeat, found: Found, day: Day, zone: ZoneInfo, now: float) -> When:
    begin = _one_day(day)
    if day.rolls and day.named and not _fits(repeat, begin, found.rest):
        raise TimeUnclear(
            f"Shall it begin on {_shown_day(begin)}, or come on that day alone? Say “starting Friday”, "
            "“every Friday” or “the first Friday of every month”."
        )
    at, notes = _one_time(found)
    rule = repeat.complete(begin.weekday(), begin.month, begin.day)
    first = first_slot(rule, datetime.combine(begin, at), zone, now)
    if first is None:
        raise ValueError("it never comes")
    slot, due_at = first
    if clock_of(rule, zone) != zone:
        slot = wall_of(due_at, clock_of(rule, zone))
    if shortest_gap(rule, slot, zone) < OFTENEST - 1:
        raise TimeUnclear(TOO_OFTEN)
    return When(due_at, slot, zone.key, rule, notes)


def _fits(repeat: Repeat, begin: date, words: str) -> bool:
    """Whether a weekday that is named beside what recurs can only be meant in one way."""
    if _BEGINNING.search(words):
        return True
    days = re.search(r"BYDAY=([A-Z,]+)", repeat.rule)
    weekly = repeat.rule.startswith("FREQ=WEEKLY")
    return weekly and (days is None or f"{begin:%a}"[:2].upper() in days[1])


def _ended(when: When, end: Ending | None, zone: ZoneInfo, now: float) -> When:
    """What recurs, with the last day on which it may come."""
    if end is None or when.rule is None:
        return when
    first, today = wall_of(when.due_at, zone).date(), wall_of(now, zone).date()
    last = end.last_day(first, lambda words: _last_day(words, today))
    if last is None:
        raise NotUnderstood(
            f"I can't tell when “{_short(end.words)}” is. Until which day, such as “until 24 December”?"
        )
    if last < first:
        raise TimeUnclear(f"It would end on {_shown_day(last)}, before it first comes. Until when shall it go on?")
    until = wall_of(instant_of(datetime.combine(last, time(23, 59, 59)), zone), clock_of(when.rule, zone))
    return replace(when, rule=f"{when.rule};UNTIL={until:%Y%m%dT%H%M%S}")


def _last_day(words: str, today: date) -> date | None:
    try:
        found = day_in(words, today)
    except ValueError:
        return None
    return _one_day(found) if found is not None and found.named and found.after is None else None


def _once(found: Found, day: Day, zone: ZoneInfo, now: float) -> When:
    if not day.named:
        return _next_time(found, day, zone, now)
    on = _one_day(day)
    if found.midnight:
        raise TimeUnclear(
            f"Midnight at the beginning of {_shown_day(on)}, 00:00, or at its end, 23:59? Say which of the two."
        )
    at, notes = _one_time(found)
    slot = datetime.combine(on, at)
    if day.rolls and instant_of(slot, zone) <= now:
        slot += timedelta(day.rolls)
    if instant_of(slot, zone) <= now and on == wall_of(now, zone).date():
        later = datetime.combine(on, found.times[1]) if len(found.times) > 1 else None
        asked = later if later and instant_of(later, zone) > now else slot + timedelta(1)
        raise TimeUnclear(f"{_shown(slot)} has passed. Do you mean {_shown(asked)}?")
    return _when(slot, zone, notes)


def _next_time(found: Found, day: Day, zone: ZoneInfo, now: float) -> When:
    """A time without a day: the next time that the clock shows it, if that can only be one."""
    slots = [datetime.combine(day.days[0], at) for at in found.times]
    ahead = [slot for slot in slots if instant_of(slot, zone) > now]
    early = found.times[0].hour < 7
    if len(slots) > 1 and (early or len(ahead) == 1):
        options = ahead or [slot + timedelta(1) for slot in slots]
        if len(options) == 1:
            options.append(slots[0] + timedelta(1))
        raise TimeUnclear(f"Do you mean {_shown(options[0])} or {_shown(options[1])}?")
    slot = ahead[0] if ahead else slots[0] + timedelta(day.rolls)
    notes = (_PART,) if found.part else ()
    return _when(slot, zone, notes)


def _when(slot: datetime, zone: ZoneInfo, notes: tuple[str, ...]) -> When:
    due_at = instant_of(slot, zone)
    if is_skipped(slot, zone):
        notes = (*notes, f"The clocks skip {slot:%H:%M} that night, so it comes at {wall_of(due_at, zone):%H:%M}.")
    elif is_doubled(slot, zone):
        notes = (*notes, f"The clocks show {slot:%H:%M} twice that night; I take the first.")
    return When(due_at, slot, zone.key, None, notes)


_NO_TIME = f"No time was named, so I took {MORNING:%H:%M}."
_PART = "No exact time was named, so I took a usual one."


def _one_time(found: Found) -> tuple[time, tuple[str, ...]]:
    if not found.times:
        return MORNING, (_NO_TIME,)
    if len(found.times) > 1 and found.times[0].hour < 7:
        raise TimeUnclear(f"Do you mean {found.times[0]:%H:%M} or {found.times[1]:%H:%M}?")
    return found.times[0], (_PART,) if found.part else ()


def _one_day(day: Day) -> date:
    if len(set(day.days)) > 1:
        raise TimeUnclear(f"Do you mean {_shown_day(day.days[0])} or {_shown_day(day.days[1])}?")
    return day.days[0]


def _shown_day(day: date) -> str:
    return f"{day:%A}, {day.day} {day:%B %Y}"


def _shown(slot: datetime) -> str:
    return f"{_shown_day(slot.date())} at {slot:%H:%M}"


def _short(written: str) -> str:
    plain = " ".join(written.split()).replace("`", "'")
    return plain if len(plain) <= 60 else f"{plain[:59]}…"
