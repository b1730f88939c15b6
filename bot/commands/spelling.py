"""Our sentences name commands as they are typed on Discord and on the page; elsewhere they are typed otherwise."""

import re
from functools import cache

from bot.commands import COMMANDS
from bot.messages import Capabilities, Place


def spelled(said: str, place: Place, how: Capabilities) -> str:
    """The sentence with every `/command` as it can be typed in this place."""
    prefix = how.thread_prefix if how.thread_prefix and place.thread is not None else how.command_prefix
    return said if prefix == "/" else _named().sub(lambda found: f"{prefix}{found[1]}", said)


@cache
def _named() -> "re.Pattern[str]":
    """A command's name behind a slash, and no part of a path or an address."""
    names = "|".join(sorted((command.spec.name for command in COMMANDS), key=len, reverse=True))
    return re.compile(rf"(?<![\w/.:@-])/({names})(?![\w/-])")
