"""How Slack reaches us: what slack_bolt hands on is kept, then acknowledged; signed HTTP on our own port."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias

import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.failures import UNREADABLE, NotUnderstood
from adapters.slack.manifest import EVENTS_PATH
from bot.errors import PlatformError, StoreError
from bot.ports import Route

log = structlog.get_logger(__name__)

Json: TypeAlias = dict[str, Any]
Take: TypeAlias = Callable[[Json], Awaitable[Json | str | None]]
"""Takes what Slack sent; returns what goes with the acknowledgement. Raises what forbids one."""

_OURS_TO_ANSWER = ("url_verification",)

_SSL_CHECK = b"ssl_check=1"
_NEVER_AGAIN = {"X-Slack-No-Retry": "1"}
"""Tells Slack that it need not send the same once more."""


class Keep(AsyncMiddleware):
    """Keeps what comes in; only then it is acknowledged. A whole middleware, as bolt reads more for a function."""

    def __init__(self, take: Take) -> None:
        self._take = take

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - bolt's name
    ) -> BoltResponse:
        """Answer with what goes with the acknowledgement, or with what forbids one."""
        body = req.body
        if body.get("type") in _OURS_TO_ANSWER or "ssl_check" in body:
            return await next()
        try:
            answer = await self._take(body)
        except NotUnderstood as error:
            log.warning("slack sent what is not understood", kind=str(body.get("type"))[:40], detail=str(error))
            return BoltResponse(status=400, body="not understood", headers={**_NEVER_AGAIN})
        except (StoreError, PlatformError) as error:
            log.warning("event not kept, so not acknowledged", error=type(error).__name__, detail=str(error))
            return BoltResponse(status=503, body="")
        return _response(answer)


def bolt_app(client: AsyncWebClient, take: Take) -> AsyncApp:
    """slack_bolt with one thing to do: what comes in is kept, then acknowledged.

    It comes before bolt asks who we are, as a failure of that question is answered with 200 there.
    """
    quiet = logging.getLogger("slack_bolt")
    quiet.setLevel(logging.ERROR)  # it warns at every start that we set what we mean to set
    return AsyncApp(
        logger=quiet,
        client=client,
        signing_secret="",
        request_verification_enabled=False,  # it reads a body first, and is sure of its form: see HttpEvents
        before_authorize=Keep(take),
        attaching_conversation_kwargs_enabled=False,
    )


def _response(answer: Json | str | None) -> BoltResponse:
    if isinstance(answer, dict):
        return BoltResponse(status=200, body=answer, headers={"content-type": "application/json"})
    return BoltResponse(status=200, body=answer or "")


class HttpEvents:
    """Signed events, commands and interactions on the program's own port."""

    def __init__(self, app: Callable[[], AsyncApp | None], signing_secret: str) -> None:
        self._app = app
        self._verifier = SignatureVerifier(signing_secret)

    def routes(self) -> Sequence[Route]:
        """The one path."""
        return (Route("POST", EVENTS_PATH, self._handle),)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        app = self._app()
        if app is None:  # just starting: Slack tries again
            return web.Response(status=503)
        body = await request.read()
        if not self._is_signed(body, request.headers):
            looked = _SSL_CHECK in body.split(b"&")  # Slack looks at the certificate now and then, unsigned
            return web.Response(status=200 if looked else 401)
        try:
            told = await to_bolt_request(request)
        except UNREADABLE as error:
            log.warning("slack sent what is no request of its own", error=type(error).__name__)
            return web.Response(status=400, text="not understood", headers=_NEVER_AGAIN)
        return await to_aiohttp_response(await app.async_dispatch(told))

    def _is_signed(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Whether Slack signed this, in the last five minutes."""
        try:
            return self._verifier.is_valid_request(body, headers)
        except (
            ValueError,
            TypeError,
            ArithmeticError,
        ):  # a time that is none, letters that no signature has
            return False
