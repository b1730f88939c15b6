"""What the model may call: one file a tool, one tuple that lists them."""

from typing import Any

from bot.tools.base import Tool
from bot.tools.calculate import CALCULATE
from bot.tools.convert_time import CONVERT_TIME
from bot.tools.convert_units import CONVERT_UNITS
from bot.tools.create_poll import CREATE_POLL
from bot.tools.current_time import CURRENT_TIME
from bot.tools.draw_picture import DRAW_PICTURE
from bot.tools.open_file import OPEN_FILE
from bot.tools.own import own_tools
from bot.tools.read_link import READ_LINK
from bot.tools.recent_messages import RECENT_MESSAGES
from bot.tools.remind import REMIND
from bot.tools.search_messages import SEARCH_MESSAGES
from bot.tools.summarise import SUMMARISE
from bot.tools.weather import WEATHER

TOOLS: tuple[Tool[Any], ...] = (
    CALCULATE,
    CONVERT_TIME,
    CONVERT_UNITS,
    CREATE_POLL,
    CURRENT_TIME,
    DRAW_PICTURE,
    OPEN_FILE,
    READ_LINK,
    RECENT_MESSAGES,
    REMIND,
    SEARCH_MESSAGES,
    SUMMARISE,
    WEATHER,
)
"""Every tool that is built in, in the order of their names."""


def every_tool() -> tuple[Tool[Any], ...]:
    """The tools that are built in, and those of installed packages."""
    return (*TOOLS, *own_tools(tool.name for tool in TOOLS))
