"""discord.py at work: it connects, listens and knows servers, channels and rights. It sends nothing of ours.

Everything of the library that is not offered for use stands in this file.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Protocol

import discord
import structlog
import yarl
from discord import gateway, http

log = structlog.get_logger(__name__)


class Listener(Protocol):
    """What is told of what happens."""

    async def said(self, message: discord.Message) -> None:
        """Somebody wrote."""

    async def edited(self, message: discord.Message) -> None:
        """A message reads differently now; perhaps only its previews do."""

    async def removed(self, guild: int | None, channel: int, messages: "set[int]") -> None:
        """Messages were taken away."""

    async def acted(self, interaction: "discord.Interaction[Any]") -> None:
        """A command, a button, a menu, a form, or something being typed into one."""

    async def joined(self, guild: discord.Guild) -> None:
        """We were added to a server."""

    def hears(self, listens: bool, *, afresh: bool = False) -> None:
        """Whether events reach us now. `afresh`: what happened since they last did is not told again."""


def point_at(base_url: str, gateway_url: str) -> None:
    """Let discord.py take another address for Discord's, before anything is asked."""
    http.Route.BASE = base_url.rstrip("/")
    gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)


class Connection(discord.Client):
    """One connection, over all its reconnects. Nothing is cached that is not needed to know places and rights.

    `settle` is how many seconds without a further server mean that all have been told at the start; `polite` is
    how many pass before it identifies anew, which Discord wants.
    """

    def __init__(
        self, listener: Listener, *, message_content: bool, settle: float = 1.0, polite: float = 5.0
    ) -> None:
        intents = discord.Intents.none()
        intents.guilds = intents.guild_messages = intents.dm_messages = True
        intents.message_content = message_content
        super().__init__(
            intents=intents,
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            guild_ready_timeout=settle,
            allowed_mentions=discord.AllowedMentions.none(),
        )
        self._listener = listener
        self._polite = polite
        self._connection.parsers["MESSAGE_UPDATE"] = self._unless_ours(self._connection.parsers["MESSAGE_UPDATE"])

    def silent_for(self) -> float | None:
        """Seconds since anything came over the connection; None while there is none."""
        keep_alive = self.ws._keep_alive if self.ws is not None else None
        return time.perf_counter() - keep_alive._last_recv if keep_alive is not None else None

    def _unless_ours(self, parse: Callable[[Any], None]) -> Callable[[Any], None]:
        """Whatever tells of edits, but for those of our own: an answer that grows is one after the other."""

        def told(data: Any) -> None:
            author = data.get("author") or {}
            if self.user is None or str(author.get("id")) != str(self.user.id):
                parse(data)

        return told

    def message_from(self, data: Any, channel: int, guild: int | None) -> discord.Message:
        """A message that a call of ours was answered with."""
        known = self.get_channel(channel)
        where: Any = known or self.get_partial_messageable(channel, guild_id=guild)
        return discord.Message(state=self._connection, channel=where, data=data)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Wait as long as Discord wants us to, but not at the start."""
        if not initial:
            await asyncio.sleep(self._polite)

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """What broke is logged, and not the event with people's words in it."""
        log.exception("event broke", event_method=event_method)

    async def on_ready(self) -> None:
        """A new session: what happened before it is not told."""
        self._listener.hears(True, afresh=True)

    async def on_resumed(self) -> None:
        """The old session goes on: what happened meanwhile was told."""
        self._listener.hears(True)

    async def on_disconnect(self) -> None:
        """The connection is gone; the library makes another."""
        self._listener.hears(False)

    async def on_message(self, message: discord.Message) -> None:
        """Somebody wrote, we ourselves perhaps."""
        await self._listener.said(message)

    async def on_raw_message_edit(self, event: discord.RawMessageUpdateEvent) -> None:
        """A message changed."""
        await self._listener.edited(event.message)

    async def on_raw_message_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        """A message was deleted."""
        await self._listener.removed(event.guild_id, event.channel_id, {event.message_id})

    async def on_raw_bulk_message_delete(self, event: discord.RawBulkMessageDeleteEvent) -> None:
        """Several were deleted at once."""
        await self._listener.removed(event.guild_id, event.channel_id, set(event.message_ids))

    async def on_interaction(self, interaction: "discord.Interaction[Any]") -> None:
        """Somebody pressed, chose or typed something that is ours."""
        await self._listener.acted(interaction)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """We were added to a server."""
        await self._listener.joined(guild)
