"""Tools: which ones a question asks for, with which arguments, and what their results are told as. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from bot.demo.plainwords import spoken_for
from bot.demo.questions import Question
from bot.demo.reminding import wanted
from bot.demo.structured import example
from bot.demo.wire import Answer, Call
from bot.messages import ToolSpec

_TIME = re.compile(r"\bwhat(['’]s| is)? (the )?(time|date|day)\b|\bwhat day is\b|\bcurrent (time|date)\b", re.I)
_TIMES = re.compile(r"\b(?P<n>\d{1,2}) times\b", re.I)
_ZONE = re.compile(r"\b(?:UTC|[A-Z][a-z]+/[A-Z][A-Za-z_]+)\b")
_CITIES = {
    "Auckland": "Pacific/Auckland",
    "Berlin": "Europe/Berlin",
    "Cairo": "Africa/Cairo",
    "Delhi": "Asia/Kolkata",
    "Lagos": "Africa/Lagos",
    "Lima": "America/Lima",
    "London": "Europe/London",
    "New York": "America/New_York",
    "Paris": "Europe/Paris",
    "San Francisco": "America/Los_Angeles",
    "São Paulo": "America/Sao_Paulo",
    "Sydney": "Australia/Sydney",
    "Tokyo": "Asia/Tokyo",
}


def used(question: Question) -> Answer | str | None:
    """What the tools said; or the next call, where a number of times was asked for."""
    if not question.results:
        return None
    times = _TIMES.search(question.head)
    again = tuple(_wanted(question)) if times and len(question.results) < int(times["n"]) else ()
    if again:
        return Answer(calls=again[:1])
    calls = question.calls
    lines = [_told(calls.get(said.call_id or "", ("the tool", ""))[0], said.text) for said in question.results]
    return "\n\n".join(lines)


def called(question: Question) -> Answer | None:
    """The calls that a question asks for in plain words: of the tools that are offered, several at once."""
    calls = tuple(_wanted(question))
    return Answer(calls=calls[:1] if _TIMES.search(question.head) else calls) if calls else None


def demanded(question: Question) -> Answer | None:
    """A call where the request says that there has to be one: what the question asks for, else the first tool."""
    offered = [tool for tool in question.prompt.tools if tool.name in question.prompt.must_call]
    if not offered:
        return None
    wanted = [call for call in _wanted(question) if call.name in question.prompt.must_call]
    return Answer(calls=tuple(wanted) or (Call(offered[0].name, _sample(offered[0], question.head)),))


def _wanted(question: Question) -> Iterator[Call]:
    named = False
    for tool in question.prompt.tools:
        for arguments in _named(tool, question.head):
            named = True
            yield Call(tool.name, arguments)
    if not named:
        offered = {tool.name: tool for tool in question.prompt.tools}
        reminders = (
            [Call("remind", arguments) for arguments in wanted(question.head)] if "remind" in offered else []
        )
        if reminders:
            yield from reminders
        elif "current_time" in offered and _TIME.search(question.head):
            yield from _times(offered["current_time"], question.head)
        else:
            yield from (call for call in spoken_for(question.head) if call.name in offered)


def _sample(tool: ToolSpec, words: str) -> str:
    """The least arguments that the tool's schema allows."""
    return orjson.dumps(example({"type": "object", "required": []} | dict(tool.parameters), words[:200])).decode()


def _named(tool: ToolSpec, text: str) -> Iterator[str]:
    """The arguments with which the text names the tool: `use the NAME tool with {…}`, as often as it does."""
    name = re.escape(tool.name).replace("_", "[_ ]")
    pattern = re.compile(rf"\b(?:use|call|run|try)\b[^\n]*?\b{name}\b|\band\b[^\n]{{0,12}}?\b{name}\b", re.I)
    for found in pattern.finditer(text):
        yield _arguments(text[found.end() :]) or _sample(tool, text)


def _arguments(rest: str) -> str:
    """The JSON object that follows soon; nothing where none does."""
    start = rest.find("{", 0, 24)
    if start < 0:
        return ""
    depth = 0
    for end in range(start, len(rest)):
        depth += {"{": 1, "}": -1}.get(rest[end], 0)
        if depth == 0:
            return rest[start : end + 1]
    return rest[start:]


def _times(clock: ToolSpec, text: str) -> Iterator[Call]:
    named = sorted((text.find(city), zone) for city, zone in _CITIES.items() if city in text)
    zones = list(dict.fromkeys([*(zone for _, zone in named), *_ZONE.findall(text)]))
    parameter = next((name for name in _properties(clock) if "zone" in name or name == "tz"), None)
    if parameter is None or not zones:
        yield Call(clock.name, "{}")
        return
    for zone in zones[:4]:
        yield Call(clock.name, orjson.dumps({parameter: zone}).decode())


def _properties(tool: ToolSpec) -> Mapping[str, Any]:
    found = tool.parameters.get("properties")
    return found if isinstance(found, Mapping) else {}


def _told(name: str, result: str) -> str:
    quoted = "\n".join(f"> {line}" for line in result.strip().splitlines()) or "> (nothing)"
    return f"`{name}` says:\n\n{quoted}"
