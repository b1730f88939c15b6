"""Tells the time, anywhere."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, Field

from bot.errors import ToolFailed
from bot.tools.base import Tool, ToolContext


class CurrentTime(BaseModel):
    """The current date and time in a time zone."""

    timezone: str = Field(default="UTC", description="An IANA name such as Europe/Berlin or UTC.")


async def current_time(context: ToolContext, arguments: CurrentTime) -> str:
    """The time as a sentence and as ISO 8601."""
    try:
        zone = ZoneInfo(arguments.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ToolFailed(f"unknown time zone {arguments.timezone!r}; use an IANA name") from error
    there = datetime.fromtimestamp(context.now, UTC).astimezone(zone)
    return f"{there:%A, %d %B %Y, %H:%M:%S} in {arguments.timezone} ({there.isoformat(timespec='seconds')})"


CURRENT_TIME = Tool(name="current_time", arguments=CurrentTime, run=current_time)
