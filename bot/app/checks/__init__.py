"""Finds what people get wrong when they install: each thing looked at gives one row, and says how to mend it."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from bot.app.checks.clock import check_clock
from bot.app.checks.gateway import check_gateway
from bot.app.checks.machine import check_machine
from bot.app.platforms import platform_checks
from bot.messages import Finding
from bot.settings import Settings


async def check(settings: Settings) -> Sequence[Finding]:
    """Everything that can be looked at from here. Reads only, and is safe beside a running bot."""
    machine = asyncio.create_task(check_machine(settings))
    gateway = asyncio.create_task(check_gateway(settings))
    platforms = [asyncio.create_task(_rows(check)) for check in platform_checks(settings)]
    clock = None if settings.demo else asyncio.create_task(check_clock(settings.ai_gateway_base_url, time.time))
    rows = [*await machine, *([await clock] if clock else []), *await gateway]
    for platform in platforms:
        rows += await platform
    return rows


async def _rows(check: AsyncGenerator[Finding, None]) -> Sequence[Finding]:
    async with aclosing(check) as rows:
        return [row async for row in rows]
