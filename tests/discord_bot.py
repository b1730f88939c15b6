"""The Discord adapter over a local Discord, with an intake that does as it is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.outbound import without_status
from bot.messages import Inbound, Place
from tests.discord_town.people import Person
from tests.discord_town.state import TOKEN
from tests.discord_town.town import DiscordTown, discord_town
from tests.discord_town.world import Channel, Guild
from tests.web_page import ScriptedIntake


class WatchedIntake(ScriptedIntake):
    """Counts what it was offered, taken or not."""

    def __init__(self) -> None:
        super().__init__()
        self.offered = 0

    async def accept(self, inbound: Inbound) -> None:
        try:
            await super().accept(inbound)
        finally:
            self.offered += 1
            async with self.news:
                self.news.notify_all()


@dataclass
class Bot:
    """Everything a test holds: the town, two people in it, a channel, the adapter and what it handed over."""

    town: DiscordTown
    guild: Guild
    general: Channel
    ada: Person
    grace: Person
    adapter: DiscordAdapter
    intake: WatchedIntake = field(default_factory=WatchedIntake)

    async def offered(self, how_many: int) -> None:
        """Wait until so many events were offered to the intake."""
        async with asyncio.timeout(10), self.intake.news:
            await self.intake.news.wait_for(lambda: self.intake.offered >= how_many)

    async def heard(self, how_many: int = 1) -> Inbound:
        """Wait until so many events were taken in; the last."""
        async with asyncio.timeout(10), self.intake.news:
            await self.intake.news.wait_for(lambda: len(self.intake.heard) >= how_many)
        return self.intake.heard[how_many - 1]

    async def quiet(self) -> None:
        """Wait until whatever was told before now was heard: what is told last comes last."""
        before = self.intake.offered
        self.ada.says(self.ada.dm, "still there?")
        await self.offered(before + 1)

    def channel_of(self, place: Place) -> Channel:
        """The channel of a place."""
        return self.town.state.channels[int(place.thread or place.channel)]

    def texts(self, channel: Channel) -> list[str]:
        """What people read there, without the line under our texts."""
        return [without_status(one.text) if one.author is self.town.me else one.text for one in channel.in_order()]


def adapter_for(town: DiscordTown, **options: Any) -> DiscordAdapter:
    """An adapter that need not be polite."""
    return DiscordAdapter(TOKEN, town.clock, base_url=town.base_url, settle=0.02, polite=0.0, **options)


@asynccontextmanager
async def discord_bot(town: DiscordTown | None = None, **options: Any) -> AsyncIterator[Bot]:
    """A bot that listens in a new town, or in one that is there."""
    if town is None:
        async with discord_town() as fresh, discord_bot(fresh, **options) as bot:
            yield bot
        return
    guild = town.guild()
    general = town.channel(guild, "general")
    bot = Bot(
        town,
        guild,
        general,
        town.person("Ada", guild),
        town.person("Grace", guild),
        adapter_for(town, **options),
    )
    ready = asyncio.Event()
    bot.adapter.when_missed(ready.set)
    await bot.adapter.start(bot.intake)
    try:
        async with asyncio.timeout(10):
            await ready.wait()
        yield bot
    finally:
        await bot.adapter.stop()
