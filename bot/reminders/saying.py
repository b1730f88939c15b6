"""What people read of reminders: confirmations, lists, the reminder itself. Pure."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.messages import Occurrence, Reminder, Where
from bot.reminders.rules import clock_of
from bot.reminders.wall import instant_of, offset_at, wall_of

TEXT_LIMIT = 500
QUOTE_LIMIT = 300
LATE = 60.0
"""Seconds after which a delay is told."""

_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
_UNITS = {"HOURLY": "hour", "DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"}
_DAYS = {
    "MO": "Monday", "TU": "Tuesday", "WE": "Wednesday", "TH": "Thursday", "FR": "Friday", "SA": "Saturday",
    "SU": "Sunday",
}  # fmt: skip
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_PLACES = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last"}


def one_line(text: str, limit: int = TEXT_LIMIT) -> str:
    """Somebody's words on one line, within the limit, in which nothing is a link in disguise or a picture."""
    plain = " ".join(_HIDDEN.sub(" ", text).split()).replace("](", "] (")
    return plain if len(plain) <= limit else f"{plain[: limit - 1]}…"


def exact(instant: float, zone: str) -> str:
    """An instant to the minute, with its zone: `Thursday, 26 November 2026 at 09:00 (Europe/Berlin, UTC+1)`."""
    there = ZoneInfo(zone)
    wall = wall_of(instant, there)
    offset = offset_at(instant, there)
    name = zone if zone == offset else f"{zone}, {offset}"
    seconds = f":{wall:%S}" if wall.second else ""
    return f"{wall:%A}, {wall.day} {wall:%B %Y} at {wall:%H:%M}{seconds} ({name})"


def confirmed(reminder: Reminder, notes: tuple[str, ...]) -> str:
    """That it is kept, when exactly it comes, and how it is taken back."""
    assert reminder.due_at is not None
    often = f"{often_of(reminder)}, first on " if reminder.rule else "on "
    said = f"I'll remind you {_PLACED[reminder.where]} {often}**{exact(reminder.due_at, reminder.zone)}**"
    about = f": {reminder.text}" if reminder.text else " of that message."
    undo = f"It is number {reminder.number}: `/remind cancel {reminder.number}` takes it back."
    return "\n".join((f"{said}{about}", " ".join((*notes, undo))))


_PLACED = {Where.ME: "in a direct message", Where.HERE: "here", Where.CHANNEL: "in this channel"}


def listed(reminder: Reminder) -> str:
    """One line of a list."""
    return f"- **{reminder.number}** {described(reminder)}"


def described(reminder: Reminder) -> str:
    """When it comes, how often, and what it says."""
    text = reminder.text or (f"“{reminder.quote}”" if reminder.quote else "a message")
    if reminder.undelivered:
        return f"was due, and I could post it nowhere: {text}"
    assert reminder.due_at is not None
    often = f", {often_of(reminder)}" if reminder.rule else ""
    return f"{exact(reminder.due_at, reminder.zone)}{often}: {text}"


def announced(occurrence: Occurrence, *, text: bool, quote: bool, why_here: str | None = None) -> str:
    """The reminder as it is posted. Without `text` only that there is one; `quote` is shown where its owner may
    read it. `why_here` tells why it stands in another place than was wanted."""
    reminder = occurrence.reminder
    lines = []
    if text:
        lines.append(f"⏰ {reminder.text}" if reminder.text else "⏰ You wanted to come back to this message.")
        if quote and reminder.quote:
            lines.append(_fenced(reminder.quote))
    else:
        lines.append(f"⏰ Your reminder {reminder.number} is due. `/remind list` shows it to you alone.")
    lines += [f"*{said}*" for said in (why_here, *_lateness(occurrence)) if said]
    return "\n\n".join(lines)


def _lateness(occurrence: Occurrence) -> tuple[str, ...]:
    late = occurrence.taken_at - occurrence.due_at
    if late < LATE:
        return ()
    missed = occurrence.missed
    before = f", and {missed} earlier {'one was' if missed == 1 else 'ones were'} missed" if missed else ""
    due = exact(occurrence.due_at, occurrence.reminder.zone)
    return (f"This comes {duration(late)} late: it was due on {due}{before}.",)


def duration(seconds: float) -> str:
    """A length of time in its two largest units."""
    minutes = int(seconds) // 60
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "day"), (hours, "hour"), (minutes, "minute")]
    shown = [f"{count} {unit}{'s' if count != 1 else ''}" for count, unit in parts if count]
    return " ".join(shown[:2]) or "less than a minute"


def often_of(reminder: Reminder) -> str:
    """How often it comes: `every 2 weeks on Friday at 10:00`."""
    parts = dict(part.split("=", 1) for part in (reminder.rule or "").split(";"))
    count, unit = int(parts.get("INTERVAL", 1)), _UNITS[parts["FREQ"]]
    often = f"every {unit}" if count == 1 else f"every {count} {unit}s"
    until = f" until {_last_day(parts['UNTIL'], reminder)}" if "UNTIL" in parts else ""
    if unit == "hour":
        return f"{often}{until}"
    return f"{often}{_on(unit, parts)} at {datetime.fromisoformat(reminder.slot):%H:%M}{until}"


def _last_day(until: str, reminder: Reminder) -> str:
    """The last day of what recurs, in its own zone, on whatever clock its rule is followed."""
    zone = ZoneInfo(reminder.zone)
    day = wall_of(instant_of(datetime.fromisoformat(until), clock_of(reminder.rule, zone)), zone)
    return f"{day:%A}, {day.day} {day:%B %Y}"


def _on(unit: str, parts: dict[str, str]) -> str:
    if days := parts.get("BYDAY"):
        found = re.fullmatch(r"(-?\d)([A-Z]{2})", days)
        if found:
            return f" on the {_PLACES.get(int(found[1]), found[1])} {_DAYS[found[2]]}"
        return f" on {', '.join(_DAYS[day] for day in days.split(','))}"
    if (day := parts.get("BYMONTHDAY", "").rpartition(",")[2]) == "":
        return ""
    if unit == "year":
        return f" on {day} {_MONTHS[int(parts['BYMONTH']) - 1]}"
    return " on the last day" if day == "-1" else f" on day {day}"


def _fenced(quote: str) -> str:
    """Somebody else's words, in which nothing is markup."""
    plain = quote.replace("`", "'")
    return f"```\n{plain}\n```"
