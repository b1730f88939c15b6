"""Single calls to Discord over HTTP.

discord.py's own wait, retry and block behind the back of what paces them: one that used up its bucket returns only
when that is full again, and a global 429 is tried again by all who met it at the same moment.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import aiohttp
import orjson

from adapters.discord.errors import Refusal, no_answer, not_found, refusal
from adapters.discord.limits import Bucket, Rank, Total
from bot.messages import Budget, FailureKind, OutFile

DISCORD = "https://discord.com/api/v10"
FILE_HOSTS = frozenset({"cdn.discordapp.com", "media.discordapp.net"})
USER_AGENT = "DiscordBot (https://github.com/gatepost/gatepost, 1)"

Asked: TypeAlias = Mapping[str, str] | Sequence[tuple[str, str]]
"""What stands behind the question mark; in pairs, where a name stands there more than once."""

_SECONDS = 30.0
"""How long a call may take; below the time after which delivery takes it for lost."""

_USUAL = {"post": (5, 5.0), "edit": (5, 5.0), "delete": (5, 1.0), "typing": (5, 5.0), "thread": (10, 10.0)}
"""Calls and seconds that have been observed for each channel, until Discord's headers say otherwise."""

_OTHERWISE = (10, 1.0)
_MOST_BUCKETS = 2_000
_TRIES, _PAUSE = 4, 0.5
_PIECE = 256 * 1024


class Rest:
    """Every call of ours goes through here, so it alone reads headers and keeps Discord's limits."""

    def __init__(self, token: str, base_url: str = DISCORD) -> None:
        self._base_url = base_url.rstrip("/")
        self._authorization = f"Bot {token}"
        self._total = Total()
        self._buckets: dict[tuple[str, str], Bucket] = {}
        self._session: aiohttp.ClientSession | None = None
        self._closed = False
        self._hosts = FILE_HOSTS if self._base_url == DISCORD else {*FILE_HOSTS, urlsplit(base_url).netloc}

    async def close(self) -> None:
        """Hang up, for good."""
        self._closed = True
        if self._session is not None:
            await self._session.close()

    def budget(self, kind: str, channel: str) -> Budget | None:
        """What Discord's headers said of this kind of call in this channel; None while they have said nothing."""
        bucket = self._buckets.get((kind, channel))
        return Budget(bucket.calls, bucket.seconds) if bucket is not None and bucket.told else None

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        kind: str,
        channel: str = "",
        rank: Rank = Rank.READ,
        files: Sequence[OutFile] = (),
        query: Asked | None = None,
        about: int = 0,
        leads_to: int = 0,
    ) -> Any:
        """One call; what it answers, None where that is nothing. Raises Refusal. Never tries twice.

        `kind` and `channel` name the bucket it counts against; `rank`, `about` and `leads_to` are told to `Total`.
        """
        bucket = self._bucket(kind, channel)
        await bucket.enter()
        headers: Mapping[str, str] = {}
        try:
            await self._total.enter(rank, about, leads_to)
            try:
                status, answer, headers = await self._send(method, path, body, files, query)
            finally:
                self._total.leave()
        finally:
            bucket.leave(headers)
        if status < 300:
            return answer
        refused = refusal(status, answer, headers)
        if refused.failure.kind is FailureKind.RATE_LIMIT:
            self._obey(bucket, refused, answer)
        raise refused

    async def patiently(self, method: str, path: str, body: Any = None, **how: Any) -> Any:
        """As `call`, tried again while Discord only stumbles: for what is harmless to ask twice."""
        for tries in range(1, _TRIES + 1):
            try:
                return await self.call(method, path, body, **how)
            except Refusal as refused:
                kind = refused.failure.kind
                if not kind.passes or tries == _TRIES:
                    raise
                await asyncio.sleep(refused.failure.retry_after or _PAUSE * 2 ** (tries - 1))
        raise AssertionError("unreachable")

    async def answer(self, method: str, path: str, body: Any = None, files: Sequence[OutFile] = ()) -> Any:
        """A call that answers an interaction: outside the limits of the bot, proved by the token in the path."""
        status, answer, headers = await self._send(method, path, body, files, None)
        if status >= 300:
            raise refusal(status, answer, headers)
        return answer

    def is_free(self, rank: Rank) -> bool:
        """Whether a call of this rank would be made at once, as far as the limit over everything goes."""
        return self._total.is_free(rank)

    @asynccontextmanager
    async def set_aside(self, calls: int) -> AsyncIterator[None]:
        """Count calls that discord.py makes by itself meanwhile."""
        for _ in range(calls):
            await self._total.enter(Rank.FIRST)
        try:
            yield
        finally:
            for _ in range(calls):
                self._total.leave()

    async def download(self, url: str) -> AsyncIterator[bytes]:
        """A file from Discord's own hosts, in pieces; nothing else is ever fetched, and no redirect followed."""
        address = urlsplit(url)
        if address.netloc not in self._hosts or (address.scheme != "https" and address.netloc in FILE_HOSTS):
            raise not_found("not an address of Discord's")
        try:
            async with self._open().get(url, allow_redirects=False) as response:
                if response.status != 200:
                    raise refusal(response.status, None, response.headers)
                async for piece in response.content.iter_chunked(_PIECE):
                    yield piece
        except (aiohttp.ClientError, TimeoutError) as error:
            raise no_answer(error) from error

    async def _send(
        self, method: str, path: str, body: Any, files: Sequence[OutFile], query: Asked | None
    ) -> tuple[int, Any, Mapping[str, str]]:
        headers = {"Authorization": self._authorization, "User-Agent": USER_AGENT}
        data: bytes | aiohttp.FormData | None = None
        if files:
            data = _form(body, files)
        elif body is not None:
            data = orjson.dumps(body)
            headers["Content-Type"] = "application/json"
        url = f"{self._base_url}{path}"
        try:
            async with self._open().request(method, url, data=data, headers=headers, params=query) as response:
                raw = await response.read()
                return response.status, _parsed(raw), response.headers
        except (aiohttp.ClientError, TimeoutError) as error:
            raise no_answer(error) from error

    def _open(self) -> aiohttp.ClientSession:
        if self._closed:
            raise aiohttp.ClientConnectionError("disconnected")
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=_SECONDS)
            self._session = aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar())
        return self._session

    def _bucket(self, kind: str, channel: str) -> Bucket:
        bucket = self._buckets.get((kind, channel))
        if bucket is None:
            if len(self._buckets) >= _MOST_BUCKETS:
                self._buckets = {key: one for key, one in self._buckets.items() if not one.is_idle}
            bucket = self._buckets[kind, channel] = Bucket(*_USUAL.get(kind, _OTHERWISE))
        return bucket

    def _obey(self, bucket: Bucket, refused: Refusal, answer: Any) -> None:
        wait = refused.failure.retry_after or 0.0
        everywhere = not isinstance(answer, dict) or answer.get("global")
        if everywhere:  # all calls, or, without JSON, Cloudflare's ban of this address
            self._total.block(wait)
        else:
            bucket.block(wait)


def _parsed(raw: bytes) -> Any:
    if not raw:
        return None
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return raw[:200].decode(errors="replace")


def _form(body: Any, files: Sequence[OutFile]) -> aiohttp.FormData:
    form = aiohttp.FormData(quote_fields=False)
    form.add_field("payload_json", orjson.dumps(body).decode(), content_type="application/json")
    for n, file in enumerate(files):
        form.add_field(f"files[{n}]", file.data, filename=file.name, content_type=file.media_type)
    return form
