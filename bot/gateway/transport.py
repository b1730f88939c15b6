"""The one place where the OpenAI SDK is: it builds, sends and checks requests, and hands back bytes.

Nothing of the SDK is imported before it is used.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from typing import TYPE_CHECKING

from bot.errors import GatewayDown, GatewayRefused
from bot.gateway.cleaning import cleaned
from bot.gateway.deferral import defer
from bot.gateway.failures import failure_in_response
from bot.ports import Clock

if TYPE_CHECKING:
    import httpx2
    import openai

_SENT = frozenset(
    {
        "accept",
        "accept-encoding",
        "authorization",
        "connection",
        "content-length",
        "content-type",
        "host",
        "user-agent",
        "x-session-affinity",
        "x-title",
    }
)
"""The only headers that leave. The SDK adds facts about the host, and whatever OPENAI_* variables hold."""

_UNUSED = ("openai.types", "openai.types.responses")
"""What the SDK executes as it is imported and only its resources need, which are not used here: 370 modules,
more than half of the time and the memory (10 MB) that importing it takes."""

# Spelled out although the SDK has defaults: over those, too, a variable of the host would win.
_LIST = {"Accept": "application/json", "User-Agent": "gatepost"}
_STREAM = {
    "Accept": "text/event-stream",
    "Accept-Encoding": "identity",  # a compressed stream arrives in lumps
    "Content-Type": "application/json",
    "User-Agent": "gatepost",
}


class Transport:
    """Sends requests through the SDK. What goes wrong inside `failures()` comes out as a `GatewayError`."""

    def __init__(
        self, *, base_url: str, credential: Callable[[], Awaitable[str]], clock: Clock, connect_timeout: float
    ) -> None:
        self._base_url = base_url
        self._credential = credential
        self._clock = clock
        self._connect_timeout = connect_timeout
        self._building = asyncio.Lock()
        self._client: openai.AsyncOpenAI | None = None

    async def warm(self) -> "openai.AsyncOpenAI":
        """The client; importing the SDK and building it happens once, away from the loop."""
        async with self._building:
            if self._client is None:
                self._client = await asyncio.to_thread(self._build)
            return self._client

    async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> "httpx2.Response":
        """A signed request's response as soon as its head is there; whoever gets it closes it."""
        client = await self.warm()
        from openai import AsyncStream

        stream = await client.post(
            path,
            cast_to=object,
            content=body,
            stream=True,
            stream_cls=AsyncStream[object],
            # Signed here, for every attempt anew: over the SDK's own key a variable of the host would win.
            options={"headers": {**_STREAM, **headers, "Authorization": f"Bearer {await self._key()}"}},
        )
        return stream.response

    async def get(self, path: str, *, signed: bool = False) -> "httpx2.Response":
        """As `post`. What needs no key is sent without any."""
        client = await self.warm()
        from openai import AsyncStream, Omit

        authorization = f"Bearer {await self._key()}" if signed else Omit()
        stream = await client.get(
            path,
            cast_to=object,
            stream=True,
            stream_cls=AsyncStream[object],
            options={"headers": {**_LIST, "Authorization": authorization}},
        )
        return stream.response

    async def look_up(self, path: str) -> tuple[int, bytes]:
        """The status and the body of a small signed request, whatever the status."""
        await self.warm()
        import openai

        try:
            async with aclosing(await self.get(path, signed=True)) as response:
                return response.status_code, await response.aread()
        except openai.APIStatusError as error:
            return error.status_code, error.response.content

    async def close(self) -> None:
        """Close every connection."""
        async with self._building:
            if self._client is not None:
                await self._client.close()
                self._client = None

    @contextmanager
    def failures(self) -> Iterator[None]:
        """Turn what the SDK and the transports under it raise into our errors, in the head and in the body."""
        import httpx2
        import openai
        from aiohttp import ClientError

        try:
            yield
        except openai.APIStatusError as error:
            response = error.response
            raise failure_in_response(
                response.status_code, response.headers, response.content, self._clock()
            ) from error
        except (openai.APIError, httpx2.RequestError, ClientError, ConnectionError) as error:
            cause = error.__cause__ or error
            failure = GatewayDown(cleaned(f"{type(cause).__name__}: {cause}"))
            unsent = (httpx2.ConnectError, httpx2.ConnectTimeout)
            failure.billable = not any(isinstance(one, unsent) for one in _causes(error))
            raise failure from error

    async def _key(self) -> str:
        key = (await self._credential()).strip()
        if not key.isascii() or not key.isprintable():
            raise GatewayRefused("the key holds characters that no header can carry")
        return key

    def _build(self) -> "openai.AsyncOpenAI":
        for package in _UNUSED:
            defer(package)
        import openai

        from bot.gateway.connections import Connections

        http_client = openai.DefaultAsyncHttpxClient(
            transport=Connections(self._connect_timeout), timeout=None, event_hooks={"request": [_strip]}
        )
        client = openai.AsyncOpenAI(
            # The credential is put on each request; the SDK only refuses to be built without any.
            api_key="unused",
            admin_api_key="",
            base_url=self._base_url,
            http_client=http_client,
            max_retries=0,
        )
        # It looks around the host once, and would do so during the first person's request.
        client.platform_headers()
        return client


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error under all the names that each layer has given it."""
    while error is not None:
        yield error
        error = error.__cause__


async def _strip(request: "httpx2.Request") -> None:
    for name in set(request.headers) - _SENT:
        del request.headers[name]
