"""The core in one process, for measurements: a platform and a model that take next to no time, the rest real."""

import asyncio
import contextlib
import gc
import logging
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import structlog

from bot.access import Access
from bot.commands import COMMANDS
from bot.commands.base import CommandPorts
from bot.commands.channels import ReadableChannels
from bot.commands.dispatch import Commands
from bot.commands.recent import RecentModels
from bot.conversation.choices import routing_of
from bot.conversation.desk import Desk
from bot.conversation.ports import Limits, Ports
from bot.conversation.postlog import StorePostLog
from bot.conversation.pseudonyms import Pseudonyms
from bot.delivery.pump import Pump
from bot.ids import Ids
from bot.intake import Intake
from bot.ledger.gateway import PaidGateway
from bot.ledger.ledger import Ledger
from bot.log import start_logging
from bot.media.reader import WorkerReader
from bot.messages import (
    NOBODY,
    Ability,
    Account,
    Attachment,
    Budget,
    Capabilities,
    ChatRequest,
    Completed,
    Delta,
    Embedded,
    Finish,
    Inbound,
    InboundKind,
    Model,
    ModelDetails,
    PastMessage,
    Person,
    PictureRequest,
    Place,
    PlaceKind,
    Purpose,
    Rendered,
    SpendingLimits,
    Started,
    TextDelta,
    TextPart,
    Usage,
)
from bot.ports import About, Structured
from bot.recording.room import RecordingRoom
from bot.reminders.book import ReminderBook
from bot.store.engine import Store, open_store
from bot.store.files import Files
from bot.summaries.summariser import Summaries
from bot.tools import TOOLS

MODEL = "acme/alpha"
PLACE_BUDGET = Budget(5, 5.0)

Answer: TypeAlias = Callable[[ChatRequest], AsyncGenerator[Delta, None]]


class QuietPlatform:
    """A platform that takes every call after `latency` seconds."""

    platform = "quiet"

    def __init__(self, budget: Budget, total: Budget | None, latency: float) -> None:
        self.capabilities = Capabilities(text_limit=2000, edits=budget, total=total, buttons=True)
        self.calls = 0
        self._latency = latency

    async def start(self, intake: object) -> None: ...

    async def stop(self) -> None: ...

    async def post(self, place: Place, rendered: Rendered, key: str) -> str:
        await self._take()
        return f"shown-{key}"

    async def edit(self, place: Place, message_id: str, rendered: Rendered) -> None:
        await self._take()

    async def delete(self, place: Place, message_id: str) -> None: ...

    async def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        yield b""

    def render(self, markdown: str) -> str:
        return markdown

    async def history(self, place: Place, before: str, limit: int) -> Sequence[PastMessage]:
        return ()

    async def _take(self) -> None:
        await asyncio.sleep(self._latency)
        self.calls += 1


class ReadyModel:
    """A model that answers by a function. `asked` tells when each question was put to it."""

    def __init__(self, answer: Answer) -> None:
        self.asked: dict[str, float] = {}
        self._answer = answer
        self._model = Model(MODEL, context_window=200_000, sees=True, reads_files=True, calls_tools=True)

    def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        self.asked.setdefault(question_in(request), time.perf_counter())
        return self._answer(request)

    def model(self, model_id: str) -> Model | None:
        return self._model

    def models(self) -> Sequence[Model]:
        return (self._model,)

    def search(
        self, typed: str, limit: int = 25, *, purpose: Purpose = Purpose.CHAT, recent: Sequence[str] = ()
    ) -> Sequence[Model]:
        return self.models()

    def draw(self, request: PictureRequest) -> AsyncGenerator[Delta, None]:
        raise NotImplementedError

    async def embed(
        self, texts: Sequence[str], model: str, dimensions: int | None = None, *, account: Account = NOBODY
    ) -> Embedded:
        raise NotImplementedError

    def learned(self, model_id: str, unable: Ability) -> None:
        raise NotImplementedError

    def whole(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        raise NotImplementedError

    async def complete(self, request: ChatRequest) -> Completed:
        raise NotImplementedError

    async def structured(self, request: ChatRequest, wanted: type[Any]) -> Structured[Any]:
        raise NotImplementedError

    @property
    def routes(self) -> bool:
        return True

    async def details(self, model_id: str) -> ModelDetails:
        return ModelDetails(self._model)


@dataclass(slots=True)
class Core:
    """Everything at work. Questions are told apart by their text."""

    platform: QuietPlatform
    model: ReadyModel
    store: Store
    desk: Desk
    intake: Intake
    recording: RecordingRoom

    async def seen(self, messages: int) -> None:
        """Wait until the platform took so many calls."""
        while self.platform.calls < messages:  # noqa: ASYNC110 - nor the platform
            await asyncio.sleep(0.005)

    async def rest(self, *, asked: int) -> None:
        """Wait until so many questions were put to the model, and nothing is at work."""
        while len(self.model.asked) < asked or self.desk.running:  # noqa: ASYNC110 - the desk has no bell
            await asyncio.sleep(0.005)


@asynccontextmanager
async def core(
    directory: Path,
    answer: Answer,
    *,
    budget: Budget = PLACE_BUDGET,
    total: Budget | None = None,
    latency: float = 0.0,
) -> AsyncIterator[Core]:
    """The core over this directory, its logs in a file there, as many turns at once as are asked for."""
    with _logs(directory / "log"), _no_garbage_in_what_is_there():
        store = await asyncio.to_thread(open_store, f"sqlite:///{directory / 'core.db'}")
        platform, model, reader = QuietPlatform(budget, total, latency), ReadyModel(answer), WorkerReader()
        new_id = Ids()
        files, pump = Files(directory / "files"), Pump(StorePostLog(store), new_key=new_id)
        limits = Limits(turns=1_000, turns_per_person=1_000)
        adapters = {platform.platform: platform}
        ledger = Ledger(store, SpendingLimits(), model.model, clock=time.time, new_id=new_id)
        metered = PaidGateway(model, ledger)
        ports = Ports(
            *(store, files, metered, ledger, reader, pump, adapters, TOOLS, time.time, new_id, MODEL),
            pseudonyms=Pseudonyms("secret"),
            limits=limits,
        )
        desk, access, reminders = Desk(ports), Access(()), ReminderBook(store, time.time, new_id)
        about = About("0", True, MODEL)
        recent = RecentModels(store, time.time)
        commands = CommandPorts(
            store=store,
            files=files,
            gateway=model,
            desk=desk,
            clock=time.time,
            about=about,
            started_at=time.time(),
            may_press=access.may_press,
            may_set=access.may_set,
            recent=recent,
            ledger=ledger,
            is_admin=access.is_admin,
            credits=lambda: None,
            reminders=reminders,
            adapters=adapters,
            summaries=Summaries(store, metered, time.time),
            routing=lambda chosen, asker: routing_of(chosen, ports.pseudonyms.of(asker)),
            channels=ReadableChannels(time.time),
        )
        table = Commands(COMMANDS, commands, access)
        recording = RecordingRoom(store, adapters, time.time, access.serves, 90)
        intake = Intake(
            store,
            files,
            desk,
            table,
            access,
            adapters,
            time.time,
            new_id,
            lambda: None,
            reminders,
            recording=recording,
        )
        try:
            yield Core(platform, model, store, desk, intake, recording)
        finally:
            await desk.close(0)
            await intake.close()
            await pump.close(0)
            await reader.close()
            await store.close()


def question(text: str, thread: str) -> Inbound:
    """Somebody asks in a thread; each thread has a person of its own."""
    return Inbound(
        key=f"message:{text}",
        kind=InboundKind.MESSAGE,
        place=Place("quiet", "w", "channel", thread, PlaceKind.THREAD),
        message_id=text,
        person=Person(f"u-{thread}", "Ada"),
        sent_at=1_700_000_000.0,
        text=text,
        addressed=True,
    )


def question_in(request: ChatRequest) -> str:
    """The question of a request: the last line before the context."""
    asked = next(
        part.text
        for message in reversed(request.messages)
        for part in message.parts
        if isinstance(part, TextPart) and message.role == "user" and part.text.startswith("[")
    )
    return asked.rpartition("\n")[2]


def whole(*words: str) -> Answer:
    """An answer that is there at once, in these pieces."""

    async def answer(request: ChatRequest) -> AsyncGenerator[Delta, None]:
        yield Started(request.conversation or "")
        for word in words:
            yield TextDelta(word)
        yield Finish("stop", usage=Usage(100, len(words)))

    return answer


@contextmanager
def workplace() -> Iterator[Path]:
    """A directory on the disk of the project: the system's own may be memory, and make a commit free."""
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as name:
        yield Path(name)


@contextmanager
def _no_garbage_in_what_is_there() -> Iterator[None]:
    """What was imported is not looked through for garbage again: the program starts in the same way."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextmanager
def _logs(path: Path) -> Iterator[None]:
    """Log as the program does, to a file."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    with path.open("a") as file, contextlib.redirect_stderr(file):
        handler = start_logging("info", "json", ())
        try:
            yield
        finally:
            handler.close()
            root.handlers = handlers
            root.setLevel(level)
            structlog.reset_defaults()
            sys.stderr.flush()
