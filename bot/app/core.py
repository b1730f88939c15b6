"""The conversation core with everything it stands on: opened together, closed in turn."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from random import Random
from secrets import token_hex
from urllib.parse import urlsplit

from bot import __version__
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
from bot.errors import GatewayRefused, StartError
from bot.gateway.client import OpenAIGateway
from bot.ids import Ids
from bot.intake import Intake
from bot.ledger.credit import CreditWatch
from bot.ledger.gateway import PaidGateway
from bot.ledger.ledger import Ledger
from bot.media.reader import WorkerReader
from bot.messages import SpendingLimits
from bot.ports import About, Adapter, Meter, NewId, NoMeter, Recording
from bot.reminders.book import ReminderBook
from bot.settings import Settings, read_settings
from bot.store.engine import Store, open_store
from bot.store.files import Files
from bot.store.intents.secrets import secret
from bot.summaries.summariser import Summaries
from bot.tools import every_tool
from bot.tools.base import Outside
from bot.tools.servers import Servers, ServerSettings, check_installed, read_config

DEFAULT_MODEL = "anthropic/claude-sonnet-4.5"
FALLBACK_MODEL = "openai/gpt-5"
DEMO_MODEL, DEMO_PAINTER = "gatepost/scripted", "gatepost/painter"
CALLS_SECONDS = 2.0
"""How long an orderly end waits for the platforms' last calls."""


def about(settings: Settings) -> About:
    """What the program says of itself."""
    default = settings.default_model or (DEMO_MODEL if settings.demo else DEFAULT_MODEL)
    address = urlsplit(settings.ai_gateway_base_url)
    return About(__version__, settings.demo, default, endpoint=address.netloc.rpartition("@")[2])


def fallbacks(settings: Settings) -> tuple[str, ...]:
    """The models that answer when another can't: those that are set, or one beside our own default."""
    if settings.fallback_models is not None:
        return settings.fallback_models
    ours = {"default_model", "ai_gateway_base_url"}.isdisjoint(settings.model_fields_set)
    return (FALLBACK_MODEL,) if ours and not settings.demo else ()


@dataclass(frozen=True, slots=True)
class Core:
    """The conversation core with everything it stands on, and no platform yet."""

    store: Store
    files: Files
    gateway: OpenAIGateway
    ledger: Ledger
    credit: CreditWatch
    reader: WorkerReader
    pump: Pump
    about: About
    fallbacks: tuple[str, ...]
    new_id: NewId
    pseudonyms: Pseudonyms
    recent: RecentModels
    reminders: ReminderBook
    summaries: Summaries
    meter: Meter
    outside: Outside
    servers: Servers


@asynccontextmanager
async def core(
    settings: Settings, directory: Path, database: str, meter: Meter | None = None
) -> AsyncIterator[Core]:
    """Open store, files, gateway and file reader; close them in turn. Raises StartError."""
    async with AsyncExitStack() as stack:
        store = await asyncio.to_thread(open_store, database)
        stack.push_async_callback(store.close)
        reader = WorkerReader()
        stack.push_async_callback(reader.close)
        gateway = await stack.enter_async_context(open_gateway(settings, reader))
        new_id = Ids()
        meter = meter or NoMeter()
        pump = Pump(StorePostLog(store), new_key=new_id, meter=meter)
        stack.push_async_callback(pump.close, CALLS_SECONDS)
        ledger = Ledger(
            store,
            limits(settings),
            gateway.model,
            clock=time.time,
            new_id=new_id,
            cheaper=settings.budget_model,
            fallbacks=fallbacks(settings),
        )
        yield Core(
            store=store,
            files=Files(directory / "files"),
            gateway=gateway,
            ledger=ledger,
            credit=CreditWatch(gateway.credits, ledger.limits),
            reader=reader,
            pump=pump,
            about=about(settings),
            fallbacks=fallbacks(settings),
            new_id=new_id,
            pseudonyms=Pseudonyms(await store.write(secret, "pseudonyms", token_hex(32))),
            recent=RecentModels(store, time.time),
            reminders=ReminderBook(store, time.time, new_id),
            summaries=Summaries(store, PaidGateway(gateway, ledger), time.time),
            meter=meter,
            outside=outside(settings),
            servers=servers(settings),
        )


def limits(settings: Settings) -> SpendingLimits:
    """What may be spent in a day."""
    return SpendingLimits(settings.budget_per_day, settings.budget_per_person_per_day, play=settings.demo)


@asynccontextmanager
async def open_gateway(settings: Settings, reader: WorkerReader) -> AsyncIterator[OpenAIGateway]:
    """The gateway that is set, or the built-in one on a loopback port of its own."""
    async with AsyncExitStack() as stack:
        base_url = settings.ai_gateway_base_url
        cache = settings.data_dir / f"models-{sha256(base_url.encode()).hexdigest()[:8]}.json"
        if settings.demo:
            from bot.demo.server import DemoGateway  # a tenth of the program, and nobody else's

            base_url = (await stack.enter_async_context(DemoGateway(reader=reader))).base_url
        cheaper = (settings.budget_model,) if settings.budget_model else ()
        gateway = OpenAIGateway(
            base_url=base_url,
            credential=credential(settings),
            clock=time.time,
            random=Random(),
            cache_file=None if settings.demo else cache,
            routes=True if settings.demo else None,
            watched=(about(settings).default_model, *fallbacks(settings), *cheaper),
            byok=settings.byok,
        )
        stack.push_async_callback(gateway.close)
        yield gateway


def credential(settings: Settings) -> Callable[[], Awaitable[str]]:
    """What goes to the gateway as bearer: the key if there is one, else the token as it is written now."""
    key = settings.ai_gateway_api_key

    async def bearer() -> str:
        if key is not None:
            return key.get_secret_value()
        try:
            token = (await asyncio.to_thread(read_settings)).vercel_oidc_token
        except StartError as error:
            raise GatewayRefused(f"the token can't be read again: {error.said}") from error
        return token.get_secret_value() if token is not None else "none"

    return bearer


def outside(settings: Settings) -> Outside:
    """What tools may reach."""
    painter = settings.image_model or (DEMO_PAINTER if settings.demo else None)
    return Outside(weather_url=settings.weather_base_url, image_model=painter)


def servers(settings: Settings) -> Servers:
    """The MCP servers that are set, not started yet. Raises StartError."""
    return Servers(servers_in(settings))


def servers_in(settings: Settings) -> Mapping[str, ServerSettings]:
    """What is set of each MCP server, by its name. Raises StartError."""
    if settings.mcp_config is None:
        return {}
    check_installed()
    return read_config(settings.mcp_config)


def desk_for(
    parts: Core, adapters: Sequence[Adapter], recording: Recording | None = None, *, lasting: bool = True
) -> Desk:
    """The conversations, over these platforms. Without `lasting` nobody will be there to remind anyone."""
    by_name = {adapter.platform: adapter for adapter in adapters}
    ports = Ports(
        store=parts.store,
        files=parts.files,
        gateway=PaidGateway(parts.gateway, parts.ledger),
        ledger=parts.ledger,
        reader=parts.reader,
        pump=parts.pump,
        adapters=by_name,
        tools=every_tool(),
        reminders=parts.reminders.over(by_name) if lasting else None,
        summaries=parts.summaries,
        recording=recording,
        clock=time.time,
        new_id=parts.new_id,
        default_model=parts.about.default_model,
        pseudonyms=parts.pseudonyms,
        fallbacks=parts.fallbacks,
        limits=Limits(),
        meter=parts.meter,
        outside=parts.outside,
        more_tools=parts.servers.tools,
    )
    return Desk(ports)


def intake_for(
    parts: Core,
    desk: Desk,
    adapters: Sequence[Adapter],
    access: Access,
    deleted: Callable[[], None],
    recording: Recording | None = None,
) -> Intake:
    """The way in, over these platforms. `deleted` is told when a message was."""
    by_name = {adapter.platform: adapter for adapter in adapters}
    reminders = parts.reminders.over(by_name)
    command_ports = CommandPorts(
        store=parts.store,
        files=parts.files,
        gateway=PaidGateway(parts.gateway, parts.ledger),
        desk=desk,
        clock=time.time,
        about=parts.about,
        started_at=time.time(),
        may_press=access.may_press,
        may_set=access.may_set,
        recent=parts.recent,
        ledger=parts.ledger,
        is_admin=access.is_admin,
        credits=lambda: parts.credit.credits,
        reminders=reminders,
        adapters=by_name,
        summaries=parts.summaries,
        routing=lambda chosen, asker: routing_of(chosen, parts.pseudonyms.of(asker)),
        channels=ReadableChannels(time.time),
        recording=recording,
    )
    return Intake(
        store=parts.store,
        files=parts.files,
        desk=desk,
        commands=Commands(COMMANDS, command_ports, access),
        access=access,
        adapters=by_name,
        clock=time.time,
        new_id=parts.new_id,
        deleted=deleted,
        reminders=reminders,
        meter=parts.meter,
        recording=recording,
    )
