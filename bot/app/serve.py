"""Runs every platform that is set up, in one process, until it is told to stop."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from bot import __version__
from bot.access import Access
from bot.app.checks import look_over
from bot.app.core import CALLS_SECONDS, Core, core, desk_for, intake_for
from bot.app.health import Readiness, health_routes
from bot.app.platforms import OWN, offer_commands, page_for, platforms_for
from bot.app.watchdog import Watchdog
from bot.catchup import CatchUp
from bot.conversation.desk import Desk
from bot.errors import StartError
from bot.http import Port, listen
from bot.intake import Intake
from bot.ledger.settling import Settling
from bot.metrics import Metrics
from bot.ports import Adapter, CatchesUp, ServesPages, offers
from bot.recording.room import RecordingRoom
from bot.reminders.bell import Bell
from bot.retention import Retention
from bot.settings import NOTHING_TO_RUN, Settings
from bot.store.lock import ServingLock
from bot.store.tidier import Tidier

if TYPE_CHECKING:
    from adapters.web.adapter import WebAdapter

log = structlog.get_logger(__name__)

ANSWERS_SECONDS = 5.0
"""How long an orderly end waits for answers to end, before the platforms' last calls; under ten in all."""


@dataclass(frozen=True, slots=True)
class _Program:
    """Everything that is built before anything is heard."""

    settings: Settings
    metrics: Metrics
    parts: Core
    page: "WebAdapter | None"
    adapters: Sequence[Adapter]
    desk: Desk
    tidier: Tidier
    retention: Retention
    recording: RecordingRoom
    intake: Intake
    bell: Bell


async def serve(settings: Settings, announce: Callable[[str], None], stop: asyncio.Event) -> None:
    """Run every platform until `stop` is set. `announce` prints an address to open.

    Raises StartError, also a little after the start, for what no time and no other call can mend.
    """
    if not settings.shows_page and not settings.platforms:
        raise StartError(NOTHING_TO_RUN)
    hopeless: list[str] = []

    def give_up(said: str) -> None:
        hopeless.append(said)
        stop.set()

    async with AsyncExitStack() as stack:
        program = await _build(stack, settings, announce)
        port = await _listen(stack, program)
        work = await _begin(stack, program)
        for one in (*work, look_over(settings, give_up)):
            stack.callback(asyncio.create_task(one).cancel)
        if program.page is not None:
            announce(await program.page.invitation(f"http://{origin(settings.http_host)}:{port.port}"))
        log.info("serving", port=port.port, demo=settings.demo, model=program.parts.about.default_model)
        await stop.wait()
        log.info("stopping")
        await program.desk.close(ANSWERS_SECONDS)  # while people still see their answers end
        await program.bell.close()
        await program.parts.pump.close(CALLS_SECONDS)
    if hopeless:
        raise StartError(hopeless[0])


async def _build(stack: AsyncExitStack, settings: Settings, announce: Callable[[str], None]) -> _Program:
    lock = await asyncio.to_thread(ServingLock.acquire, settings.data_dir)
    stack.callback(lock.release)
    metrics = Metrics(__version__)
    parts = await stack.enter_async_context(core(settings, settings.data_dir, settings.database, metrics))
    page = page_for(parts, settings, announce) if settings.shows_page else None
    adapters: list[Adapter] = [*platforms_for(parts, settings), *([page] if page else [])]
    access = Access(settings.admins, settings.allowed_workspaces, own=OWN)
    by_name = {one.platform: one for one in adapters}
    recording = RecordingRoom(parts.store, by_name, time.time, access.serves, settings.retention_days)
    desk = desk_for(parts, adapters, recording)
    stack.push_async_callback(desk.close, 0.0)
    tidier = Tidier(parts.store, parts.files, time.time)
    retention = Retention(parts.store, parts.files, time.time, settings.retention_days, tidier.soon)
    intake = intake_for(parts, desk, adapters, access, tidier.soon, recording)
    stack.push_async_callback(intake.close)
    bell = Bell(parts.store, parts.pump, by_name, time.time, parts.reminders.changed)
    stack.push_async_callback(bell.close)
    return _Program(settings, metrics, parts, page, adapters, desk, tidier, retention, recording, intake, bell)


async def _listen(stack: AsyncExitStack, program: _Program) -> Port:
    """Open the program's own port: the page, Slack's events, health and figures."""
    settings, metrics, desk = program.settings, program.metrics, program.desk
    routes = [route for one in program.adapters if offers(one, ServesPages) for route in one.routes()]
    metrics.watch("gatepost_turns_running", "Answers being written", lambda: desk.running)
    metrics.watch("gatepost_turns_waiting", "Questions that wait for others to end", lambda: desk.waiting)
    readiness = Readiness(program.parts.store, program.adapters, program.parts.gateway.trouble, time.time)
    routes += health_routes(readiness, metrics, settings.metrics)
    port = await listen(settings.http_host, settings.http_port, routes)
    stack.push_async_callback(port.close)
    return port


async def _begin(stack: AsyncExitStack, program: _Program) -> Sequence[Coroutine[Any, Any, None]]:
    """Go on with what was left, then connect; what is to run beside from now on."""
    parts, adapters, intake = program.parts, program.adapters, program.intake
    settling = Settling(parts.store, parts.ledger, parts.gateway.cost_of, time.time)
    await settling.take_over()
    await program.desk.recover()
    catching_up = [
        CatchUp(one.platform, one, intake, parts.store, time.time, missed=parts.summaries.missed)
        for one in adapters
        if offers(one, CatchesUp)
    ]
    await program.recording.recover()
    for adapter in adapters:
        await adapter.start(intake)
        stack.push_async_callback(adapter.stop)
    await intake.recover()
    return (
        parts.gateway.warm(),
        parts.gateway.keep_fresh(),
        parts.recent.refresh(),
        parts.servers.run(),
        program.tidier.run(),
        program.retention.run(),
        program.recording.run(),
        program.metrics.watch_loop(),
        program.bell.run(),
        settling.run(),
        Watchdog(adapters, time.time).run(),
        *([parts.credit.run()] if program.settings.has_credential else ()),
        *(one.run() for one in catching_up),
        *(offer_commands(one) for one in adapters),
    )


def origin(host: str) -> str:
    """The host as a browser on this machine writes it."""
    if host in ("0.0.0.0", "::", ""):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
