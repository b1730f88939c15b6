"""“Every second Friday” and its like: taken out of what somebody wrote, as an RRULE. Pure."""

import re
from dataclasses import dataclass

from bot.reminders.numbers import ORDINAL, number_of, ordinal_of

_DAYS = {
    "monday": "MO", "tuesday": "TU", "wednesday": "WE", "thursday": "TH", "friday": "FR", "saturday": "SA",
    "sunday": "SU", "mon": "MO", "tue": "TU", "tues": "TU", "wed": "WE", "thu": "TH", "thur": "TH", "thurs": "TH",
    "fri": "FR", "sat": "SA", "sun": "SU",
}  # fmt: skip
DAY = rf"(?:{'|'.join(sorted(_DAYS, key=len, reverse=True))})"
_LIST = rf"(?P<days>{DAY}s?(?:(?:,| and|, and| &) ?(?:on )?{DAY}s?)*)"
_WORKDAYS, _WEEKEND = "MO,TU,WE,TH,FR", "SA,SU"
_A = "(?:the|every|each)"
_EVERY = r"\b(?:every|each)"
_COUNT = rf"(?:(?P<count>\d{{1,3}}|two|three|four|five|six|other|{ORDINAL}) )?"
_UNITS = {
    "second": "SECONDLY", "minute": "MINUTELY", "hour": "HOURLY", "day": "DAILY", "week": "WEEKLY",
    "month": "MONTHLY", "year": "YEARLY",
}  # fmt: skip
_ADVERBS = {
    "hourly": "every hour", "daily": "every day", "weekly": "every week", "monthly": "every month",
    "yearly": "every year", "annually": "every year", "fortnightly": "every 2 weeks", "biweekly": "every 2 weeks",
    "nightly": "every night",
}  # fmt: skip
_ADVERB = re.compile(rf"\b({'|'.join(_ADVERBS)})\b")
_PLURAL = rf"\b(?:on )?{DAY}s(?:(?:,| and|, and| &) ?(?:on )?{DAY}s)*\b"
_MONTH = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
MONTH_NAME = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_BEFORE_MONTH = rf"(?:\d{{1,2}}(?:st|nd|rd|th)? )?(?:of )?(?:{_MONTH})"
_NTH = r"(?:\d{1,2}(?:st|nd|rd|th)|first|second|third|fourth|fifth)"
_SHAPES = (
    ("last", re.compile(rf"(?:\bon )?(?:the )?(?:{_EVERY} )?\blast day of {_A} month\b")),
    ("last", re.compile(rf"{_EVERY} month,? on (?:the|its) last day\b")),
    ("nth", re.compile(rf"(?:\bon )?\b{_A} (?P<nth>{ORDINAL}) (?P<day>{DAY}) (?:of|in) {_A} month\b")),
    ("date", re.compile(rf"(?:\bon )?\b{_A} (?P<nth>{_NTH})(?: day)? (?:of|in) {_A} month\b")),
    ("date", re.compile(rf"{_EVERY} month on (?:the )?(?P<nth>{_NTH}|\d{{1,2}})(?: day)?\b(?! {DAY})")),
    ("nth", re.compile(rf"{_EVERY} month on the (?P<nth>{ORDINAL}) (?P<day>{DAY})\b")),
    ("work", re.compile(rf"{_EVERY} (?:week|work|working ?)day\b|\b(?:on )?(?:week|work)days\b")),
    ("weekend", re.compile(rf"{_EVERY} weekend\b|\b(?:on )?weekends\b")),
    ("days", re.compile(rf"{_EVERY} {_COUNT}(?:weeks? on )?{_LIST}(?!\w| (?:the )?\d{{1,2}}(?:st|nd|rd|th)\b)")),
    ("days", re.compile(rf"(?P<plural>{_PLURAL})")),
    ("unit", re.compile(rf"{_EVERY} {_COUNT}(?P<unit>minute|second|hour|day|week|month|year)s?\b")),
    ("part", re.compile(rf"{_EVERY} (?P<part>morning|afternoon|evening|night|noon)\b")),
    ("year", re.compile(rf"{_EVERY} (?={_BEFORE_MONTH})")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Repeat:
    """How often, and what is left of the words.

    `rule` is an RRULE that may want to know on which day it begins, which `complete` adds.
    """

    rule: str
    rest: str

    def complete(self, weekday: int, month: int, day: int) -> str:
        """The whole rule, for a beginning on that day."""
        freq = self.rule.partition(";")[0]
        if "BY" in self.rule or freq in ("FREQ=HOURLY", "FREQ=DAILY"):
            return self.rule
        if freq == "FREQ=WEEKLY":
            return f"{self.rule};BYDAY={('MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU')[weekday]}"
        months = f";BYMONTH={month}" if freq == "FREQ=YEARLY" else ""
        return f"{self.rule}{months};{_month_day(day)}"


def repeat_in(words: str) -> Repeat | None:
    """How often something is to come; None where that was not said."""
    words = _ADVERB.sub(lambda found: _ADVERBS[found[1]], words)
    for shape, pattern in _SHAPES:
        if (found := pattern.search(words)) is not None:
            rule, instead = _rule(shape, found)
            rest = " ".join(f"{words[: found.start()]} {instead} {words[found.end() :]}".split())
            return Repeat(rule, rest)
    return None


def _rule(shape: str, found: "re.Match[str]") -> tuple[str, str]:
    """The rule, and the words to put in place of what was found."""
    given = found.groupdict()
    match shape:
        case "last":
            return "FREQ=MONTHLY;BYMONTHDAY=-1", ""
        case "nth":
            return f"FREQ=MONTHLY;BYDAY={_week_of_month(given['nth'])}{_DAYS[given['day']]}", ""
        case "date":
            return f"FREQ=MONTHLY;{_month_day(_day_of_month(given['nth']))}", ""
        case "work":
            return f"FREQ=WEEKLY;BYDAY={_WORKDAYS}", ""
        case "weekend":
            return f"FREQ=WEEKLY;BYDAY={_WEEKEND}", ""
        case "days":
            return f"FREQ=WEEKLY{_interval(given.get('count'))};BYDAY={_days(found.group())}", ""
        case "part":
            return "FREQ=DAILY", "at noon" if given["part"] == "noon" else f"in the {given['part']}"
        case "year":
            return "FREQ=YEARLY", ""
    return f"FREQ={_UNITS[given['unit']]}{_interval(given['count'])}", ""


def _interval(count: str | None) -> str:
    if count is None:
        return ""
    n = ordinal_of(count) if re.fullmatch(ORDINAL, count) else int(number_of(count))
    if not 1 <= n <= 999:
        raise ValueError("how often")
    return "" if n == 1 else f";INTERVAL={n}"


def _days(words: str) -> str:
    found = (_DAYS[one.removesuffix("s") if one not in _DAYS else one] for one in re.findall(rf"{DAY}s?", words))
    order = _WORKDAYS.split(",") + _WEEKEND.split(",")
    return ",".join(sorted(set(found), key=order.index))


def _week_of_month(word: str) -> int:
    week = ordinal_of(word)
    if week != -1 and not 1 <= week <= 5:
        raise ValueError("no week of a month")
    return week


def _day_of_month(word: str) -> int:
    day = ordinal_of(word)
    if not 1 <= day <= 31:
        raise ValueError("no day of a month")
    return day


def _month_day(day: int) -> str:
    """Every month has it: where there is no 31st, the last day is meant."""
    if day <= 28:
        return f"BYMONTHDAY={day}"
    return f"BYMONTHDAY={','.join(map(str, range(28, day + 1)))};BYSETPOS=-1"
