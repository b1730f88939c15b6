"""Runs every platform that is set up, in one process, until it is told to stop."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack

import structlog

from bot.app.core import core, desk_for, intake_for
from bot.app.platforms import page_for, platforms_for
from bot.errors import GatepostError, StartError
from bot.http import listen
from bot.ports import Adapter, ServesPages, offers
from bot.settings import Settings
from bot.store.engine import Store
from bot.store.intents.rows import alive
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
        parts = await stack.enter_async_context(core(settings, settings.data_dir, settings.database))
        page = page_for(parts, settings, announce) if settings.shows_page else None
        adapters: list[Adapter] = [*platforms_for(parts, settings), *([page] if page else [])]
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
        for work in (parts.gateway.warm(), parts.gateway.keep_fresh(), parts.recent.refresh(), tidier.run()):
            stack.callback(asyncio.create_task(work).cancel)
        if page is not None:
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


async def is_ready(store: Store) -> bool:
    """Whether the store answers."""
    try:
        await store.read(alive)
    except GatepostError:
        return False
    return True
