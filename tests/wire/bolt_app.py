"""An app made with slack-bolt as it is, over Socket Mode or HTTP, that writes down all it hears."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from re import compile as pattern
from typing import Any

from aiohttp import ClientSession, web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from tests.slack_town.tokens import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET
from tests.slack_town.town import Town, slack_town
from tests.slack_town.values import Json


@dataclass
class Bolt:
    """The app. `requests` holds what reached it, acknowledged or not; with `deaf` it acknowledges no events."""

    town: Town
    app: AsyncApp
    client: AsyncWebClient
    session: ClientSession
    deaf: int = 0
    requests: list[AsyncBoltRequest] = field(default_factory=list)
    handler: AsyncSocketModeHandler | None = None

    @property
    def events(self) -> list[Json]:
        """The events, in the order they came."""
        return [one.body["event"] for one in self.requests if "event" in one.body]

    @property
    def retries(self) -> list[str]:
        """The number of each event's delivery, 0 for a first one."""
        return [one.headers.get("x-slack-retry-num", ["0"])[0] for one in self.requests if "event" in one.body]


@asynccontextmanager
async def bolt_app(where: Town | None = None) -> AsyncIterator[Bolt]:
    """An app that is not connected yet, in a town of its own or in this one."""
    async with nullcontext(where) if where else slack_town() as town, ClientSession() as session:
        client = AsyncWebClient(BOT_TOKEN, base_url=town.base_url, session=session, retry_handlers=[])
        built = Bolt(town, AsyncApp(client=client, signing_secret=SIGNING_SECRET), client, session)

        @built.app.middleware
        async def note(req: AsyncBoltRequest, next: Callable[[], Awaitable[BoltResponse]]) -> BoltResponse:  # noqa: A002
            built.requests.append(req)
            town.world.ring()
            if "event" in req.body and built.deaf > 0:
                built.deaf -= 1
                raise RuntimeError("not now")
            return await next()

        @built.app.event(pattern(".*"))
        async def anything(body: Json) -> None:
            """Bolt acknowledges only what somebody listens to."""

        yield built


@asynccontextmanager
async def over_socket_mode(where: Town | None = None, ping_interval: float = 1.0) -> AsyncIterator[Bolt]:
    """An app that is connected by Socket Mode."""
    async with bolt_app(where) as bolt:
        bolt.handler = AsyncSocketModeHandler(bolt.app, APP_TOKEN, ping_interval=ping_interval)
        await bolt.handler.connect_async()  # type: ignore[no-untyped-call]
        await bolt.town.sockets.connected()
        try:
            yield bolt
        finally:
            await bolt.handler.close_async()  # type: ignore[no-untyped-call]


@asynccontextmanager
async def over_http() -> AsyncIterator[Bolt]:
    """An app that listens for Slack's requests on a port of its own."""
    async with bolt_app() as bolt:

        async def receive(request: web.Request) -> web.StreamResponse:
            answer: Any = await bolt.app.async_dispatch(await to_bolt_request(request))
            return await to_aiohttp_response(answer)

        own = web.Application()
        own.router.add_post("/slack/events", receive)
        runner = web.AppRunner(own, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        bolt.town.send_events_to(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events")
        try:
            yield bolt
        finally:
            await runner.cleanup()
