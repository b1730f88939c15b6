"""A summary in the form that is asked for, made of the words of the messages alone: scripted, and honest. Pure.

Decisions and open points are found by the words that mark them; what somebody said is their longest message.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.demo.understanding import Prompt

_FIELDS = frozenset({"overview", "said", "decisions", "open_points"})
_MESSAGE = re.compile(r"^\[(?P<n>\d+)\] (?P<day>\S+) \S+ (?P<who>[^:\n]{1,40}): (?P<text>.*)$")
_POINT = re.compile(r"^- (?P<text>.*) \[(?P<numbers>\d+(?:, \d+)*)\]$")
_DECIDED = re.compile(r"\b(decided|agreed|approved|settled on|let['’]s|we(?: wi|['’])ll)\b", re.I)
_OPEN = re.compile(r"\?\s*$|\b(todo|needs? to|somebody should|still open)\b", re.I)
_HEADINGS = {"Said:": "said", "Decided:": "decisions", "Open:": "open_points"}
_MEMORY = frozenset({"about", "facts", "decisions", "open_points"})
_ENTRY = re.compile(
    r"^\[(?P<who>[^\](,\n]+?)(?: \(id [^)\n]*\))?(?:,[^\]\n]*)?\]\n    (?P<text>(?:.|\n    )*)", re.MULTILINE
)
_MANY, _LONG, _MANY_FACTS = 12, 160, 30


@dataclass(frozen=True, slots=True)
class _Line:
    """A message, or a point of an earlier summary: what it says, for which field if that is known, and where."""

    text: str
    numbers: tuple[int, ...]
    who: str = ""
    day: str = ""
    field: str = ""


def digest(prompt: Prompt) -> Mapping[str, Any] | None:
    """The summary of the messages and summaries in a prompt; None where another form is asked for."""
    if prompt.schema is None or frozenset(prompt.schema.get("properties", ())) != _FIELDS:
        return None
    lines = [line for one in prompt.everything if one.role == "user" for line in _lines(one.whole)]
    messages = [line for line in lines if not line.field]
    return {
        "overview": _overview(prompt, messages),
        "said": _listed([*_known(lines, "said"), *_said(messages)]),
        "decisions": _listed([*_known(lines, "decisions"), *_marked(messages, _DECIDED)]),
        "open_points": _listed([*_known(lines, "open_points"), *_marked(messages, _OPEN)]),
    }


def memory(prompt: Prompt) -> Mapping[str, Any] | None:
    """What is to be remembered of a conversation, in its own words; None where another form is asked for."""
    if prompt.schema is None or frozenset(prompt.schema.get("properties", ())) != _MEMORY:
        return None
    said = "\n".join(one.whole for one in prompt.everything if one.role == "user")
    entries = [(found["who"], " ".join(found["text"].split())) for found in _ENTRY.finditer(said)]
    told = [f"{who}: {text}"[:_LONG] for who, text in entries if who != "the assistant"]
    earlier = [line.removeprefix("- ") for line in said.splitlines() if line.startswith("- ")]
    return {
        "about": f"{len(earlier) + len(told)} things that were said.",
        "facts": [*earlier, *told][-_MANY_FACTS:],
        "decisions": [],
        "open_points": [],
    }


def _lines(text: str) -> Iterator[_Line]:
    field = ""
    for line in text.splitlines():
        field = _HEADINGS.get(line, "" if line.startswith("<") else field)
        if found := _MESSAGE.match(line):
            yield _Line(found["text"], (int(found["n"]),), found["who"], found["day"])
        elif field and (point := _POINT.match(line)):
            text = point["text"].partition(": ")[2] if field == "said" else point["text"]
            yield _Line(text, tuple(map(int, point["numbers"].split(", "))), field=field)


def _overview(prompt: Prompt, messages: Sequence[_Line]) -> str:
    before = re.findall(r"^Overview: (.+)$", prompt.text, re.MULTILINE)
    parts = [one.rstrip(".") for one in before[:3]]
    if len(before) > 3:
        parts.append(f"and {len(before) - 3} parts more")
    if messages:
        people = list(dict.fromkeys(one.who for one in messages))
        others = f" and {len(people) - 3} others" if len(people) > 3 else ""
        many = f"{len(messages)} message{'s' if len(messages) > 1 else ''}"
        parts.append(f"{many} by {', '.join(people[:3])}{others}, {messages[0].day} on")
    return ". ".join(parts) + "."


def _known(lines: Sequence[_Line], field: str) -> list[_Line]:
    return [line for line in lines if line.field == field]


def _said(messages: Sequence[_Line]) -> Iterator[_Line]:
    """The longest message of each person, in the order in which they first spoke."""
    for who in dict.fromkeys(one.who for one in messages):
        yield max((one for one in messages if one.who == who), key=lambda one: len(one.text))


def _marked(messages: Sequence[_Line], mark: re.Pattern[str]) -> list[_Line]:
    return [one for one in messages if mark.search(one.text)]


def _listed(lines: Sequence[_Line]) -> list[Mapping[str, Any]]:
    return [{"text": line.text[:_LONG], "messages": list(line.numbers)} for line in lines[-_MANY:]]
