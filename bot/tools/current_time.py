"""Tells the time, anywhere."""

from datetime import UTC, datetime

from pydantic import BaseModel, Field

from bot.tools.base import Tool, ToolContext
from bot.tools.zones import zone_of


class CurrentTime(BaseModel):
    """The current date and time in a time zone."""

    timezone: str = Field(default="UTC", description="An IANA name such as Europe/Berlin or UTC.", max_length=64)


async def current_time(context: ToolContext, arguments: CurrentTime) -> str:
    """The time as a sentence and as ISO 8601."""
    there = datetime.fromtimestamp(context.now, UTC).astimezone(zone_of(arguments.timezone))
    return f"{there:%A, %d %B %Y, %H:%M:%S} in {arguments.timezone} ({there.isoformat(timespec='seconds')})"


CURRENT_TIME = Tool(name="current_time", label="tell the time anywhere", arguments=CurrentTime, run=current_time)
