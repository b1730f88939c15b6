"""Gatepost's own tools, as people ask for them: which call a sentence means. Pure."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

import orjson

from bot.demo.wire import Call

Arguments: TypeAlias = Callable[[re.Match[str]], Mapping[str, Any]]

_CITIES: Final = {
    "amsterdam": (52.37, 4.89), "barcelona": (41.39, 2.17), "beijing": (39.91, 116.4), "berlin": (52.52, 13.41),
    "chicago": (41.88, -87.63), "dublin": (53.35, -6.26), "hamburg": (53.55, 9.99), "lima": (-12.05, -77.04),
    "lisbon": (38.72, -9.14), "london": (51.51, -0.13), "los angeles": (34.05, -118.24), "madrid": (40.42, -3.7),
    "mumbai": (19.08, 72.88), "munich": (48.14, 11.58), "new york": (40.71, -74.01), "oslo": (59.91, 10.75),
    "paris": (48.85, 2.35), "prague": (50.08, 14.44), "rome": (41.89, 12.48), "san francisco": (37.77, -122.42),
    "seattle": (47.61, -122.33), "seoul": (37.57, 126.98), "singapore": (1.29, 103.85),
    "stockholm": (59.33, 18.07), "sydney": (-33.87, 151.21), "tokyo": (35.69, 139.69), "toronto": (43.7, -79.42),
    "vienna": (48.21, 16.37), "warsaw": (52.23, 21.01), "zurich": (47.37, 8.54),
}  # fmt: skip
_NUMBER: Final = r"-?\d+(?:\.\d+)?"
_WHAT: Final = r"^\W*(?:(?:what(?:['’]s| is| are)|how much (?:is|are)|convert|and) )?"
_END: Final = r"[\s.?!=]*$"
_UNIT: Final = r"(?!(?:the|a|go)\b)[^\W\d_]{1,20}|°[FC]|[a-z]+(?:/[a-z]+|[²³])"
_SIGN_OF: Final = {"plus": "+", "minus": "-", "times": "*", "multiplied by": "*", "divided by": "/", "over": "/"}
_SIGN_WORDS: Final = "|".join(_SIGN_OF)
_WEATHER: Final = re.compile(r"\bweather\b|\b(?:is|will) it (?:be )?(?:rain|snow|sunny|cold|warm|hot)\w*", re.I)
_IN_CITY: Final = rf"\bin (?P<city>{'|'.join(_CITIES)})\b"
_ZONE: Final = r"[A-Z]\w+/\w+|UTC"


def spoken_for(text: str, *, alone: bool = True) -> Iterator[Call]:
    """The first call that a sentence asks for. Where it is not `alone`, files came that it may be about."""
    for name, pattern, arguments in (*_SENTENCES, *(_SENTENCES_ALONE if alone else ())):
        if (found := pattern.search(text)) and (asked := arguments(found)):
            yield Call(name, orjson.dumps(dict(asked)).decode())
            return


def weather_elsewhere(text: str) -> str | None:
    """What to say where the weather is asked for without a city that is known here; None where it is not."""
    if not _WEATHER.search(text) or re.search(_IN_CITY, text, re.I):
        return None
    some = ", ".join(city.title() for city in list(_CITIES)[:6])
    return (
        f"Of which city? I am scripted and know {len(_CITIES)} of them, such as {some}; a real model knows more."
    )


def _choices(found: re.Match[str]) -> Mapping[str, Any]:
    """A question and its choices; choices alone are their own question."""
    asked = found["asked"].strip()
    question, sign, rest = asked.partition("?") if "?" in asked.rstrip(" ?") else asked.partition(":")
    if not sign or not rest.strip(' ?”"'):
        question, rest = found["about"] or asked, asked
    choices = [one.strip(' .?!:“”"') for one in re.split(r",(?: or\b)?|\bor\b|\n", rest)]
    choices = [one for one in choices if one]
    question = question.strip(' ?“”":')
    return {"question": f"{question[:1].upper()}{question[1:]}?", "choices": choices} if len(choices) > 1 else {}


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


def _in_signs(words: str) -> str:
    for word, sign in _SIGN_OF.items():
        words = re.sub(rf"\b{word}\b", sign, words, flags=re.I)
    return words.strip(" .")


def _sentence(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.I)


_SENTENCES: Final[tuple[tuple[str, re.Pattern[str], Arguments], ...]] = (
    (
        "create_poll",
        _sentence(
            r"(?:^|\b(?:make|create|start|open|run|do|have|new|another) (?:me )?(?:a |an )?(?:\w+ )?|\ba )poll\b"
            r"(?: (?:about|on|for) (?P<about>[^:\n]{1,80}))?(?:[^:\n“\"]{0,30}:|,)? ?(?P<asked>\S[^\n]{2,400})"
        ),
        _choices,
    ),
    (
        "read_link",
        _sentence(
            r"\b(?:read|open|look at|summari[sz]e|check|visit|tell me|what)\b(?:[^\n]*?\bpart (?P<part>\d+))?[^\n]*?(?P<url>https?://\S+)"
        ),
        _link,
    ),
    (
        "summarise",
        _sentence(
            r"\b(?:summari[sz]e|summary of|recap|sum up) (?:this|the) (?:(?P<where>thread|channel)\b[^\n]*?)?"
            r"(?:\blast (?P<hours>\d{1,3}) hours\b(?P<there> of (?:this|the) channel)?|(?<=thread)|(?<=channel))"
        ),
        _stretch,
    ),
    (
        "calculate",
        _sentence(r"\b(?:calculate|compute|work out) (?P<sum>[^\n?]+)"),
        lambda found: {"expression": _in_signs(found["sum"])},
    ),
    (
        "calculate",
        _sentence(rf"{_WHAT}(?P<sum>{_NUMBER} ?%(?: of)? {_NUMBER}|{_NUMBER} (?:{_SIGN_WORDS}) {_NUMBER}){_END}"),
        lambda found: {"expression": _in_signs(found["sum"])},
    ),
    (
        "calculate",
        _sentence(rf"{_WHAT}(?:the )?(?:square root of (?P<root>{_NUMBER})|(?P<sum>\w+\([^\n?]+\))){_END}"),
        lambda found: {"expression": f"sqrt({found['root']})" if found["root"] else found["sum"]},
    ),
    (
        "convert_units",
        _sentence(rf"\bconvert (?P<value>{_NUMBER}) ?(?P<unit>[^\s\d][\w°/²³]*) (?:to|into) (?P<to>[\w°/²³]+)"),
        lambda found: {"value": float(found["value"]), "unit": found["unit"], "to": found["to"]},
    ),
    (
        "convert_units",
        _sentence(rf"{_WHAT}(?P<value>{_NUMBER}) ?(?P<unit>{_UNIT}) (?:to|in|into|as) (?P<to>{_UNIT}){_END}"),
        lambda found: {"value": float(found["value"]), "unit": found["unit"], "to": found["to"]},
    ),
    (
        "convert_units",
        _sentence(
            rf"^\W*how many (?P<to>{_UNIT}) (?:are|is|in|make|are in|are there in|to) "
            rf"(?P<value>{_NUMBER}|an?|one) (?P<unit>{_UNIT}){_END}"
        ),
        lambda found: {
            "value": float(found["value"]) if found["value"][0].isdigit() else 1.0,
            "unit": found["unit"],
            "to": found["to"],
        },
    ),
    (
        "convert_time",
        re.compile(rf"\b(?P<at>\d{{1,2}}:\d\d) in (?P<zone>{_ZONE})\b.*?\bin (?P<to>{_ZONE})"),
        lambda found: {"time": found["at"], "timezone": found["zone"], "to": [found["to"]]},
    ),
    ("weather", _sentence(rf"(?=.*(?:{_WEATHER.pattern})).*?{_IN_CITY}"), _weather),
    (
        "draw_picture",
        _sentence(
            r"\b(?:draw|paint|sketch) (?:me )?(?P<what>(?:a|an|the|some)\b[^\n]+)"
            r"|\b(?:make|create|generate)(?: me)? (?P<picture>an? (?:picture|image|drawing|photo)\b[^\n]+)"
        ),
        lambda found: {"prompt": (found["what"] or found["picture"]).strip(" .")},
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

_SENTENCES_ALONE: Final[tuple[tuple[str, re.Pattern[str], Arguments], ...]] = (
    ("read_link", _sentence(r"^\W*(?P<url>https?://\S+)(?P<part>(?!))?\W*$"), _link),
    (
        "summarise",
        _sentence(
            r"^\W*(?:please )?(?:(?:can you )?(?:give me |make |write )?(?:a |the )?summary"
            r"|summari[sz]e(?: it| this| please)?|tl;?dr|recap|what did i miss|catch me up)"
            r"(?: (?:of|for) (?:this|the) (?P<where>thread|channel))?"
            r"(?: please)?\W*$"
        ),
        lambda found: {"where": (found["where"] or "here").lower().replace("thread", "here")},
    ),
    (
        "search_messages",
        _sentence(
            r"^\W*(?:please )?(?:search|(?:find|look for|search for)(?: (?:all |the )?"
            r"(?:messages?|posts?|anything))(?: (?:about|with|on|that mention))?"
            r"|who (?:said|wrote|mentioned|talked about))"
            r" (?!the (?:web|internet)\b|for\b)(?P<words>[^\n?]{1,100}?)[.?!]*$"
        ),
        lambda found: {"words": found["words"].strip(' “”"')},
    ),
)
"""What is said in so few words that it may be meant of files, where some came."""
