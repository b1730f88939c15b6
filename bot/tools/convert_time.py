"""Tells what a time in one place is in others, summer time and all."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from bot.errors import ToolFailed
from bot.tools.base import Tool, ToolContext
from bot.tools.zones import zone_of

_FORMS = ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")


class ConvertTime(BaseModel):
    """What a time in one time zone is in others."""

    time: str = Field(description="HH:MM for today there, or YYYY-MM-DD HH:MM.", max_length=32)
    timezone: str = Field(description="Where that is the time: an IANA name such as Europe/Berlin.", max_length=64)
    to: list[str] = Field(description="The other time zones.", min_length=1, max_length=10)


async def convert_time(context: ToolContext, arguments: ConvertTime) -> str:
    """A line for each zone."""
    zone = zone_of(arguments.timezone)
    at, note = _moment(arguments.time, zone, context.now)
    there = [(name, at.astimezone(zone_of(name))) for name in arguments.to]
    lines = [f"{_said(at)} in {arguments.timezone}{note} is:"]
    return "\n".join([*lines, *(f"- {_said(time)} in {name}" for name, time in there)])


def _moment(text: str, zone: ZoneInfo, now: float) -> tuple[datetime, str]:
    """The moment, and a note where the clock is changed: it skips some times and shows some twice."""
    naive = _read(text.strip(), zone, now)
    first, second = naive.replace(tzinfo=zone, fold=0), naive.replace(tzinfo=zone, fold=1)
    if first.utcoffset() == second.utcoffset():
        return first, ""
    shifted = first.astimezone(UTC).astimezone(zone)
    if shifted.replace(tzinfo=None) != naive:
        return shifted, f" (there is no {naive:%H:%M} on that day: clocks go forward)"
    return first, f" (clocks go back then, and show {naive:%H:%M} twice: this is the first)"


def _read(text: str, zone: ZoneInfo, now: float) -> datetime:
    for form in _FORMS:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    try:
        clock = datetime.strptime(text, "%H:%M").time()
    except ValueError as error:
        raise ToolFailed(f"{text!r} is no time; write HH:MM or YYYY-MM-DD HH:MM") from error
    return datetime.combine(datetime.fromtimestamp(now, zone).date(), clock)


def _said(at: datetime) -> str:
    return f"{at:%A, %Y-%m-%d %H:%M} (UTC{at:%z})"


CONVERT_TIME = Tool(name="convert_time", label="compare time zones", arguments=ConvertTime, run=convert_time)
