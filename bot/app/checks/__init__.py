"""Finds what people get wrong when they install: each thing looked at gives one row, and says how to mend it."""

from collections.abc import Sequence

from bot.app.checks.machine import check_machine
from bot.messages import Finding
from bot.settings import Settings


async def check(settings: Settings) -> Sequence[Finding]:
    """Everything that can be looked at from here. Reads only, and is safe beside a running bot."""
    return await check_machine(settings)
