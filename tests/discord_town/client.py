"""Unmodified discord.py, pointed at a town."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import discord
import yarl
from discord import gateway, http

from tests.discord_town.state import TOKEN
from tests.discord_town.town import DiscordTown
from tests.discord_town.world import Channel

INTENTS = discord.Intents(guilds=True, guild_messages=True, dm_messages=True, message_content=True)


@contextmanager
def pointed_at(town: DiscordTown) -> Iterator[None]:
    """While it lasts, discord.py takes the town for Discord."""
    kept = http.Route.BASE, gateway.DiscordWebSocket.DEFAULT_GATEWAY
    http.Route.BASE = town.base_url
    gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(town.gateway_url)
    try:
        yield
    finally:
        http.Route.BASE, gateway.DiscordWebSocket.DEFAULT_GATEWAY = kept


class Recorder(discord.Client):
    """A client that keeps what it is told."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            chunk_guilds_at_startup=False,
            guild_ready_timeout=0.02,
            allowed_mentions=discord.AllowedMentions.none(),
            **options,
        )
        self.heard: list[tuple[str, Any]] = []
        self.told = asyncio.Condition()

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        """Note an event and let it run its course."""
        self.heard.append((event, args[0] if args else None))
        asyncio.ensure_future(self._tell())  # noqa: RUF006 - it ends at once
        super().dispatch(event, *args, **kwargs)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Identify at once: there is nobody here to be polite to."""

    async def _tell(self) -> None:
        async with self.told:
            self.told.notify_all()

    def events(self, name: str) -> list[Any]:
        """What came with each event of this name."""
        return [about for event, about in self.heard if event == name]

    async def hear(self, name: str, how_many: int = 1, seconds: float = 30.0) -> Any:
        """Wait until an event has come so often; what came with the last."""
        async with asyncio.timeout(seconds), self.told:
            await self.told.wait_for(lambda: len(self.events(name)) >= how_many)
        return self.events(name)[-1]


def place(client: discord.Client, channel: Channel) -> discord.TextChannel:
    """A text channel as the client knows it."""
    found = client.get_channel(channel.id)
    assert isinstance(found, discord.TextChannel)
    return found


@asynccontextmanager
async def connected(town: DiscordTown, **options: Any) -> AsyncIterator[Recorder]:
    """A client that is ready; it is closed at the end."""
    options.setdefault("intents", INTENTS)
    with pointed_at(town):
        client = Recorder(**options)
        running = asyncio.ensure_future(client.start(TOKEN))
        ready = asyncio.ensure_future(client.hear("ready"))
        try:
            await asyncio.wait((running, ready), return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                ready.cancel()
                await running
            yield client
        finally:
            await client.close()
            await asyncio.gather(running, ready, return_exceptions=True)
