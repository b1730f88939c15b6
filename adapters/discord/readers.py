"""Who can read a channel at this moment, asked of Discord: its members' roles are told to no bot by themselves."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import discord

from adapters.discord.connection import Connection
from adapters.discord.errors import Refusal
from adapters.discord.rest import Rest
from bot.messages import FailureKind, Person, Place, PlaceKind, is_called

_MOST_KNOWN = 2_000
_MOST_NAMED = 20


class Readers:
    """Works out a person's rights from their roles and the channel's overwrites, as Discord does."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest
        self._asked: dict[str, asyncio.Task[Any]] = {}
        self._recipients: OrderedDict[str, str] = OrderedDict()  # who is in a direct message never changes

    async def can_read(self, client: Connection, person: Person, place: Place) -> bool:
        """Whether this person can read what was said there. Raises Refusal where Discord does not tell."""
        if not person.id.isdecimal():
            return False
        if place.kind is PlaceKind.DM:
            return await self.recipient(place) == person.id
        if not place.workspace.isdecimal():
            return False
        guild = client.get_guild(int(place.workspace))
        channel = guild.get_channel(int(place.channel)) if guild is not None else None
        if guild is None or channel is None:
            return False
        roles = await self.roles(guild, person)
        if roles is None:
            return False
        rights = rights_of(guild, channel, int(person.id), roles)
        if not reads(channel, rights):
            return False
        if place.thread is None or rights.manage_threads:
            return True
        return not await self.is_private(client, place) or await self.is_in_thread(person, place)

    async def roles(self, guild: discord.Guild, person: Person) -> set[int] | None:
        """The roles of a member; None for who is none. Raises Refusal where Discord does not tell."""
        member = await self._told(f"/guilds/{guild.id}/members/{person.id}", str(guild.id))
        return None if member is None else {int(role) for role in member["roles"]}

    async def called(self, guild: discord.Guild, name: str) -> Sequence[Person]:
        """The members with this name, by the one that people see there. Raises Refusal."""
        asked = {"query": name[:32], "limit": str(_MOST_NAMED)}
        path = f"/guilds/{guild.id}/members/search"
        told = await self._rest.patiently("GET", path, kind="names", channel=str(guild.id), query=asked)
        named = [Person(str(one["user"]["id"]), _name(one)) for one in told or ()]
        return [one for one in named if is_called(one.name, name)]

    async def is_private(self, client: Connection, place: Place) -> bool:
        """Whether a thread has readers of its own. One that is not found counts as if it had."""
        known = client.get_channel(int(place.thread or 0))
        if isinstance(known, discord.Thread):
            return known.is_private()
        told = await self._told(f"/channels/{place.thread}", str(place.thread))
        return told is None or told.get("type") == discord.ChannelType.private_thread.value

    async def is_in_thread(self, person: Person, place: Place) -> bool:
        """Whether somebody was let into a thread."""
        path = f"/channels/{place.thread}/thread-members/{person.id}"
        return await self._told(path, str(place.thread)) is not None

    async def recipient(self, place: Place) -> str | None:
        """The id of the one person a direct message is with; None where it is not with one."""
        if place.channel not in self._recipients:
            told = await self._told(f"/channels/{place.channel}", place.channel)
            people = [str(one["id"]) for one in (told or {}).get("recipients") or ()]
            if told is None or told.get("type") != discord.ChannelType.private.value or len(people) != 1:
                return None
            self._recipients[place.channel] = people[0]
            if len(self._recipients) > _MOST_KNOWN:
                self._recipients.popitem(last=False)
        return self._recipients[place.channel]

    async def _told(self, path: str, channel: str) -> Any:
        """What Discord answers now, one question for all who ask it meanwhile; None where there is no such
        thing, or it is none of ours."""
        asking = self._asked.get(path)
        if asking is None:
            asking = self._asked[path] = asyncio.create_task(self._ask(path, channel))
            asking.add_done_callback(lambda _: self._asked.pop(path, None))
        return await asyncio.shield(asking)

    async def _ask(self, path: str, channel: str) -> Any:
        try:
            return await self._rest.patiently("GET", path, kind="reader", channel=channel)
        except Refusal as refused:
            if refused.failure.kind in (FailureKind.NOT_FOUND, FailureKind.FORBIDDEN):
                return None
            raise


def _name(member: Any) -> str:
    user = member["user"]
    return str(member.get("nick") or user.get("global_name") or user["username"])


def reads(channel: discord.abc.GuildChannel, rights: discord.Permissions) -> bool:
    """Whether somebody with these rights can open a channel and what was said in it before."""
    voice = isinstance(channel, discord.VoiceChannel | discord.StageChannel)
    return rights.view_channel and rights.read_message_history and (rights.connect or not voice)


def rights_of(
    guild: discord.Guild, channel: discord.abc.GuildChannel, member: int, roles: set[int]
) -> discord.Permissions:
    """A member's rights in a channel: their roles', then what the channel takes away and gives."""
    if member == guild.owner_id:
        return discord.Permissions.all()
    mine = [role for role in guild.roles if role.id in roles or role.is_default()]
    rights = 0
    for role in mine:
        rights |= role.permissions.value
    if discord.Permissions(rights).administrator:
        return discord.Permissions.all()
    overwrites = {target.id: overwrite.pair() for target, overwrite in channel.overwrites.items()}
    steps = [[guild.id], [role.id for role in mine if not role.is_default()], [member]]
    for step in steps:
        pairs = [overwrites[one] for one in step if one in overwrites]
        for _, denied in pairs:
            rights &= ~denied.value
        for allowed, _ in pairs:
            rights |= allowed.value
    return discord.Permissions(rights)
