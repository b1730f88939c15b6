"""Tools: which ones a question asks for, with which arguments, and what their results are told as. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from bot.demo.clocks import Wanted, conversion_wanted, time_wanted, told_unknown
from bot.demo.plainwords import spoken_for, weather_elsewhere
from bot.demo.questions import Question
from bot.demo.reminding import lacks_time
from bot.demo.reminding import wanted as wants_reminder
from bot.demo.structured import example
from bot.demo.wire import Answer, Call
from bot.messages import ToolSpec

_TIMES = re.compile(r"\b(?P<n>\d{1,2}) times\b", re.I)


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
    if calls:
        return Answer(calls=calls[:1] if _TIMES.search(question.head) else calls)
    return _asked_back(question)


def _asked_back(question: Question) -> Answer | None:
    """What has to be known before a tool can be called."""
    offered = {tool.name for tool in question.prompt.tools}
    clock = time_wanted(question.head) if "current_time" in offered else None
    if clock is not None and clock.unknown:
        return Answer(told_unknown(clock.unknown))
    if "remind" in offered and lacks_time(question.head):
        return Answer("When shall I remind you? For example: “remind me tomorrow at 9 to call Bob”.")
    if "weather" in offered and (place := weather_elsewhere(question.head)) is not None:
        return Answer(place)
    return None


def missing(question: Question) -> str | None:
    """That there is no tool here for what is asked."""
    offered = {tool.name for tool in question.prompt.tools}
    wanted = next(spoken_for(question.head), None)
    name = "remind" if next(wants_reminder(question.head), None) else wanted.name if wanted else ""
    if "weather" not in offered and (name == "weather" or weather_elsewhere(question.head) is not None):
        return "I can't tell the weather here: no source for it is set. Whoever runs me sets `WEATHER_BASE_URL`."
    if name in _TOLD_MISSING and name not in offered:
        return f"I would need the tool `{name}` for that, and it is not there in this place."
    return None


_TOLD_MISSING = frozenset({"remind", "create_poll", "draw_picture", "search_messages", "read_link"})


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
            [Call("remind", arguments) for arguments in wants_reminder(question.head)]
            if "remind" in offered
            else []
        )
        if reminders:
            yield from reminders
            return
        converted = [Call("convert_time", _json(one)) for one in conversion_wanted(question.head)]
        clock = time_wanted(question.head)
        if converted and "convert_time" in offered:
            yield from converted
        elif clock is not None and "current_time" in offered:
            yield from _times(offered["current_time"], clock)
        else:
            calls = spoken_for(question.head, alone=not question.files)
            yield from (call for call in calls if call.name in offered)


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


def _times(clock: ToolSpec, asked: Wanted) -> Iterator[Call]:
    parameter = next((name for name in _properties(clock) if "zone" in name or name == "tz"), None)
    if not asked.zones and asked.unknown:
        return
    if parameter is None or not asked.zones:
        yield Call(clock.name, "{}")
        return
    for zone in asked.zones:
        yield Call(clock.name, _json({parameter: zone}))


def _json(arguments: Mapping[str, Any]) -> str:
    return orjson.dumps(dict(arguments)).decode()


def _properties(tool: ToolSpec) -> Mapping[str, Any]:
    found = tool.parameters.get("properties")
    return found if isinstance(found, Mapping) else {}


def _told(name: str, result: str) -> str:
    quoted = "\n".join(f"> {line}" for line in result.strip().splitlines()) or "> (nothing)"
    return f"`{name}` says:\n\n{quoted}"
