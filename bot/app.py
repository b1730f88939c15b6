"""Settings to a running program: the one place that names concrete classes."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import structlog

from adapters.terminal.adapter import TerminalAdapter
from adapters.web.adapter import WebAdapter
from bot import __version__
from bot.access import Access
from bot.commands import COMMANDS
from bot.commands.base import CommandPorts
from bot.commands.dispatch import Commands
from bot.conversation.desk import Desk
from bot.conversation.ports import Limits, Ports
from bot.conversation.postlog import StorePostLog
from bot.delivery.pump import Pump
from bot.demo.server import DemoGateway
from bot.errors import GatepostError, GatewayDown, GatewayRefused, StartError
from bot.gateway.client import OpenAIGateway
from bot.http import listen
from bot.ids import Ids
from bot.intake import Intake
from bot.media.reader import WorkerReader
from bot.messages import CommandSpec, Model, TurnState
from bot.ports import About, Adapter, NewId, ServesPages, offers
from bot.settings import Settings, read_settings
from bot.store.engine import Store, open_store
from bot.store.files import Files
from bot.store.intents.rows import alive, last_turn
from bot.store.lock import ServingLock
from bot.store.page import PageLog
from bot.store.tidier import Tidier
from bot.tools import TOOLS

log = structlog.get_logger(__name__)

DEFAULT_MODEL = "anthropic/claude-sonnet-4.5"
DEMO_MODEL = "gatepost/scripted"
ANSWERS_SECONDS, CALLS_SECONDS = 5.0, 2.0
"""How long an orderly end waits for answers to end, then for the platforms' last calls; under ten in all."""


class CoreViews:
    """Implements `bot.ports.Views`."""

    def __init__(self, about: About, specs: Sequence[CommandSpec]) -> None:
        self._about = about
        self._specs = specs

    def about(self) -> About:
        """Which program this is."""
        return self._about

    def commands(self) -> Sequence[CommandSpec]:
        """What can be typed."""
        return self._specs


def about(settings: Settings) -> About:
    """What the program says of itself."""
    default = settings.default_model or (DEMO_MODEL if settings.demo else DEFAULT_MODEL)
    return About(__version__, settings.demo, default)


@dataclass(frozen=True, slots=True)
class Core:
    """The conversation core with everything it stands on, and no platform yet."""

    store: Store
    files: Files
    gateway: OpenAIGateway
    reader: WorkerReader
    pump: Pump
    about: About
    new_id: NewId


@asynccontextmanager
async def core(settings: Settings, directory: Path, database: str) -> AsyncIterator[Core]:
    """Open store, files, gateway and file reader; close them in turn. Raises StartError."""
    async with AsyncExitStack() as stack:
        store = await asyncio.to_thread(open_store, database)
        stack.push_async_callback(store.close)
        reader = WorkerReader()
        stack.push_async_callback(reader.close)
        gateway = await stack.enter_async_context(open_gateway(settings, reader))
        new_id = Ids()
        pump = Pump(StorePostLog(store), new_key=new_id)
        stack.push_async_callback(pump.close, CALLS_SECONDS)
        yield Core(store, Files(directory / "files"), gateway, reader, pump, about(settings), new_id)


@asynccontextmanager
async def open_gateway(settings: Settings, reader: WorkerReader) -> AsyncIterator[OpenAIGateway]:
    """The gateway that is set, or the built-in one on a loopback port of its own."""
    async with AsyncExitStack() as stack:
        base_url, cache = settings.ai_gateway_base_url, settings.data_dir / "models.json"
        if settings.demo:
            base_url = (await stack.enter_async_context(DemoGateway(reader=reader))).base_url
        gateway = OpenAIGateway(
            base_url=base_url,
            credential=credential(settings),
            clock=time.time,
            random=Random(),
            cache_file=None if settings.demo else cache,
        )
        stack.push_async_callback(gateway.close)
        yield gateway


def credential(settings: Settings) -> Callable[[], Awaitable[str]]:
    """What goes to the gateway as bearer: the key if there is one, else the token as it is written now."""
    key = settings.ai_gateway_api_key

    async def bearer() -> str:
        if key is not None:
            return key.get_secret_value()
        token = (await asyncio.to_thread(read_settings)).vercel_oidc_token
        return token.get_secret_value() if token is not None else "none"

    return bearer


def desk_for(parts: Core, adapters: Sequence[Adapter]) -> Desk:
    """The conversations, over these platforms."""
    ports = Ports(
        store=parts.store,
        files=parts.files,
        gateway=parts.gateway,
        reader=parts.reader,
        pump=parts.pump,
        adapters={adapter.platform: adapter for adapter in adapters},
        tools=TOOLS,
        clock=time.time,
        new_id=parts.new_id,
        default_model=parts.about.default_model,
        limits=Limits(),
    )
    return Desk(ports)


def intake_for(
    parts: Core, desk: Desk, adapters: Sequence[Adapter], admins: Sequence[str], deleted: Callable[[], None]
) -> Intake:
    """The way in, over these platforms. `deleted` is told when a message was."""
    access = Access(admins)
    command_ports = CommandPorts(
        parts.store, parts.gateway, desk, time.time, parts.about, time.time(), access.may_press, access.may_set
    )
    return Intake(
        store=parts.store,
        files=parts.files,
        desk=desk,
        commands=Commands(COMMANDS, command_ports, access),
        access=access,
        adapters={adapter.platform: adapter for adapter in adapters},
        clock=time.time,
        new_id=parts.new_id,
        deleted=deleted,
    )


async def serve(settings: Settings, announce: Callable[[str], None], stop: asyncio.Event) -> None:
    """Run every platform until `stop` is set. `announce` prints an address to open. Raises StartError."""
    if settings.playground == "off":
        raise StartError("PLAYGROUND is off and no other platform is set up, so there is nothing to run.")
    async with AsyncExitStack() as stack:
        lock = await asyncio.to_thread(ServingLock.acquire, settings.data_dir)
        stack.callback(lock.release)
        parts = await stack.enter_async_context(core(settings, settings.data_dir, settings.database))
        page = page_for(parts, settings, announce)
        adapters: list[Adapter] = [page]
        desk = desk_for(parts, adapters)
        stack.push_async_callback(desk.close, 0.0)
        tidier = Tidier(parts.store, parts.files, time.time)
        intake = intake_for(parts, desk, adapters, settings.admins, tidier.soon)
        stack.push_async_callback(intake.close)
        routes = [route for one in adapters if offers(one, ServesPages) for route in one.routes()]
        port = await listen(settings.http_host, settings.http_port, routes, lambda: is_ready(parts.store))
        stack.push_async_callback(port.close)
        await desk.recover()
        for adapter in adapters:
            await adapter.start(intake)
            stack.push_async_callback(adapter.stop)
        for work in (parts.gateway.warm(), parts.gateway.keep_fresh(), tidier.run()):
            stack.callback(asyncio.create_task(work).cancel)
        announce(await page.invitation(f"http://{origin(settings.http_host)}:{port.port}"))
        log.info("serving", port=port.port, demo=settings.demo, model=parts.about.default_model)
        await stop.wait()
        log.info("stopping")
        await desk.close(ANSWERS_SECONDS)  # while people still see their answers end


def origin(host: str) -> str:
    """The host as a browser on this machine writes it."""
    if host in ("0.0.0.0", "::", ""):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def page_for(parts: Core, settings: Settings, announce: Callable[[str], None]) -> WebAdapter:
    """The playground."""
    password = settings.playground_password
    return WebAdapter(
        PageLog(parts.store),
        parts.files,
        CoreViews(parts.about, tuple(command.spec for command in COMMANDS)),
        clock=time.time,
        new_id=parts.new_id,
        announce=announce,
        password=password.get_secret_value() if password else None,
    )


async def is_ready(store: Store) -> bool:
    """Whether the store answers."""
    try:
        await store.read(alive)
    except GatepostError:
        return False
    return True


async def ask(
    settings: Settings,
    text: str,
    files: Sequence[Path],
    directory: Path,
    write: Callable[[str], None],
    note: Callable[[str], None],
) -> bool:
    """Answer one question over a throw-away store in `directory`; whether it was answered whole.

    The answer goes to `write` as it comes, everything else to `note`. Raises what `write` raised, and a
    GatewayError when the gateway takes no question at all.
    """
    adapter = TerminalAdapter(write, note, time.time)
    async with core(settings, directory, f"sqlite:///{directory / 'ask.db'}") as parts:
        await learn_models(parts.gateway)
        model = parts.about.default_model
        desk = desk_for(parts, [adapter])
        intake = intake_for(parts, desk, [adapter], (), lambda: None)
        drain = 0.0
        try:
            await intake.accept(adapter.question(text, files, parts.new_id()))
            await adapter.ended
            drain = ANSWERS_SECONDS
        finally:
            await desk.close(drain)
        turn = await parts.store.read(last_turn)
        whole = turn is not None and turn.state is TurnState.DONE
        if not whole and parts.gateway.models() and parts.gateway.model(model) is None:
            note(f"`gatepost models` lists no {model}.")
    return whole


async def learn_models(gateway: OpenAIGateway) -> None:
    """Read the catalogue for what the model can take; without it the question is asked all the same.

    Raises GatewayRefused or GatewayDown where asking would only fail more slowly.
    """
    try:
        async with asyncio.timeout(5):
            await gateway.refresh()
    except (GatewayRefused, GatewayDown):
        if not gateway.models():
            raise
    except (GatepostError, TimeoutError):
        return


async def list_models(settings: Settings) -> Sequence[Model]:
    """The catalogue. Raises a GatewayError when there is none, on the wire or on disk."""
    async with AsyncExitStack() as stack:
        reader = WorkerReader()
        stack.push_async_callback(reader.close)
        gateway = await stack.enter_async_context(open_gateway(settings, reader))
        try:
            await gateway.refresh()
        except GatepostError:
            if not gateway.models():
                raise
        return gateway.models()
