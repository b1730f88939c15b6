"""Where in what somebody typed the time is, and what is to be said then."""

import re
from collections.abc import Iterator

from bot.errors import TimeUnclear
from bot.reminders.reading import EXAMPLES, MOST_LETTERS, NotUnderstood, When, read_when
from bot.reminders.repeats import MONTH_NAME

MOST_WORDS = 12
"""In a time that stands among other words."""

_OF = rf"of(?! (?i:(?:the |this |next |each |every )?(?:month|year|{MONTH_NAME}))\b)"  # “3rd of March” is one time
_BETWEEN = re.compile(rf"\s+(?:to|that|about|{_OF})\s+|\s*(?:: |\s[–-]\s)\s*|(?<=[時分半後日曜])に(?=\S)")
_ASKING = re.compile(r"^(?:(?:please )?remind )?(?:(?:me|us) )?(?:to|that|about) ", re.IGNORECASE)


def split_when(typed: str, zone: str | None, now: float) -> tuple[When, str]:
    """Tell the time apart from what is to be said then: “tomorrow at 9 to call Bob”, “call Bob tomorrow at 9”.

    Raises TimeUnclear with a question.
    """
    failed: TimeUnclear | None = None
    for when, text in _divisions(typed.strip()):
        try:
            return read_when(when, zone, now), text.strip(" ,;:–-")
        except NotUnderstood as error:
            failed = failed or error
    raise failed or NotUnderstood(f"Say when, and of what: `/remind tomorrow at 9 to call Bob`. Also {EXAMPLES}.")


def _divisions(typed: str) -> Iterator[tuple[str, str]]:
    """Each way to read it, the likeliest first."""
    for found in _BETWEEN.finditer(typed):
        if found.start() > MOST_LETTERS:
            break
        yield typed[: found.start()], typed[found.end() :]
    words = typed.split()
    if len(words) <= MOST_WORDS:
        yield typed, ""
    for count in range(min(MOST_WORDS, len(words) - 1), 0, -1):
        yield " ".join(words[:count]), " ".join(words[count:])
    for count in range(min(MOST_WORDS, len(words) - 1), 0, -1):
        yield " ".join(words[-count:]), _ASKING.sub("", " ".join(words[:-count]))
