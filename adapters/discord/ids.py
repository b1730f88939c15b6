"""Discord's ids: numbers that tell when. Pure."""

import discord

from adapters.discord.errors import not_found

_EPOCH = 1_420_070_400_000


def snowflake(value: str) -> int:
    """An id as Discord takes it. Raises Refusal for what names nothing there."""
    if not value.isdecimal():
        raise not_found("no id of Discord's")
    return int(value)


def time_of(number: int) -> float:
    """When the thing with this id was made, in seconds since the epoch."""
    return discord.utils.snowflake_time(number).timestamp()


def first_at(time: float) -> int:
    """The least id that anything made at this time can have."""
    return max(0, int(time * 1000) - _EPOCH) << 22
