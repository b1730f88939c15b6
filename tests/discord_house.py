"""The whole core over a local Discord: real store, real gateway client, a model the test speaks for."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from pydantic import SecretStr

from adapters.discord.adapter import DiscordAdapter
from bot.access import Access
from bot.app.core import Core, core, desk_for, intake_for
from bot.app.platforms import offer_commands
from bot.catchup import CatchUp
from bot.conversation.desk import Desk
from bot.intake import Intake
from bot.recording.room import RecordingRoom
from bot.settings import Settings
from tests.databases import new_database
from tests.discord_bot import adapter_for
from tests.discord_town.people import Person
from tests.discord_town.town import DiscordTown, discord_town
from tests.discord_town.world import Channel, Guild, Message, controls_of
from tests.house import Answering
from tests.wire.raw_server import Exchange, raw_server

LONG_ID = "acme/" + "long-" * 24 + "1"
CATALOGUE = orjson.dumps(
    {
        "object": "list",
        "data": [{"id": one, "object": "model", "type": "language"} for one in ("acme/alpha-2", LONG_ID)],
    }
)


@dataclass
class DiscordHouse:
    """Everything, and the two ends a test holds: the town and the model."""

    town: DiscordTown
    guild: Guild
    general: Channel
    ada: Person
    grace: Person
    adapter: DiscordAdapter
    parts: Core
    desk: Desk
    intake: Intake
    recording: RecordingRoom
    asked: "asyncio.Queue[Answering]" = field(default_factory=asyncio.Queue)

    async def request(self) -> Answering:
        """The next request to the model."""
        async with asyncio.timeout(10):
            return await self.asked.get()

    async def answer(self, *words: str) -> Answering:
        """Answer the next request whole."""
        answering = await self.request()
        await answering.finish(*words)
        return answering

    async def rest(self) -> None:
        """Wait until nothing is at work."""
        async with asyncio.timeout(10):
            while self.desk.running or self.desk.waiting:  # noqa: ASYNC110 - the desk has no bell
                await asyncio.sleep(0.005)

    async def thread_of(self, question: Message) -> Channel:
        """The thread on a question, as soon as there is one."""
        await self.town.until(lambda: question.thread is not None)
        assert question.thread is not None
        return question.thread

    def ours(self, channel: Channel) -> list[Message]:
        """What the bot wrote there."""
        return [one for one in channel.by(self.town.me) if one.private_to is None]

    async def says(self, channel: Channel, *texts: str) -> list[Message]:
        """Wait until these are the texts of the bot's messages there; the messages."""
        await self.town.until(lambda: [one.text for one in self.ours(channel)] == list(texts))
        return self.ours(channel)

    async def quiet(self) -> None:
        """Wait until whatever happened before was heard: what is said last is answered last."""
        other = self.town.person("Somebody", self.guild)
        asked = other.says(other.dm, "still there?")
        await self.answer("yes")
        await self.says(asked.channel, "yes")


def labels(message: Message) -> list[str]:
    """What can be pressed under a message."""
    return [str(one.get("label")) for one in controls_of(message.components)]


@asynccontextmanager
async def discord_house(
    directory: Path,
    town: DiscordTown | None = None,
    *,
    reply_in: str = "thread",
    orderly: bool = True,
    workspaces: Sequence[str] = (),
    records: bool = False,
    **settings: Any,
) -> AsyncIterator[DiscordHouse]:
    """Open the house over `directory`; the same directory and town again is the same bot, restarted.

    With `orderly` False it ends as a killed process does: nothing more is written, nothing is handed over.
    """
    asked: asyncio.Queue[Answering] = asyncio.Queue()

    async def hear(exchange: Exchange) -> None:
        if not exchange.path.endswith("/chat/completions"):
            await exchange.reply(200, CATALOGUE)
            return
        answering = Answering(exchange)
        asked.put_nowait(answering)
        await answering.ended.wait()

    async with AsyncExitStack() as stack:
        if town is None:
            town = await stack.enter_async_context(discord_town())
        model = await stack.enter_async_context(raw_server(hear))
        chosen = Settings(
            _env_file=None,
            ai_gateway_api_key=SecretStr("key"),
            ai_gateway_base_url=model.base_url,
            default_model="acme/alpha-2",
            data_dir=directory,
            budget_per_day=None,
            budget_per_person_per_day=None,
            **settings,
        )
        before = asyncio.all_tasks()
        parts = await stack.enter_async_context(core(chosen, directory, new_database(directory / "house.db")))
        adapter = adapter_for(town, reply_in=reply_in)
        desk = desk_for(parts, [adapter])
        access = Access((), workspaces)
        recording = RecordingRoom(
            parts.store, {adapter.platform: adapter}, town.clock, access.serves, 90, pause=0.0
        )
        intake = intake_for(parts, desk, [adapter], access, lambda: None, recording if records else None)
        built = DiscordHouse(town, *_people(town), adapter, parts, desk, intake, recording, asked)
        catching_up = CatchUp("discord", adapter, intake, parts.store, town.clock, pause=0.05)
        await parts.gateway.refresh()
        await desk.recover()
        await recording.recover()
        await adapter.start(intake)
        await intake.recover()
        offering = asyncio.create_task(offer_commands(adapter))
        work = [catching_up.run(), *([recording.run()] if records else [])]
        beside = [offering, *(asyncio.create_task(one) for one in work)]
        async with asyncio.timeout(30):
            while not adapter.listening():  # noqa: ASYNC110 - it tells the one who catches up
                await asyncio.sleep(0.002)
            await asyncio.shield(offering)
        try:
            yield built
        finally:
            for task in beside:
                task.cancel()
            if orderly:
                await desk.close(0)
            else:
                await _die(before)
            await adapter.stop()
            await intake.close()


def _people(town: DiscordTown) -> tuple[Guild, Channel, Person, Person]:
    """The same people in the same guild, however often the house is opened over a town."""
    guild = next(iter(town.state.guilds.values()), None)
    if guild is not None:
        named = {one.name: Person(town.state, one) for one in town.state.users.values()}
        return guild, next(iter(guild.channels.values())), named["Ada"], named["Grace"]
    guild = town.guild()
    return guild, town.channel(guild, "general"), town.person("Ada", guild), town.person("Grace", guild)


async def _die(spared: set[asyncio.Task[Any]]) -> None:
    """End everything at work where it stands, as a kill would."""
    working = asyncio.all_tasks() - spared
    for task in working:
        task.cancel()
    await asyncio.gather(*working, return_exceptions=True)
