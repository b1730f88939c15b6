"""What the model may call: one file a tool, one tuple that lists them."""

from typing import Any

from bot.tools.base import Tool
from bot.tools.current_time import CURRENT_TIME

TOOLS: tuple[Tool[Any], ...] = (CURRENT_TIME,)
"""Every tool, in the order of their names."""
