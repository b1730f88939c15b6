"""All that somebody can read on Discord: their rights in every channel, and the threads they were let into."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence

import discord

from adapters.discord.connection import Connection
from adapters.discord.history import may_read
from adapters.discord.inbound import place_of
from adapters.discord.readers import Readers, reads, rights_of
from bot.messages import Person, Place, Readable
from bot.ports import Clock

FRESH = 10.0
"""Seconds for which a list holds."""

_MOST_KNOWN, _MOST_SERVERS, _MOST_THREADS = 500, 20, 25


class Reading:
    """Lists of what people can read. `serves` tells whether the operator lets the bot serve in a place."""

    def __init__(self, readers: Readers, clock: Clock, serves: Callable[[Place], bool]) -> None:
        self._readers = readers
        self._clock = clock
        self._serves = serves
        self._known: OrderedDict[tuple[str, str], tuple[float, Sequence[Readable]]] = OrderedDict()

    async def readable(self, client: Connection, person: Person, workspace: str) -> Sequence[Readable]:
        """What this person can read in a server; in all that we share with them, asked from direct messages.

        Raises Refusal where Discord does not tell.
        """
        at, found = self._known.get((person.id, workspace), (-FRESH, ()))
        if self._clock() - at < FRESH:
            return found
        servers = _servers(client, workspace)
        served = [one for one in servers if self._serves(place_of(one.id, one.id))][:_MOST_SERVERS]
        lists = await asyncio.gather(*(self._in(one, person) for one in served))
        found = tuple(one for each in lists for one in each)
        self._known[person.id, workspace] = (self._clock(), found)
        self._known.move_to_end((person.id, workspace))
        if len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)
        return found

    async def _in(self, guild: discord.Guild, person: Person) -> Sequence[Readable]:
        roles = await self._readers.roles(guild, person) if person.id.isdecimal() else None
        if roles is None:
            return ()
        rights = {one.id: rights_of(guild, one, int(person.id), roles) for one in _channels(guild)}
        channels = [one for one in _channels(guild) if reads(one, rights[one.id]) and may_read(one)]
        open_to = {one.id for one in channels}
        private = [one for one in guild.threads if one.is_private() and one.parent_id in open_to]
        newest = sorted(private, key=lambda one: one.last_message_id or one.id, reverse=True)[:_MOST_THREADS]
        places = [place_of(guild.id, one.parent_id, one.id) for one in newest]
        inside = await asyncio.gather(
            *(
                _yes() if rights[one.parent_id].manage_threads else self._readers.is_in_thread(person, place)
                for one, place in zip(newest, places, strict=True)
            )
        )
        threads = [
            Readable(place, one.name) for one, place, let in zip(newest, places, inside, strict=True) if let
        ]
        return (*(Readable(place_of(guild.id, one.id), one.name) for one in channels), *threads)


async def _yes() -> bool:
    return True


def _servers(client: Connection, workspace: str) -> Sequence[discord.Guild]:
    if not workspace.isdecimal():
        return client.guilds
    guild = client.get_guild(int(workspace))
    return [guild] if guild is not None else []


def _channels(guild: discord.Guild) -> Iterable[discord.abc.GuildChannel]:
    """What messages or threads stand in, without what is for adults only: nobody looks there from elsewhere."""
    return [
        one
        for one in guild.channels
        if not isinstance(one, discord.CategoryChannel) and not getattr(one, "nsfw", False)
    ]
