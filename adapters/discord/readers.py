"""Who can read a channel at this moment, asked of Discord: its members' roles are told to no bot by themselves."""

from typing import Any

import discord

from adapters.discord.connection import Connection
from adapters.discord.errors import Refusal
from adapters.discord.rest import Rest
from bot.messages import FailureKind, Person, Place


class Readers:
    """Works out a person's rights from their roles and the channel's overwrites, as Discord does."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    async def can_read(self, client: Connection, person: Person, place: Place) -> bool:
        """Whether this person sees this channel or thread. Raises Refusal where Discord does not tell."""
        if not person.id.isdecimal() or not place.workspace.isdecimal():
            return False
        guild = client.get_guild(int(place.workspace))
        channel = guild.get_channel(int(place.channel)) if guild is not None else None
        if guild is None or channel is None:
            return False
        member = await self._told(f"/guilds/{guild.id}/members/{person.id}", str(guild.id))
        if member is None:
            return False
        rights = rights_of(guild, channel, int(person.id), {int(role) for role in member["roles"]})
        if place.thread is None or not rights.view_channel or rights.manage_threads:
            return rights.view_channel
        return not await self._is_private(client, place) or await self._is_in_thread(person, place)

    async def _is_private(self, client: Connection, place: Place) -> bool:
        known = client.get_channel(int(place.thread or 0))
        if isinstance(known, discord.Thread):
            return known.is_private()
        told = await self._told(f"/channels/{place.thread}", str(place.thread))
        return told is None or told.get("type") == discord.ChannelType.private_thread.value

    async def _is_in_thread(self, person: Person, place: Place) -> bool:
        path = f"/channels/{place.thread}/thread-members/{person.id}"
        return await self._told(path, str(place.thread)) is not None

    async def _told(self, path: str, channel: str) -> Any:
        """What Discord answers; None where there is no such thing, or it is none of ours."""
        try:
            return await self._rest.patiently("GET", path, kind="reader", channel=channel)
        except Refusal as refused:
            if refused.failure.kind in (FailureKind.NOT_FOUND, FailureKind.FORBIDDEN):
                return None
            raise


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
