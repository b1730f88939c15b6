"""Looks at this machine's clock, against that of a server everybody has to talk to."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import aiohttp

from bot.messages import Finding, Mark
from bot.ports import Clock

_OFF, _FAR_OFF = 30.0, 240.0
"""Seconds. Slack refuses what was signed five minutes ago; certificates and tokens suffer, too."""

_PATIENCE = 10.0


async def check_clock(address: str, clock: Clock) -> Finding:
    """How far the clock is from what the server at this address says."""
    timeout = aiohttp.ClientTimeout(total=_PATIENCE)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(address) as response:
            told = _time_in(response.headers)
    except (aiohttp.ClientError, TimeoutError, ValueError):
        told = None
    if told is None:
        return Finding("clock", Mark.OK, "there was nobody to compare it with")
    off = clock() - told
    if abs(off) < _OFF:
        return Finding("clock", Mark.OK, "right")
    way = "ahead" if off > 0 else "behind"
    said = f"{abs(off):.0f} s {way}. Let the system set it: `timedatectl set-ntp true`."
    return Finding("clock", Mark.FAULT if abs(off) > _FAR_OFF else Mark.WARNING, said)


def _time_in(headers: Mapping[str, str]) -> float | None:
    date = headers.get("Date")
    return parsedate_to_datetime(date).timestamp() if date else None
