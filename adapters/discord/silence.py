"""Finds out whether a silent connection is a deaf one: has anything been said that we were not told of?"""

from collections.abc import Iterator
from typing import Any

import discord

from adapters.discord.connection import Connection
from adapters.discord.ids import time_of
from adapters.discord.rest import Rest

_GUILDS = 20
"""Servers looked at; a bot in so many is told of something all the time, or hears nothing in any of them."""

_GRACE = 60.0
"""Seconds by which Discord may be late with an event."""

_TEXT = {0, 5, 10, 11, 12}
"""Channels and threads in which what is said is told to whoever sees them (types of the API's documentation)."""


async def missed_something(rest: Rest, client: Connection, told_at: float) -> bool:
    """Whether something was said where we may read after we were told of an event for the last time.

    Raises Refusal.
    """
    for guild in client.guilds[:_GUILDS]:
        channels = await rest.call("GET", f"/guilds/{guild.id}/channels", kind="channels", channel=str(guild.id))
        active = await rest.call(
            "GET", f"/guilds/{guild.id}/threads/active", kind="threads", channel=str(guild.id)
        )
        newest = max(_last_said(guild, [*channels, *active["threads"]]), default=0.0)
        if newest > told_at + _GRACE:
            return True
    return False


def _last_said(guild: discord.Guild, raw: list[dict[str, Any]]) -> Iterator[float]:
    for one in raw:
        if one.get("type") in _TEXT and one.get("last_message_id") and _is_told_to_us(guild, int(one["id"])):
            yield time_of(int(one["last_message_id"]))


def _is_told_to_us(guild: discord.Guild, channel_id: int) -> bool:
    channel = guild.get_channel_or_thread(channel_id)
    if channel is None:  # made while we were told nothing
        return True
    try:
        return channel.permissions_for(guild.me).view_channel
    except discord.ClientException:  # a thread whose channel is not known
        return True
