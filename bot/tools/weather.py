"""Tells the weather, from a source that speaks as Open-Meteo does and wants no key."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import orjson
from pydantic import BaseModel, Field

from bot.errors import FileRefused, ToolFailed
from bot.media.fetching import Reach, Wanted, fetch
from bot.tools.base import Tool, ToolContext

_NOW: Final = "temperature_2m,apparent_temperature,relative_humidity_2m,precipitation,weather_code,wind_speed_10m"
_DAILY: Final = "weather_code,temperature_2m_min,temperature_2m_max,precipitation_probability_max,sunrise,sunset"
_MOST_BYTES: Final = 500_000
_SECONDS: Final = 10.0
_SKIES: Final[Mapping[int, str]] = {
    0: "clear", 1: "mostly clear", 2: "partly cloudy", 3: "overcast", 45: "fog", 48: "freezing fog",
    51: "light drizzle", 53: "drizzle", 55: "heavy drizzle", 56: "freezing drizzle", 57: "freezing drizzle",
    61: "light rain", 63: "rain", 65: "heavy rain", 66: "freezing rain", 67: "freezing rain",
    71: "light snow", 73: "snow", 75: "heavy snow", 77: "snow grains", 80: "light showers", 81: "showers",
    82: "violent showers", 85: "snow showers", 86: "heavy snow showers", 95: "thunderstorm",
    96: "thunderstorm with hail", 99: "thunderstorm with heavy hail",
}  # fmt: skip


class Weather(BaseModel):
    """The weather now and on the next days, at a place whose coordinates you know."""

    place: str = Field(description="The place's name, for the answer.", max_length=100)
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    days: int = Field(default=3, ge=1, le=10)
    fahrenheit: bool = Field(default=False, description="Whether people there are used to Fahrenheit and miles.")


async def weather(context: ToolContext, arguments: Weather) -> str:
    """Now, and a line for each day."""
    base = context.world.outside.weather_url
    if base is None:
        raise ToolFailed("no source for the weather is set here")
    told = await _asked(f"{base.rstrip('/')}/forecast?{urlencode(_query(arguments))}")
    try:
        return "\n".join([_now(arguments.place, told["current"], told["current_units"]), *_days(told["daily"])])
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise ToolFailed("the source for the weather answered with something else") from error


def _query(asked: Weather) -> Mapping[str, object]:
    imperial = {"temperature_unit": "fahrenheit", "wind_speed_unit": "mph", "precipitation_unit": "inch"}
    return {
        "latitude": round(asked.latitude, 2),
        "longitude": round(asked.longitude, 2),
        "current": _NOW,
        "daily": _DAILY,
        "timezone": "auto",
        "forecast_days": asked.days,
        **(imperial if asked.fahrenheit else {}),
    }


async def _asked(url: str) -> Any:
    """What the operator's source says; it may be anywhere, also on this machine."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    reach = Reach(allowed=lambda _address: True, scheme=parts.scheme, port=port, seconds=_SECONDS)
    wanted = Wanted("The weather", "Try again later.", "application/json", _MOST_BYTES, lambda *_: None)
    try:
        return orjson.loads((await fetch(url, wanted, reach)).data)
    except FileRefused as error:
        raise ToolFailed(error.said) from error
    except orjson.JSONDecodeError as error:
        raise ToolFailed("the source for the weather answered with something else") from error


def _now(place: str, now: Mapping[str, Any], units: Mapping[str, str]) -> str:
    degrees = units["temperature_2m"]
    return (
        f"{place}, {now['time']} there: {_sky(now['weather_code'])}, {float(now['temperature_2m']):g} {degrees}, "
        f"feels like {float(now['apparent_temperature']):g} {degrees}, humidity {now['relative_humidity_2m']} %, "
        f"wind {float(now['wind_speed_10m']):g} {units['wind_speed_10m']}, "
        f"precipitation {float(now['precipitation']):g} {units['precipitation']}"
    )


def _days(daily: Mapping[str, Sequence[Any]]) -> list[str]:
    names = ("time", *_DAILY.split(","))
    rows = zip(*(daily[name] for name in names), strict=True)
    return [
        f"- {day}: {_sky(code)}, {low} to {high}°, rain {'unknown' if rain is None else f'{rain} %'}, "
        f"sun {str(rise)[-5:]} to {str(down)[-5:]}"
        for day, code, low, high, rain, rise, down in rows
    ]


def _sky(code: object) -> str:
    return _SKIES.get(int(str(code)), "unsettled")


WEATHER = Tool(
    name="weather",
    label="tell the weather",
    arguments=Weather,
    run=weather,
    untrusted=True,
    available=lambda here: here.ports.outside.weather_url is not None,
)
