"""Gatepost's own tools, as people ask for them: which call a sentence means. Pure."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

import orjson

from bot.demo.wire import Call

Arguments: TypeAlias = Callable[[re.Match[str]], Mapping[str, Any]]

_CITIES: Final = {
    "berlin": (52.52, 13.41),
    "lima": (-12.05, -77.04),
    "london": (51.51, -0.13),
    "new york": (40.71, -74.01),
    "paris": (48.85, 2.35),
    "tokyo": (35.69, 139.69),
}
_NUMBER: Final = r"-?\d+(?:\.\d+)?"
_ZONE: Final = r"[A-Z]\w+/\w+|UTC"


def spoken_for(text: str) -> Iterator[Call]:
    """The first call that a sentence asks for."""
    for name, pattern, arguments in _SENTENCES:
        if found := pattern.search(text):
            yield Call(name, orjson.dumps(dict(arguments(found))).decode())
            return


def _choices(found: re.Match[str]) -> Mapping[str, Any]:
    choices = [one.strip(' .?!“”"') for one in re.split(r",|\bor\b", found["choices"])]
    return {"question": found["question"].strip(" ?") + "?", "choices": [one for one in choices if one]}


def _weather(found: re.Match[str]) -> Mapping[str, Any]:
    latitude, longitude = _CITIES[found["city"].lower()]
    return {"place": found["city"], "latitude": latitude, "longitude": longitude}


def _file(found: re.Match[str]) -> Mapping[str, Any]:
    pages = {"pages": found["pages"]} if found["pages"] else {}
    return {"name": found["name"].strip(), **pages}


def _link(found: re.Match[str]) -> Mapping[str, Any]:
    return {"url": found["url"].rstrip(".,;:!?)"), **({"part": int(found["part"])} if found["part"] else {})}


def _stretch(found: re.Match[str]) -> Mapping[str, Any]:
    channel = (found["where"] or "").lower() == "channel" or found["there"]
    hours = {"hours": int(found["hours"])} if found["hours"] else {}
    return {"where": "channel" if channel else "here", **hours}


def _search(found: re.Match[str]) -> Mapping[str, Any]:
    said = {name: value.strip() for name, value in found.groupdict().items() if value}
    return said | ({"where": said["where"].removeprefix("in ")} if "where" in said else {})


def _sentence(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.I)


_SENTENCES: Final[tuple[tuple[str, re.Pattern[str], Arguments], ...]] = (
    (
        "create_poll",
        _sentence(r"\bpoll\b[^:\n]{0,30}: ?(?P<question>[^:?\n]+)[?:] ?(?P<choices>[^\n]+)"),
        _choices,
    ),
    (
        "read_link",
        _sentence(
            r"\b(?:read|open|look at|summari[sz]e)\b(?:[^\n]*?\bpart (?P<part>\d+))?[^\n]*?(?P<url>https?://\S+)"
        ),
        _link,
    ),
    (
        "summarise",
        _sentence(
            r"\bsummari[sz]e (?:this|the) (?:(?P<where>thread|channel)\b[^\n]*?)?"
            r"(?:\blast (?P<hours>\d{1,3}) hours\b(?P<there> of (?:this|the) channel)?|(?<=thread)|(?<=channel))"
        ),
        _stretch,
    ),
    (
        "calculate",
        _sentence(r"\bcalculate (?P<sum>[^\n?]+)"),
        lambda found: {"expression": found["sum"].strip(" .")},
    ),
    (
        "convert_units",
        _sentence(rf"\bconvert (?P<value>{_NUMBER}) ?(?P<unit>[^\s\d][\w°/²³]*) (?:to|into) (?P<to>[\w°/²³]+)"),
        lambda found: {"value": float(found["value"]), "unit": found["unit"], "to": found["to"]},
    ),
    (
        "convert_time",
        re.compile(rf"\b(?P<at>\d{{1,2}}:\d\d) in (?P<zone>{_ZONE})\b.*?\bin (?P<to>{_ZONE})"),
        lambda found: {"time": found["at"], "timezone": found["zone"], "to": [found["to"]]},
    ),
    ("weather", _sentence(rf"\bweather\b.*?\bin (?P<city>{'|'.join(_CITIES)})\b"), _weather),
    (
        "draw_picture",
        _sentence(r"\b(?:draw|paint) (?:me )?(?P<what>(?:a|an|the)\b[^\n]+)"),
        lambda found: {"prompt": found["what"].strip(" .")},
    ),
    (
        "open_file",
        _sentence(r"\bopen (?:pages? (?P<pages>[\d-]+) of )?(?P<name>[\w-]+\.(?:pdf|txt|csv|md|json))(?: again)?"),
        _file,
    ),
    (
        "search_messages",
        _sentence(
            r"\bsearch(?: (?P<where>everywhere|here|in #?[\w-]+))? (?:messages )?for (?P<words>[^\n?]+?)"
            r"(?: (?:said )?by (?P<author>\w+))?(?: since (?P<after>[\w -]+))?[.?!]*$"
        ),
        _search,
    ),
    (
        "recent_messages",
        _sentence(r"\b(?:recent|latest|last (?P<n>\d{1,3})?) ?messages\b"),
        lambda found: {"count": int(found["n"])} if found["n"] else {},
    ),
)
