"""Calls of Slack's Web API: one connection pool, nothing ever sent twice by itself, every failure classified."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.failures import DEAD_TOKEN, SlackRefused, refused
from adapters.slack.inbound import Us

log = structlog.get_logger(__name__)

Json: TypeAlias = dict[str, Any]
SLACK = "https://slack.com/api/"

_TIMEOUT = aiohttp.ClientTimeout(total=30, connect=10)
_READS = ("conversations.history", "conversations.replies", "conversations.info", "users.info", "files.info")
_READ_TRIES = 3


class Api:
    """The bot's calls. Reads are tried again, writes never: that is for whoever knows what was written.

    `base_url` ends in `/api/`.
    """

    def __init__(self, token: str, base_url: str = SLACK) -> None:
        self.base_url = base_url
        self.token = token
        self._session: aiohttp.ClientSession | None = None
        self._client: AsyncWebClient | None = None
        self._closed = False
        self._us: Us | None = None
        self._asking = asyncio.Lock()
        self.scopes: frozenset[str] | None = None
        """What the token may do, once Slack has said so."""
        self.dead: str | None = None
        """Why the token is good for nothing any more."""

    @property
    def client(self) -> AsyncWebClient:
        """The SDK's client. Its own way of trying again is off: it posts twice when an answer is lost.

        Raises SlackRefused once it is closed: what is still to be said is said after the next start.
        """
        if self._closed:
            raise refused("disconnected")
        if self._client is None:
            self._session = aiohttp.ClientSession(timeout=_TIMEOUT)
            self._client = AsyncWebClient(
                self.token, base_url=self.base_url, session=self._session, retry_handlers=[]
            )
        return self._client

    async def close(self) -> None:
        """Let go of every connection, for good."""
        self._closed = True
        if self._session is not None:
            await self._session.close()

    async def us(self) -> Us:
        """Who we are. Asked once."""
        async with self._asking:
            if self._us is None:
                answer = await self.read("auth.test")
                self._us = Us(
                    str(answer["team_id"]), str(answer["user_id"]), str(answer.get("bot_id", "")), _home(answer)
                )
        return self._us

    @property
    def known(self) -> Us | None:
        """Who we are, if that was asked already."""
        return self._us

    async def write(self, method: str, **arguments: Any) -> Json:
        """Make a call once. Raises SlackRefused; with the code `lost` it may have been carried out."""
        given = {name: value for name, value in arguments.items() if value is not None}
        return await self._call(method, http_verb="POST", json=given)

    async def read(self, method: str, **arguments: Any) -> Json:
        """Make a call that changes nothing, again where it was lost or came too soon. Raises SlackRefused."""
        given = {name: value for name, value in arguments.items() if value is not None}
        for tries in range(1, _READ_TRIES + 1):
            try:
                if method in _READS:
                    return await self._call(method, http_verb="GET", params=given)
                return await self._call(method, http_verb="POST", data=given)
            except SlackRefused as error:
                wait = error.failure.retry_after or 0.2 * tries
                if tries == _READ_TRIES or wait > 30 or error.code not in ("lost", "ratelimited"):
                    raise
            await asyncio.sleep(wait)
        raise AssertionError("unreachable")

    async def _call(self, method: str, **how: Any) -> Json:
        try:
            answer = await self.client.api_call(method, **how)
        except SlackApiError as error:
            raise self._refused(method, error) from error
        except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
            raise SlackRefused(method, "lost") from error
        scopes = answer.headers.get("x-oauth-scopes") or answer.headers.get("X-OAuth-Scopes")
        if scopes:
            self.scopes = frozenset(part.strip() for part in str(scopes).split(","))
        found: Json = answer.data if isinstance(answer.data, dict) else {}
        return found

    def _refused(self, method: str, error: SlackApiError) -> SlackRefused:
        response: Any = error.response
        status, headers = int(response.status_code), response.headers
        after = headers.get("Retry-After") or headers.get("retry-after")
        if status == 429:
            return SlackRefused(method, "ratelimited", _seconds(after))
        code = str(response.get("error", "")) if isinstance(response.data, dict) else ""
        if status >= 500 or not code:
            return SlackRefused(method, "lost")
        if code in DEAD_TOKEN and self.dead is None:
            self.dead = code
            log.error("the Slack token is good for nothing any more; set another SLACK_BOT_TOKEN", reason=code)
        if code == "missing_scope":
            log.warning("slack app lacks a scope", method=method, needed=response.get("needed"))
        return SlackRefused(method, code)

    # --- files -----------------------------------------------------------------------------------

    def is_slacks(self, url: str) -> bool:
        """Whether the token may be shown to whoever answers at this address."""
        address, own = urlsplit(url), urlsplit(self.base_url)
        host = (address.hostname or "").lower()
        if (address.scheme, address.netloc) == (own.scheme, own.netloc):
            return True
        slacks = host in ("files.slack.com", "slack-files.com") or host.endswith(
            (".slack.com", ".slack-files.com")
        )
        govs = host.endswith(".slack-gov.com")
        return address.scheme == "https" and address.port in (None, 443) and (slacks or govs)

    async def get(self, url: str) -> tuple[int, str, str, AsyncIterator[bytes]]:
        """Fetch a file from Slack with the token; its status, type, where else it is said to be, and its bytes.

        Raises SlackRefused. No redirect is followed.
        """
        assert self.is_slacks(url)
        client = self.client
        assert self._session is not None
        headers = {"Authorization": f"Bearer {client.token}"}
        try:
            response = await self._session.get(url, headers=headers, allow_redirects=False)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise SlackRefused("url_private", "lost") from error
        if response.status == 429 or response.status >= 500:
            after = response.headers.get("Retry-After")
            response.release()
            code = "ratelimited" if response.status == 429 else "lost"
            raise SlackRefused("url_private", code, _seconds(after))
        return response.status, response.content_type, response.headers.get("Location", ""), _pieces(response)

    async def put(self, url: str, data: bytes) -> None:
        """The second step of an upload. Raises SlackRefused."""
        assert self.client is not None
        assert self._session is not None
        try:
            async with self._session.post(url, data=data) as response:
                if response.status != 200:
                    raise SlackRefused("upload", "lost" if response.status >= 500 else "upload_refused")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise SlackRefused("upload", "lost") from error

    async def respond(self, url: str, body: Json) -> bool:
        """Answer at a response URL; whether it was taken. Raises SlackRefused where nobody knows."""
        if self._closed or not (self.is_slacks(url) and self.client):
            return False
        assert self._session is not None
        try:
            async with self._session.post(url, json=body) as response:
                if response.status >= 500:
                    raise SlackRefused("response_url", "lost")
                return response.status == 200
        except aiohttp.ClientConnectorError:
            return False
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise SlackRefused("response_url", "lost") from error


def _seconds(after: str | None) -> float | None:
    """How long to wait; None where that is not told in seconds, as what stands between us and Slack may do."""
    try:
        return float(after) if after else None
    except ValueError:
        return None


def _home(told: Json) -> str:
    """The address of the workspace's pages, ending in a slash."""
    url = str(told.get("url") or "https://slack.com/")
    return url if url.endswith("/") else f"{url}/"


async def _pieces(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    try:
        async for piece in response.content.iter_chunked(256 * 1024):
            yield piece
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise SlackRefused("url_private", "lost") from error
    finally:
        response.release()
