"""How a REST call is served: recorded, counted, checked, perhaps made to fail, done and answered."""

import asyncio
import mimetypes
import re
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import BodyPartReader, web

from tests.discord_town import errors
from tests.discord_town.calls import Call, Calls
from tests.discord_town.errors import DiscordError
from tests.discord_town.faults import Fault, Faults
from tests.discord_town.limits import RateLimits, Verdict
from tests.discord_town.state import REQUEST_LIMIT, State
from tests.discord_town.world import Channel, Json, Upload

API = "/api/v10"


@dataclass(frozen=True, slots=True)
class Accepted:
    """An answer with a status other than 200 that is no error."""

    status: int
    body: Json


Answer = Json | list[Any] | Accepted | None


@dataclass(slots=True)
class Ask:
    """One call, read: what its handler needs."""

    state: State
    params: dict[str, str]
    query: dict[str, str]
    body: Any
    uploads: list[Upload]
    repeated: list[tuple[str, str]]

    def id(self, name: str) -> int:
        """An id in the path. Raises 50035 for what is none."""
        value = self.params[name]
        if not value.isdigit():
            raise errors.invalid(name, "NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')
        return int(value)

    def number(self, name: str, default: int | None = None) -> int | None:
        """A number in the query. Raises 50035 for what is none."""
        value = self.query.get(name)
        if value is None:
            return default
        if not value.isdigit():
            raise errors.invalid(name, "NUMBER_TYPE_COERCE", f'Value "{value}" is not int.')
        return int(value)

    @property
    def channel(self) -> Channel:
        return self.state.channel(self.id("channel_id"))

    @property
    def now(self) -> float:
        return self.state.clock()


Handler = Callable[[Ask], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """One route. `place` names the parameter that its bucket is kept for; a public route needs no token of the bot
    and does not count towards the limit over all channels."""

    name: str
    method: str
    path: str
    handle: Handler
    place: tuple[str, ...]
    bucket: str
    public: bool


class Routes:
    """A table of routes, filled by decorators."""

    def __init__(self) -> None:
        self.all: list[Route] = []

    def __call__(
        self, method: str, path: str, *, name: str = "", bucket: str = "", public: bool = False
    ) -> Callable[[Handler], Handler]:
        """Serve this path with the function; its name is the route's unless another is given."""
        place = tuple(re.findall(r"\{(channel_id|guild_id|token)\}", path)[:1])

        def add(handle: Handler) -> Handler:
            called = name or handle.__name__
            self.all.append(Route(called, method, path, handle, place, bucket or called, public))
            return handle

        return add


@dataclass
class Rest:
    """All the routes over one state, with limits, faults and the record."""

    state: State
    limits: RateLimits = field(default_factory=RateLimits)
    calls: Calls = field(default_factory=Calls)
    latency: float = 0.0
    """Seconds that a call takes, half of them on its way there."""
    problems: list[Exception] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.faults = Faults(self.calls.routes)

    def handler(self, route: Route) -> Callable[[web.Request], Any]:
        """The route as aiohttp wants it."""
        self.calls.routes.add(route.name)

        async def serve(request: web.Request) -> web.StreamResponse:
            return await self._serve(route, request)

        return serve

    async def no_route(self, request: web.Request) -> web.StreamResponse:
        """What is asked for that nobody serves: 404, and in the record."""
        call = Call("?", request.method, request.path, "", self.state.clock(), status=404)
        call.answered = call.at
        self.calls.made.append(call)
        return _json(404, errors.not_found().body)

    async def _serve(self, route: Route, request: web.Request) -> web.StreamResponse:
        params = dict(request.match_info)
        call = Call(route.name, request.method, request.path, ":".join(params[k] for k in route.place), 0.0)
        call.query = dict(request.query)
        body, uploads = await _read(request, self.state)
        call.body = body if isinstance(body, dict) else {"list": body}
        call.files = [one.filename for one in uploads]
        fault = self.faults.take(call)
        await _wait(self.latency / 2 + fault.seconds)
        call.at = self.state.clock()
        self.calls.made.append(call)
        for upload in uploads:
            upload.channel_id = int(params.get("channel_id", "0"))
        ask = Ask(self.state, params, call.query, body, uploads, list(request.query.items()))
        status, answer, headers = self._do(route, ask, call, fault, request)
        await _wait(self.latency / 2 + fault.late)
        call.answered, call.status = self.state.clock(), 0 if fault.cut else status
        self.state.touch()
        if fault.cut:
            return _break(request, reset=fault.reset)
        return _json(status, answer, headers)

    def _do(
        self, route: Route, ask: Ask, call: Call, fault: Fault, request: web.Request
    ) -> tuple[int, Any, dict[str, str]]:
        headers: dict[str, str] = {"via": "1.1 google"}
        try:
            if not route.public and request.headers.get("Authorization") != f"Bot {self.state.application.token}":
                raise errors.unauthorized()
            verdict = self.limits.take(route.bucket, call.place, ask.now, counts_globally=not route.public)
            headers |= verdict.headers
            if verdict.retry_after is not None:
                return 429, _refusal(verdict), headers
            answer: Answer = None
            if fault.harmless or fault.done:
                answer = route.handle(ask)
                call.done = True
            if fault.status is not None:
                call.code = fault.code
                return _told(fault, headers)
            if isinstance(answer, Accepted):
                return answer.status, answer.body, headers
            return 204 if answer is None else 200, answer, headers
        except DiscordError as error:
            call.code = error.body["code"]
            return error.status, error.body, headers
        except Exception as problem:
            self.problems.append(problem)
            raise


def _refusal(verdict: Verdict) -> Json:
    return {
        "message": "You are being rate limited.",
        "retry_after": verdict.retry_after,
        "global": verdict.everywhere,
    }


def _told(fault: Fault, headers: dict[str, str]) -> tuple[int, Any, dict[str, str]]:
    assert fault.status is not None
    if fault.retry_after is None:
        return fault.status, {"message": fault.message, "code": fault.code}, headers
    if not fault.via:
        return fault.status, "error code: 1015", {}
    refusal = _refusal(Verdict({}, fault.retry_after, fault.everywhere))
    everywhere = {"x-ratelimit-global": "true", "x-ratelimit-scope": "global"} if fault.everywhere else {}
    return fault.status, refusal, {**headers, "retry-after": str(fault.retry_after), **everywhere}


def _json(status: int, body: Any, headers: dict[str, str] | None = None) -> web.Response:
    """An answer whose content type is what discord.py compares with, to the letter."""
    if status == 204:
        return web.Response(status=204, headers=headers)
    if isinstance(body, str):
        return web.Response(status=status, text=body, content_type="text/plain")
    raw = orjson.dumps(body)
    return web.Response(status=status, body=raw, headers={**(headers or {}), "content-type": "application/json"})


def _break(request: web.Request, *, reset: bool) -> web.Response:
    """End the connection; with `reset` the peer hears of it by a RST."""
    if request.transport is not None:
        if reset:
            connection = request.transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()
    return web.Response()


async def _wait(seconds: float) -> None:
    if seconds:
        await asyncio.sleep(seconds)


async def _read(request: web.Request, state: State) -> tuple[Any, list[Upload]]:
    """The body and the files of a request."""
    if request.content_type != "multipart/form-data":
        raw = await request.read()
        return (orjson.loads(raw) if raw else {}), []
    body: Any = {}
    uploads: list[Upload] = []
    async for part in await request.multipart():
        assert isinstance(part, BodyPartReader)
        data = bytes(await part.read())
        if part.name == "payload_json":
            body = orjson.loads(data)
        else:
            name = part.filename or "file"
            kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
            uploads.append(Upload(state.snowflake(state.clock()), 0, name, data, kind))
    return body, uploads


def check_sizes(state: State, uploads: list[Upload]) -> None:
    """Raise 40005 for files that are too large."""
    sizes = [len(one.data) for one in uploads]
    if sum(sizes) > REQUEST_LIMIT or any(size > state.file_limit for size in sizes):
        raise errors.too_large()
