"""What we are not allowed in a place on Discord, and what does not work without it, from memory."""

from collections.abc import Iterator

import discord

from bot.messages import Lack, Place, PlaceKind, Standing

NO_CONTENT = Lack(
    "the message content intent is off",
    "I read only direct messages and what mentions me, also in my threads; whoever runs me can turn it on",
    blinds=True,
)
_VIEW = Lack("the permission View Channel is missing", "I hear and answer nothing here but commands", bars=True)
_SEND = Lack("the permission Send Messages is missing", "I can't post here", bars=True)
_SEND_IN_THREADS = Lack("the permission Send Messages in Threads is missing", "I can't post here", bars=True)
_NO_THREADS = "I answer in the channel itself"
_ATTACH = Lack("the permission Attach Files is missing", "I can't show pictures, nor long answers as a file")
_HISTORY = Lack(
    "the permission Read Message History is missing",
    "I don't know what was said before I was called, nor what was asked while I was away",
    blinds=True,
)


def standing(client: discord.Client | None, place: Place, *, message_content: bool) -> Standing:
    """How we stand there, as far as discord.py knows."""
    intent = () if message_content else (NO_CONTENT,)
    channel = client.get_channel(int(place.channel)) if client is not None else None
    where = f"<#{place.thread or place.channel}>"
    if place.kind is PlaceKind.DM or not isinstance(channel, discord.abc.GuildChannel):
        return Standing(where, intent)
    rights, me = channel.permissions_for(channel.guild.me), channel.guild.me
    if me.is_timed_out():
        until = discord.utils.format_dt(me.timed_out_until) if me.timed_out_until is not None else "later"
        silent = Lack(f"I am timed out in this server until {until}", "I can't post here", bars=True)
        return Standing(where, (silent, *intent))
    return Standing(where, (*_missing(rights, in_thread=place.thread is not None), *intent))


def _missing(rights: discord.Permissions, *, in_thread: bool) -> Iterator[Lack]:
    """What is missing of what we use; without the right to write here, of the rest only what still matters."""
    if not rights.view_channel:
        yield _VIEW
        return
    writes = rights.send_messages_in_threads if in_thread else rights.send_messages
    if not writes:
        yield _SEND_IN_THREADS if in_thread else _SEND
    if not in_thread and not rights.create_public_threads:
        yield Lack("the permission Create Public Threads is missing", _NO_THREADS)
    if not in_thread and not rights.send_messages_in_threads:
        yield Lack("the permission Send Messages in Threads is missing", _NO_THREADS)
    if writes and not rights.attach_files:
        yield _ATTACH
    if not rights.read_message_history:
        yield _HISTORY
