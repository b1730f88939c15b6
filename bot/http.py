"""The program's one port: everybody's paths on it, offered as data."""

import logging
from collections.abc import Iterable

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from bot.errors import StartError
from bot.ports import Route

UPLOADS = 300 * 1024 * 1024
"""The most bytes of one request; adapters set tighter limits of their own."""


_log = logging.getLogger(__name__)


class OnlyOurFaults(logging.Filter):
    """Leaves out that a request could not be parsed: anybody can send one, and the report quotes it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is about us."""
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, HttpProcessingError)


_OURS = OnlyOurFaults()


class Port:
    """A listening port with everybody's paths on it."""

    def __init__(self, runner: web.AppRunner, host: str, port: int) -> None:
        self._runner = runner
        self.host = host
        self.port = port

    async def close(self) -> None:
        """Stop listening, and let go of every connection."""
        await self._runner.cleanup()


async def listen(host: str, port: int, routes: Iterable[Route]) -> Port:
    """Open the port. Raises StartError with one sentence when it is taken or not ours to take."""
    app = web.Application(client_max_size=UPLOADS)
    for route in routes:
        app.router.add_route(route.method, route.path, route.handler)
    _log.addFilter(_OURS)
    runner = web.AppRunner(app, access_log=None, logger=_log, shutdown_timeout=1.0, handler_cancellation=False)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        await runner.cleanup()
        raise StartError(_refusal(host, port, error)) from error
    return Port(runner, host, runner.addresses[0][1])


async def try_port(host: str, port: int) -> None:
    """Open the port and close it again. Raises the StartError with which `listen` would stop."""
    port_opened = await listen(host, port, ())
    await port_opened.close()


def _refusal(host: str, port: int, error: OSError) -> str:
    import errno

    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is taken by another program; set HTTP_PORT to a free one."
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"Port {port} on {host} may not be used by this user; set HTTP_PORT to one above 1023."
    return f"HTTP_HOST {host} with HTTP_PORT {port} can't be listened on: {_reason(error)}."


def _reason(error: OSError) -> str:
    """The kernel's words; asyncio puts a sentence of its own around them, and a failed lookup has others."""
    import os
    import socket

    if error.errno is None or isinstance(error, socket.gaierror):
        return str(error.strerror or error)
    return os.strerror(error.errno)
