"""The whole core in one process: real store, real gateway client, a model the test speaks for, a town."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import orjson

from bot.access import Access
from bot.commands import COMMANDS
from bot.commands.base import Command, CommandPorts
from bot.commands.channels import ReadableChannels
from bot.commands.dispatch import Commands
from bot.commands.recent import RecentModels
from bot.conversation.choices import routing_of
from bot.conversation.desk import Desk
from bot.conversation.ports import Limits, Ports
from bot.conversation.postlog import StorePostLog
from bot.conversation.pseudonyms import Pseudonyms
from bot.delivery.pump import Pump
from bot.gateway.client import OpenAIGateway
from bot.gateway.exchange import Timeouts
from bot.intake import Intake
from bot.ledger.gateway import PaidGateway
from bot.ledger.ledger import Ledger
from bot.media.reader import WorkerReader
from bot.messages import Credits, SpendingLimits
from bot.ports import About, Adapter
from bot.recording.room import RecordingRoom
from bot.reminders.bell import Bell
from bot.reminders.book import ReminderBook
from bot.store.engine import Store, open_store
from bot.store.files import Files
from bot.store.intents.rows import last_turn
from bot.summaries.summariser import Summaries
from bot.tools import TOOLS
from bot.tools.base import Tool
from tests import gateway_streams as streams
from tests.databases import new_database
from tests.town import PlainTownAdapter, Town, TownAdapter
from tests.wire.raw_server import EVENT_STREAM, Exchange, RawServer, event, raw_server


class Answering:
    """One request to the model, answered step by step by the test."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.ended = asyncio.Event()
        self._begun = False

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The prompt."""
        found: list[dict[str, Any]] = self.exchange.json["messages"]
        return found

    @property
    def prompt(self) -> str:
        """All the text of the prompt."""
        return "\n".join(map(_words, self.messages))

    @property
    def question(self) -> str:
        """The text of the last question: the message before the context."""
        return _words(self.messages[-2])

    async def say(self, *words: str) -> None:
        """Write more of the answer."""
        if not self._begun:
            self._begun = True
            await self.exchange.send(EVENT_STREAM)
            await self.exchange.chunk(streams.role())
        for word in words:
            await self.exchange.chunk(streams.text(word))

    async def finish(self, *words: str, reason: str = "stop", cost: object = 0.00042) -> None:
        """End the answer."""
        await self.say(*words)
        await self.exchange.chunk(streams.final(reason, usage=streams.usage(cost)) + streams.DONE)
        await self.exchange.end()
        self.ended.set()

    async def draw(self, *pictures: bytes) -> None:
        """Send pictures as a part of the answer."""
        await self.say()
        await self.exchange.chunk(streams.images(*pictures))

    async def paint(self, picture: bytes) -> None:
        """Answer a request for a picture with it."""
        data = [{"b64_json": base64.b64encode(picture).decode()}]
        await self.exchange.reply(200, orjson.dumps({"data": data}))
        self.ended.set()

    async def call(self, *calls: tuple[str, str, str]) -> None:
        """Ask for tools: id, name, arguments."""
        await self.say()
        for index, (call_id, name, arguments) in enumerate(calls):
            function = {"name": name, "arguments": arguments}
            fragment = {"index": index, "id": call_id, "type": "function", "function": function}
            await self.exchange.chunk(event(streams.chunk({"tool_calls": [fragment]})))
        await self.finish(reason="tool_calls")

    async def refuse(self, status: int, kind: str, message: str, **headers: str) -> None:
        """Answer with an error."""
        await self.exchange.reply(status, orjson.dumps({"error": {"type": kind, "message": message}}), **headers)
        self.ended.set()

    async def send(self, *chunks: bytes) -> None:
        """These chunks, as they are, and the end."""
        await self.exchange.stream(*chunks)
        self.ended.set()

    @property
    def body(self) -> dict[str, Any]:
        """The request's JSON."""
        found: dict[str, Any] = self.exchange.json
        return found

    def drop(self) -> None:
        """Cut the connection."""
        self.exchange.drop()
        self.ended.set()


def _words(message: dict[str, Any]) -> str:
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)


@dataclass
class House:
    """Everything, and the two ends a test holds: the town and the model."""

    town: Town
    people: PlainTownAdapter
    store: Store
    files: Files
    desk: Desk
    intake: Intake
    gateway: OpenAIGateway
    server: RawServer
    recent: RecentModels
    asked: "asyncio.Queue[Answering]"
    bell: Bell
    ledger: Ledger
    summaries: Summaries
    recording: RecordingRoom

    async def request(self) -> Answering:
        """The next request to the model."""
        async with asyncio.timeout(10):
            return await self.asked.get()

    async def answer(self, *words: str) -> Answering:
        """Answer the next request whole."""
        answering = await self.request()
        await answering.finish(*words)
        return answering

    async def answered(self, how_many: int = 1) -> None:
        """Wait until so many answers are final, and nothing is at work."""
        await self.town.until(lambda town: sum(m.final for m in town.ours()) >= how_many)
        await self.rest()

    async def store_holds(self, state: str) -> None:
        """Wait until the newest turn is in this state."""
        async with asyncio.timeout(10):
            turn = await self.store.read(last_turn)
            while turn is None or turn.state.value != state:
                await asyncio.sleep(0.005)
                turn = await self.store.read(last_turn)

    async def rest(self) -> None:
        """Wait until nothing is at work."""
        async with asyncio.timeout(10):
            while self.desk.running or self.desk.waiting:  # noqa: ASYNC110 - the desk has no bell
                await asyncio.sleep(0.005)


@asynccontextmanager
async def house(
    directory: Path,
    town: Town | None = None,
    *,
    limits: Limits | None = None,
    tools: Sequence[Tool[Any]] = TOOLS,
    commands: Sequence[Command] = COMMANDS,
    catalogue: bytes = b"",
    admins: Sequence[str] = (),
    workspaces: Sequence[str] = (),
    fallbacks: tuple[str, ...] = (),
    routes: bool = True,
    adapter: type[PlainTownAdapter] = TownAdapter,
    orderly: bool = True,
    spending: SpendingLimits | None = None,
    cheaper: str | None = None,
    credit: Credits | None = None,
    clock: Callable[[], float] = time.time,
    beside: Sequence[Adapter] = (),
    most_reminders: int = 50,
    records: bool = False,
) -> AsyncIterator[House]:
    """Open the house over `directory`; the same directory again is the same memory. `beside` are more platforms.

    `routes` makes the model's endpoint an AI gateway. Only where it `records` can channels be recorded. With
    `orderly` False it ends as a killed process does: nothing more is written, nothing is handed over.
    """
    asked: asyncio.Queue[Answering] = asyncio.Queue()

    async def hear(exchange: Exchange) -> None:
        if exchange.method == "GET":
            await exchange.reply(200 if catalogue else 404, catalogue)
            return
        answering = Answering(exchange)
        asked.put_nowait(answering)
        await answering.ended.wait()

    town = town or Town()
    async with raw_server(hear) as server:
        store = await asyncio.to_thread(open_store, new_database(directory / "house.db"))
        people, gateway, reader = adapter(town), _gateway(server, routes=routes), WorkerReader()
        numbers = count(1)
        prefix = f"{Random().randrange(16**6):06x}"
        pump = Pump(StorePostLog(store), new_key=lambda: f"key-{prefix}-{next(numbers)}")
        files = Files(directory / "files")
        ledger = Ledger(
            store,
            spending or SpendingLimits(),
            gateway.model,
            clock=clock,
            new_id=lambda: f"{prefix}-{next(numbers)}",
            cheaper=cheaper,
        )
        reminders = ReminderBook(store, clock, lambda: f"{prefix}-{next(numbers)}", most=most_reminders)
        reminders = reminders.over({one.platform: one for one in (people, *beside)})
        paid = PaidGateway(gateway, ledger)
        summaries = Summaries(store, paid, clock)
        ports = Ports(
            store=store,
            files=files,
            gateway=paid,
            ledger=ledger,
            reader=reader,
            pump=pump,
            adapters={one.platform: one for one in (people, *beside)},
            tools=tools,
            clock=clock,
            new_id=lambda: f"{prefix}-{next(numbers)}",
            default_model="acme/alpha-2",
            pseudonyms=Pseudonyms("secret"),
            fallbacks=fallbacks,
            limits=limits or Limits(),
            reminders=reminders,
            summaries=summaries,
        )
        bell = Bell(store, pump, ports.adapters, clock, reminders.changed)
        desk = Desk(ports)
        recent = RecentModels(store, time.time)
        access = Access(admins, workspaces)
        recording = RecordingRoom(store, ports.adapters, clock, access.serves, 90, pause=0.0)
        intake = _intake(ports, desk, commands, access, recent, credit, reminders, recording if records else None)
        ends = (server, recent, asked, bell, ledger, summaries, recording)
        built = House(town, people, store, files, desk, intake, gateway, *ends)
        if catalogue:
            await gateway.refresh()
        before = asyncio.all_tasks()
        await desk.recover()
        if records:
            await recording.recover()
        for one in (people, *beside):
            await one.start(intake)
        await intake.recover()
        recorded = asyncio.create_task(recording.run() if records else asyncio.sleep(0))
        try:
            yield built
        finally:
            for one in (people, *beside):
                await one.stop()
            recorded.cancel()
            if orderly:
                await desk.close(0)
                await bell.close()
            else:
                await _die(before)
            await intake.close()
            await pump.close(0)
            await gateway.close()
            await reader.close()
            await store.close()


async def _die(spared: set[asyncio.Task[Any]]) -> None:
    """End everything at work where it stands, as a kill would."""
    working = asyncio.all_tasks() - spared
    for task in working:
        task.cancel()
    await asyncio.gather(*working, return_exceptions=True)


def _gateway(server: RawServer, *, routes: bool) -> OpenAIGateway:
    async def key() -> str:
        return "key"

    return OpenAIGateway(
        base_url=server.base_url,
        credential=key,
        clock=time.time,
        random=Random(1),
        timeouts=Timeouts(),
        routes=routes,
    )


def _summaries(ports: Ports) -> Summaries:
    assert ports.summaries is not None
    return ports.summaries


def _intake(
    ports: Ports,
    desk: Desk,
    commands: Sequence[Command],
    access: Access,
    recent: RecentModels,
    credit: Credits | None,
    reminders: ReminderBook,
    recording: RecordingRoom | None,
) -> Intake:
    about = About("0", False, "acme/alpha-2", endpoint="llm.example:8000")
    command_ports = CommandPorts(
        store=ports.store,
        files=ports.files,
        gateway=ports.gateway,
        desk=desk,
        clock=ports.clock,
        about=about,
        started_at=time.time(),
        may_press=access.may_press,
        may_set=access.may_set,
        recent=recent,
        ledger=ports.ledger,
        is_admin=access.is_admin,
        credits=lambda: credit,
        reminders=reminders,
        adapters=ports.adapters,
        summaries=_summaries(ports),
        routing=lambda chosen, asker: routing_of(chosen, ports.pseudonyms.of(asker)),
        channels=ReadableChannels(ports.clock),
        recording=recording,
    )
    return Intake(
        store=ports.store,
        files=ports.files,
        desk=desk,
        commands=Commands(commands, command_ports, access),
        access=access,
        adapters=ports.adapters,
        clock=ports.clock,
        new_id=ports.new_id,
        deleted=lambda: None,
        reminders=reminders,
        recording=recording,
    )
