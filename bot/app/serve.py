"""Runs every platform that is set up, in one process, until it is told to stop."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any

import structlog

from bot import __version__
from bot.access import Access
from bot.app.core import CALLS_SECONDS, Core, core, desk_for, intake_for
from bot.app.health import Readiness, health_routes
from bot.app.platforms import OWN, offer_commands, page_for, platforms_for
from bot.catchup import CatchUp
from bot.errors import StartError
from bot.http import listen
from bot.ledger.settling import Settling
from bot.metrics import Metrics
from bot.ports import Adapter, CatchesUp, ServesPages, offers
from bot.reminders.bell import Bell
from bot.retention import Retention
from bot.settings import Settings
from bot.store.lock import ServingLock
from bot.store.tidier import Tidier

log = structlog.get_logger(__name__)

ANSWERS_SECONDS = 5.0
"""How long an orderly end waits for answers to end, before the platforms' last calls; under ten in all."""


async def serve(settings: Settings, announce: Callable[[str], None], stop: asyncio.Event) -> None:
    """Run every platform until `stop` is set. `announce` prints an address to open. Raises StartError."""
    if not settings.shows_page and not settings.platforms:
        raise StartError("PLAYGROUND is off and no other platform is set up, so there is nothing to run.")
    async with AsyncExitStack() as stack:
        lock = await asyncio.to_thread(ServingLock.acquire, settings.data_dir)
        stack.callback(lock.release)
        metrics = Metrics(__version__)
        parts = await stack.enter_async_context(core(settings, settings.data_dir, settings.database, metrics))
        page = page_for(parts, settings, announce) if settings.shows_page else None
        adapters: list[Adapter] = [*platforms_for(parts, settings), *([page] if page else [])]
        desk = desk_for(parts, adapters)
        stack.push_async_callback(desk.close, 0.0)
        tidier = Tidier(parts.store, parts.files, time.time)
        retention = Retention(parts.store, parts.files, time.time, settings.retention_days, tidier.soon)
        access = Access(settings.admins, settings.allowed_workspaces, own=OWN)
        intake = intake_for(parts, desk, adapters, access, tidier.soon)
        stack.push_async_callback(intake.close)
        bell = Bell(
            parts.store, parts.pump, {one.platform: one for one in adapters}, time.time, parts.reminders.changed
        )
        stack.push_async_callback(bell.close)
        routes = [route for one in adapters if offers(one, ServesPages) for route in one.routes()]
        metrics.watch("gatepost_turns_running", "Answers being written", lambda: desk.running)
        metrics.watch("gatepost_turns_waiting", "Questions that wait for others to end", lambda: desk.waiting)
        readiness = Readiness(parts.store, adapters, parts.gateway.trouble, time.time)
        routes += health_routes(readiness, metrics, settings.metrics)
        port = await listen(settings.http_host, settings.http_port, routes)
        stack.push_async_callback(port.close)
        settling = Settling(parts.store, parts.ledger, parts.gateway.cost_of, time.time)
        await settling.take_over()
        await desk.recover()
        catching_up = [
            CatchUp(one.platform, source, intake, parts.store, time.time)
            for one in adapters
            if (source := _catches_up(one)) is not None
        ]
        for adapter in adapters:
            await adapter.start(intake)
            stack.push_async_callback(adapter.stop)
        await intake.recover()
        beside = [*_background(parts, tidier, metrics), settling.run(), parts.servers.run(), bell.run()]
        beside.append(retention.run())
        if settings.has_credential:
            beside.append(parts.credit.run())
        beside += [one.run() for one in catching_up]
        beside += [offer_commands(one) for one in adapters]
        for work in beside:
            stack.callback(asyncio.create_task(work).cancel)
        if page is not None:
            announce(await page.invitation(f"http://{origin(settings.http_host)}:{port.port}"))
        log.info("serving", port=port.port, demo=settings.demo, model=parts.about.default_model)
        await stop.wait()
        log.info("stopping")
        await desk.close(ANSWERS_SECONDS)  # while people still see their answers end
        await bell.close()
        await parts.pump.close(CALLS_SECONDS)


def _background(parts: Core, tidier: Tidier, metrics: Metrics) -> tuple[Coroutine[Any, Any, None], ...]:
    """What goes on beside everything else until the end."""
    gateway = parts.gateway
    return (gateway.warm(), gateway.keep_fresh(), parts.recent.refresh(), tidier.run(), metrics.watch_loop())


def _catches_up(adapter: object) -> CatchesUp | None:
    return adapter if offers(adapter, CatchesUp) else None


def origin(host: str) -> str:
    """The host as a browser on this machine writes it."""
    if host in ("0.0.0.0", "::", ""):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
