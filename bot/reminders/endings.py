"""How long something recurs: “until Friday”, “for two weeks”, taken out of what somebody wrote. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.reminders.numbers import CALENDAR, length_in, on_calendar

_UNTIL = re.compile(
    r"(?:^|,? )(?:until|till|til|through|up to|ending(?: on)?|bis|jusqu['’]à|hasta)(?: on)? (?P<until>.+)$"
)
_FOR = re.compile(r"(?:^|,? )for (?:the next )?(?P<length>.+)$")


@dataclass(frozen=True, slots=True)
class Ending:
    """What is left of the words, and the words for the end: a day, or with `counts` a length of time."""

    rest: str
    words: str
    counts: bool

    def last_day(self, first: date, day_in: Callable[[str], date | None]) -> date | None:
        """The last day on which it may come, when it first comes on that one; None where that is not told."""
        if not self.counts:
            return day_in(self.words)
        length = length_in(self.words)
        if length is None or not length.keys() <= CALENDAR:
            return None
        return on_calendar(datetime(first.year, first.month, first.day), length).date() - timedelta(1)


def ending_in(words: str) -> Ending | None:
    """Until when it goes on; None where that was not said."""
    if (found := _UNTIL.search(words)) is not None:
        return Ending(words[: found.start()].strip(), found["until"], counts=False)
    found = _FOR.search(words)
    if found is None or length_in(found["length"]) is None:
        return None
    return Ending(words[: found.start()].strip(), found["length"], counts=True)
