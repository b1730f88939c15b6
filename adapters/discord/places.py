"""Which place a channel's id stands for, and whether we took part there."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from math import inf
from typing import Any

import discord

from adapters.discord.inbound import moderates, place_of
from adapters.discord.rest import Rest
from adapters.discord.session import Session
from bot.messages import Place

_THREADS = (10, 11, 12)
_MOST_KNOWN = 2_000


@dataclass(frozen=True, slots=True)
class Where:
    """A place, and since when we are in it, in seconds since the epoch: made it, or were called into it."""

    place: Place
    since: float = inf

    def took_part(self, message: discord.Message) -> bool:
        """Whether we were in it when this was said; what is told late was perhaps said before."""
        return message.created_at.timestamp() > self.since


class Places:
    """Knows what discord.py knows, and asks Discord for threads that were asleep when we came."""

    def __init__(self, rest: Rest, session: Session) -> None:
        self._rest = rest
        self._session = session
        self._asked: OrderedDict[int, asyncio.Future[Where]] = OrderedDict()

    async def find(self, guild: int | None, channel: int) -> Where:
        """The place of this channel or thread. Raises Refusal where Discord will not say."""
        if guild is None:
            return Where(place_of(None, channel))
        known = self._session.connection.get_channel(channel)
        if isinstance(known, discord.Thread):
            joined = known.me.joined_at.timestamp() if known.me is not None else inf
            since = 0.0 if known.owner_id == self._session.me else joined
            return Where(place_of(guild, known.parent_id, known.id), since)
        if known is not None:
            return Where(place_of(guild, channel))
        return await self._ask(guild, channel)

    def may_open_thread(self, place: Place) -> bool:
        """Whether we may open a thread in a channel and write in it, as far as discord.py knows."""
        client = self._session.client
        channel = client.get_channel(int(place.channel)) if client is not None else None
        if channel is None:
            return True  # not known yet: Discord will say
        if not isinstance(channel, discord.TextChannel):
            return False
        rights = channel.permissions_for(channel.guild.me)
        return rights.create_public_threads and rights.send_messages_in_threads

    async def _ask(self, guild: int, channel: int) -> Where:
        """One question for all who wait, so that what was said there stays in order."""
        found = self._asked.get(channel)
        if found is None or (found.done() and found.exception() is not None):
            found = asyncio.ensure_future(self._fetch(guild, channel))
            self._asked[channel] = found
            if len(self._asked) > _MOST_KNOWN:
                self._asked.popitem(last=False)
        return await asyncio.shield(found)

    async def _fetch(self, guild: int, channel: int) -> Where:
        data: Any = await self._rest.patiently("GET", f"/channels/{channel}", kind="channel", channel=str(channel))
        if data.get("type") not in _THREADS:
            return Where(place_of(guild, channel))
        member = data.get("member")
        joined = discord.utils.parse_time(member["join_timestamp"]).timestamp() if member else inf
        since = 0.0 if data.get("owner_id") == str(self._session.me) else joined
        return Where(place_of(guild, int(data["parent_id"]), channel), since)


def may_moderate(interaction: "discord.Interaction[Any]") -> bool:
    """Whether who acted keeps order where they did."""
    return interaction.guild_id is not None and moderates(interaction.permissions)
