"""What a question in plain words wants of a tool for reminders. Pure."""

import re
from collections.abc import Iterator

import orjson

_REMIND = re.compile(
    r"\bremind (?P<whom>me|us|everybody(?: here)?|everyone|(?:the|this) channel) (?P<rest>[^\n]{1,400})", re.I
)
_SET = re.compile(
    r"\b(?:set|make|create|add|give me)(?: me)? a(?:nother)? reminder(?: for me)?(?: for| at| on)?:? "
    r"(?P<rest>[^\n]{1,400})",
    re.I,
)
_DAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?"
_TIME = (
    r"(?:in (?:\d|an?\b|half|one\b|two\b|three\b|five\b|ten\b)|at\b|on\b|tomorrow\b|today\b|tonight\b|next\b"
    rf"|every\b|daily\b|weekdays\b|this (?:evening|afternoon|morning)\b|{_DAY}\b|noon\b|midnight\b)"
)
_TEXT_FIRST = re.compile(rf"(?:to|that|about|of) (?P<text>.+?),? (?P<when>{_TIME}.*)", re.I)
_TIME_FIRST = re.compile(r"(?P<when>.+?)(?:,? (?:to|that|about|of) |: )(?P<text>.+)", re.I)
_NO_TIME = re.compile(r"(?:to|that|about|of) \S.*", re.I)
_LIST = re.compile(
    r"\b(?:list|show)(?: me)?(?: all)?(?: of)?(?: my)? reminders\b|^\W*my reminders\W*$"
    r"|\bwhat (?:are my reminders|am i reminded of|reminders (?:do|are|have))\b",
    re.I,
)
_CANCEL = re.compile(r"\b(?:cancel|forget|delete) (?:my )?reminder (?:number )?#?(?P<number>\d{1,6})\b", re.I)
_CHANGE = re.compile(
    r"\b(?:move|change) (?:my )?reminder (?:number )?#?(?P<number>\d{1,6}) to (?P<when>[^\n]+)", re.I
)
_SNOOZE = re.compile(
    r"\bsnooze(?: (?:it|that|(?:my )?reminder #?(?P<number>\d{1,6})))?(?: (?:for|until|till) (?P<when>[^\n]+))?",
    re.I,
)
_WHERE = {"me": "me", "us": "here"}


def wanted(text: str) -> Iterator[str]:
    """The arguments of the calls that it asks for, as JSON."""
    if _LIST.search(text):
        yield _json(action="list")
    for cancel in _CANCEL.finditer(text):
        yield _json(action="cancel", number=int(cancel["number"]))
    for change in _CHANGE.finditer(text):
        yield _json(action="change", number=int(change["number"]), when=change["when"].strip())
    if (snooze := _SNOOZE.search(text)) is not None:
        number = {"number": int(snooze["number"])} if snooze["number"] else {}
        yield _json(action="snooze", when=(snooze["when"] or "10 minutes").strip(), **number)
    if (asked := _asked(text)) is not None and not lacks_time(text):
        whom, rest = asked
        parts = _TEXT_FIRST.fullmatch(rest) or _TIME_FIRST.fullmatch(rest)
        when, said = (parts["when"], parts["text"]) if parts else (rest, "")
        where = "channel" if "channel" in whom else _WHERE.get(whom, "here")
        yield _json(action="make", when=when.strip(), text=said.strip(), where=where)


def lacks_time(text: str) -> bool:
    """Whether a reminder is asked for, and no time named."""
    asked = _asked(text)
    return asked is not None and bool(_NO_TIME.fullmatch(asked[1])) and not _TEXT_FIRST.fullmatch(asked[1])


def _asked(text: str) -> tuple[str, str] | None:
    """Who is to be reminded, and of what and when."""
    if (remind := _REMIND.search(text)) is not None:
        return remind["whom"].lower(), remind["rest"].strip().rstrip(".!?")
    found = _SET.search(text)
    return ("me", found["rest"].strip().rstrip(".!?")) if found is not None else None


def _json(**arguments: object) -> str:
    return orjson.dumps(arguments).decode()
