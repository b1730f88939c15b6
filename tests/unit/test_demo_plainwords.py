"""What a newcomer says to the built-in model: the tool it calls for that, or what it says where it can't."""

from typing import Any

import orjson
import pytest

from bot.demo.abilities import respond
from bot.demo.understanding import understand
from bot.demo.wire import Answer
from bot.tools import TOOLS

NAMES = tuple(tool.name for tool in TOOLS)


def said(text: str, tools: tuple[str, ...] = NAMES) -> Answer:
    offered = [
        {"type": "function", "function": {"name": one.name, "parameters": one.arguments.model_json_schema()}}
        for one in TOOLS
        if one.name in tools
    ]
    asked = [{"role": "user", "content": [{"type": "text", "text": text}]}]
    return respond(understand({"model": "gatepost/scripted", "messages": asked, "tools": offered}, []))


@pytest.mark.parametrize(
    ("text", "name", "arguments"),
    [
        ("time in tokyo", "current_time", {"timezone": "Asia/Tokyo"}),
        ("What time is it in San Francisco right now?", "current_time", {"timezone": "America/Los_Angeles"}),
        ("what's the time?", "current_time", {}),
        ("what's 3pm PST in Berlin", "convert_time", {"time": "15:00", "to": ["Europe/Berlin"]}),
        ("what's 12 ft in m", "convert_units", {"value": 12.0, "unit": "ft", "to": "m"}),
        ("72°F to °C", "convert_units", {"value": 72.0, "unit": "°F", "to": "°C"}),
        ("how many km are 5 miles?", "convert_units", {"value": 5.0, "unit": "miles", "to": "km"}),
        ("what is 15% of 80", "calculate", {"expression": "15% of 80"}),
        ("square root of 144", "calculate", {"expression": "sqrt(144)"}),
        ("17 times 23", "calculate", {"expression": "17 * 23"}),
        ("remind me in 2 hours to stretch", "remind", {"when": "in 2 hours", "text": "stretch"}),
        ("set a reminder for tomorrow at 9: call Bob", "remind", {"when": "tomorrow at 9", "text": "call Bob"}),
        ("what reminders do I have?", "remind", {"action": "list"}),
        ("summarise this thread", "summarise", {"where": "here"}),
        ("give me a summary of this channel", "summarise", {"where": "channel"}),
        ("tl;dr", "summarise", {"where": "here"}),
        ("search launch", "search_messages", {"words": "launch"}),
        ("find messages about the launch", "search_messages", {"words": "the launch"}),
        ("make a poll: tea or coffee?", "create_poll", {"choices": ["tea", "coffee"]}),
        ("start a poll about lunch: pizza or sushi", "create_poll", {"question": "Lunch?"}),
        ("poll: What for lunch? pizza, sushi or salad", "create_poll", {"choices": ["pizza", "sushi", "salad"]}),
        ("https://example.com/a", "read_link", {"url": "https://example.com/a"}),
        ("what does https://example.com/ say?", "read_link", {"url": "https://example.com/"}),
        ("will it rain in London?", "weather", {"place": "London"}),
        ("generate an image of a red car", "draw_picture", {"prompt": "an image of a red car"}),
    ],
)  # fmt: skip
def test_plain_words_call_the_tool_that_is_meant(text: str, name: str, arguments: dict[str, Any]) -> None:
    (call,) = said(text).calls

    assert call.name == name
    assert orjson.loads(call.arguments).items() >= arguments.items()


@pytest.mark.parametrize(
    ("text", "without", "answer"),
    [
        ("time in Atlantis", "", "no time zone for “Atlantis”"),
        ("remind me to call Bob", "", "When shall I remind you?"),
        ("what's the weather in Atlantis?", "", "Of which city?"),
        ("what's the weather in Paris?", "weather", "no source for it is set"),
        ("remind me in 2 hours to stretch", "remind", "the tool `remind`"),
        ("thanks!", "", "You are welcome."),
        ("which model are you?", "", "built-in model"),
    ],
)
def test_what_it_can_not_do_is_said_in_a_sentence(text: str, without: str, answer: str) -> None:
    told = said(text, tuple(name for name in NAMES if name != without))

    assert told.calls == ()
    assert answer in told.text
