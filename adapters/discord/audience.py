"""How far a place on Discord reaches, worked out from what discord.py knows of channels and their overwrites.

Two channels whose overwrites say the same about reading have the same readers, whoever has which role.
"""

import hashlib

import discord

from adapters.discord.connection import Connection
from adapters.discord.errors import not_found
from adapters.discord.inbound import PLATFORM
from adapters.discord.readers import Readers
from bot.messages import Audience, Place, PlaceKind, Reach

READING = discord.Permissions(view_channel=True, read_message_history=True)
"""What it takes to read what was said."""


async def audience_of(client: Connection, readers: Readers, place: Place) -> Audience:
    """Who can read this place. Raises Refusal where Discord does not tell."""
    if place.kind is PlaceKind.DM or not place.workspace.isdecimal():
        return await _alone(readers, place)
    guild = client.get_guild(int(place.workspace))
    channel = guild.get_channel(int(place.channel)) if guild is not None else None
    if guild is None or channel is None:
        raise not_found("no such channel")
    whole = channel_audience(guild, channel)
    if place.thread is None or not await readers.is_private(client, place):
        return whole
    circle = f"{place.workspace_key}:{place.thread}"
    return Audience(
        place.workspace_key, Reach.MEMBERS, circle, frozenset({circle, *whole.within}), whole.outsiders
    )


def channel_audience(guild: discord.Guild, channel: discord.abc.GuildChannel) -> Audience:
    """Who can read a channel, and the threads in it that are open to its readers."""
    workspace = Place(PLATFORM, str(guild.id), str(channel.id)).workspace_key
    voice = isinstance(channel, discord.VoiceChannel | discord.StageChannel)
    circle = f"{workspace}:{channel.id}" if voice else f"{workspace}:{_rules(channel)}"
    reach = Reach.WORKSPACE if not voice and is_public(guild, channel) else Reach.MEMBERS
    # Somebody can be invited into a voice channel alone, as a guest who sees nothing else.
    return Audience(workspace, reach, circle, frozenset({circle}), outsiders=voice)


def is_public(guild: discord.Guild, channel: discord.abc.GuildChannel) -> bool:
    """Whether every member can read it: everyone may, it is taken from nobody, and it is not for adults only."""
    if getattr(channel, "nsfw", False):
        return False
    rights = guild.default_role.permissions.value
    for target, overwrite in channel.overwrites.items():
        allowed, denied = overwrite.pair()
        if target.id == guild.id:
            rights = (rights & ~denied.value) | allowed.value
        elif denied.value & READING.value:
            return False
    return rights & READING.value == READING.value


def _rules(channel: discord.abc.GuildChannel) -> str:
    """What the channel says about who may read, in short."""
    pairs = {target.id: overwrite.pair() for target, overwrite in channel.overwrites.items()}
    masked = {one: (a.value & READING.value, d.value & READING.value) for one, (a, d) in pairs.items()}
    said = sorted((one, *rule) for one, rule in masked.items() if any(rule))
    grown_up = bool(getattr(channel, "nsfw", False))
    return hashlib.sha256(repr((grown_up, said)).encode()).hexdigest()[:16]


async def _alone(readers: Readers, place: Place) -> Audience:
    """A direct message: with one person, or we don't know with whom."""
    recipient = await readers.recipient(place)
    if recipient is None:
        raise not_found("nobody is there")
    return Audience(place.workspace_key, Reach.ALONE, place.key, frozenset({place.key}), alone_with=recipient)
