"""The connections under the SDK: aiohttp's, read no further than somebody listens.

Over the SDK's own transport every token wakes the program, whether or not anybody looks at the stream just then.
Here what comes meanwhile stays with the system, and is read at once at the next look.
"""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import httpx2

_KEEP_ALIVE = 30.0
"""Seconds an idle connection is kept, so that a second question needs no new handshake."""

_MOST = 1000
_A_REST = 0.005
"""Seconds between two pieces that nobody spends on the first one."""

_PIECE = 64 * 1024


class Connections(httpx2.AsyncBaseTransport):
    """Sends requests for the SDK. Errors in the head come out as httpx2's, errors in the body as aiohttp's."""

    def __init__(self, connect_timeout: float) -> None:
        self._timeout = aiohttp.ClientTimeout(
            # Waiting for an answer is timed by the caller, who knows whether the model is thinking.
            total=None,
            sock_connect=connect_timeout,
            connect=2 * connect_timeout,
        )
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send it; the response as soon as its head is there."""
        body = await request.aread()
        try:
            response = await self._open().request(
                request.method,
                str(request.url),
                headers=request.headers.multi_items(),
                data=body or None,
                allow_redirects=False,
            )
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            raise _named(error) from error
        return httpx2.Response(
            response.status, headers=response.raw_headers, stream=_Body(response), request=request
        )

    async def aclose(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=_MOST, keepalive_timeout=_KEEP_ALIVE)
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=self._timeout,
                auto_decompress=False,
                trust_env=True,  # proxies
            )
        return self._session


class _Body(httpx2.AsyncByteStream):
    """The bytes of a response. Whoever rests between two pieces gets all that came meanwhile as one."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        content, now = self._response.content, asyncio.get_running_loop().time
        rests = False
        while not content.at_eof():
            self._listen()
            if piece := content.read_nowait(_PIECE) or await content.read(_PIECE):
                if rests:
                    self._rest()
                began = now()
                yield piece
                rests = now() - began > _A_REST
        self._listen()

    async def aclose(self) -> None:
        """Give the connection back where the body was read to its end, and end it otherwise."""
        self._response.release()

    def _rest(self) -> None:
        """Leave what comes with the system: nothing wakes the program for it."""
        if (connection := self._response.connection) is not None and connection.transport is not None:
            connection.transport.pause_reading()

    def _listen(self) -> None:
        if (connection := self._response.connection) is not None and connection.transport is not None:
            connection.transport.resume_reading()


def _named(error: Exception) -> httpx2.TransportError:
    """The error as the SDK knows it. Only where no connection was made is it certain that nothing was sent."""
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return httpx2.ConnectTimeout(str(error))
    if isinstance(error, aiohttp.ClientConnectorError):
        return httpx2.ConnectError(str(error))
    return httpx2.ReadError(str(error))
