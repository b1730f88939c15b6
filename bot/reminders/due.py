"""What is due: which slot is told of, how many were missed, and when the next one is. Pure."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.messages import Occurrence, Reminder
from bot.reminders.rules import slots_after


def move_on(reminder: Reminder, now: float) -> tuple[Occurrence, Reminder]:
    """The one occurrence of a reminder that is due, and the reminder as it goes on.

    Of several slots that have passed, the last is told of, and the others are counted.
    """
    assert reminder.due_at is not None
    due_at, missed = reminder.due_at, 0
    after = replace(reminder, due_at=None, undelivered=False)
    if reminder.rule is not None:
        zone = ZoneInfo(reminder.zone)
        for wall, instant in slots_after(reminder.rule, datetime.fromisoformat(reminder.slot), zone):
            if instant > now:
                after = replace(after, slot=wall.isoformat(), due_at=instant)
                break
            due_at, missed = instant, missed + 1
    key = f"reminder-{reminder.id}-{due_at:.0f}"
    told = replace(reminder, due_at=due_at)
    return Occurrence(key, told, due_at, now, missed), after
