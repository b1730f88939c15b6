"""Finds what people get wrong when they install: each thing looked at gives one row, and says how to mend it."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import aclosing
from typing import Any

import structlog

from bot.app.checks.clock import check_clock
from bot.app.checks.gateway import check_gateway
from bot.app.checks.machine import check_machine
from bot.app.platforms import platform_checks
from bot.messages import Finding, Mark
from bot.settings import Settings

log = structlog.get_logger(__name__)


async def check(settings: Settings) -> Sequence[Finding]:
    """Everything that can be looked at from here. Reads only, and is safe beside a running bot."""
    machine = asyncio.create_task(check_machine(settings))
    gateway = asyncio.create_task(check_gateway(settings))
    platforms = [asyncio.create_task(_rows(check)) for check in platform_checks(settings)]
    clock = None if settings.demo else asyncio.create_task(_clock(settings))
    rows = [*await machine, *(await clock if clock else []), *await gateway]
    for platform in platforms:
        rows += await platform
    return rows


async def look_over(settings: Settings, fatal: Callable[[str], None]) -> None:
    """Beside a start: log what is wrong outside this machine; `fatal` hears what is hopeless.

    What is wrong with this machine the start itself finds.
    """
    checks: list[Coroutine[Any, Any, Sequence[Finding]]] = [_rows(check) for check in platform_checks(settings)]
    if not settings.demo:
        checks += [check_gateway(settings), _clock(settings)]
    for looking in asyncio.as_completed(checks):
        for found in await looking:
            if found.mark is not Mark.OK:
                log.warning("check", about=found.name, mark=found.mark.value, sentence=found.said)
            if found.fatal:
                fatal(found.said)


async def _clock(settings: Settings) -> Sequence[Finding]:
    return [await check_clock(settings.ai_gateway_base_url, time.time)]


async def _rows(check: AsyncGenerator[Finding, None]) -> Sequence[Finding]:
    async with aclosing(check) as rows:
        return [row async for row in rows]
