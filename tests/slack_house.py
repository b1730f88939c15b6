"""The whole core on a local Slack: real store and gateway client, slack-bolt as it is, a model tests speak for."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.slack.adapter import SlackAdapter
from bot.catchup import CatchUp
from bot.commands import COMMANDS
from bot.commands.base import Command
from bot.http import listen
from tests.house import Answering, House, house
from tests.slack_stage import read, slack_adapter
from tests.slack_town.person import Person
from tests.slack_town.town import Town, slack_town
from tests.slack_town.values import Channel, Message


@dataclass
class SlackHouse:
    """The town and the house in it."""

    town: Town
    adapter: SlackAdapter
    house: House
    address: str

    async def answer(self, *words: str) -> Answering:
        """Answer the next request to the model whole."""
        return await self.house.answer(*words)

    def ours(self, place: Channel, root: Message | str | None = None) -> list[Message]:
        """What we said in a channel or thread, as it is there now."""
        thread = root.root if isinstance(root, Message) else root
        return [one for one in place.visible(thread) if one.bot and not one.files]

    async def said(self, place: Channel, root: Message, n: int = 1) -> list[Message]:
        """Wait until so many messages of ours in the thread are whole; all of them."""

        await self.town.until(lambda: len(self.ours(place, root)) >= n)
        await self.house.rest()
        return self.ours(place, root)

    async def seen(self, place: Channel, root: Message) -> list[Message]:
        """Wait until anything of ours is in the thread; all of it."""
        await self.town.until(lambda: self.ours(place, root))
        return self.ours(place, root)

    async def whispered(self, person: Person, n: int = 1) -> list[Message]:
        """Wait until so much was shown to somebody alone."""
        await self.town.until(lambda: len(person.whispers) >= n)
        return person.whispers

    async def rest(self) -> None:
        """Wait until nothing is at work and the town has told everything."""
        await self.house.rest()
        await self.town.settled()


@asynccontextmanager
async def slack_house(
    directory: Path,
    town: Town | None = None,
    *,
    http: bool = False,
    orderly: bool = True,
    commands: Sequence[Command] = COMMANDS,
    admins: Sequence[str] = (),
    records: bool = False,
) -> AsyncIterator[SlackHouse]:
    """Open the house in a town of its own, or in one that was there before."""
    if town is None:
        async with (
            slack_town() as fresh,
            slack_house(
                directory, fresh, http=http, orderly=orderly, commands=commands, admins=admins, records=records
            ) as opened,
        ):
            yield opened
        return
    adapter = slack_adapter(town, [one.spec for one in commands], http=http)
    async with house(
        directory,
        commands=commands,
        admins=admins,
        orderly=orderly,
        beside=[adapter],
        clock=town.clock.now,
        records=records,
    ) as built:
        port = await listen("127.0.0.1", 0, adapter.routes())
        address = f"http://127.0.0.1:{port.port}"
        catch_up = CatchUp("slack", adapter, built.intake, built.store, town.clock.now, pause=0.05)
        catching_up = asyncio.create_task(catch_up.run())
        try:
            if http:
                town.send_events_to(f"{address}/slack/events")
            await adapter.connected()
            yield SlackHouse(town, adapter, built, address)
        finally:
            catching_up.cancel()
            await port.close()


__all__ = ["SlackHouse", "read", "slack_house"]
