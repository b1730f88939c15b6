"""The Web API: reads a call, lets limits and faults have their say, runs the method, writes the answer."""

import orjson
from aiohttp import web

from tests.slack_town.call import Call, Method, decoded
from tests.slack_town.errors import Refusal
from tests.slack_town.faults import Fault, Faults
from tests.slack_town.limits import Limits
from tests.slack_town.methods import agents, chat, conversations, files, people, streams, views
from tests.slack_town.tokens import Tokens
from tests.slack_town.values import Json
from tests.slack_town.world import World

METHODS: dict[str, Method] = {
    **agents.METHODS,
    **chat.METHODS,
    **conversations.METHODS,
    **files.METHODS,
    **people.METHODS,
    **streams.METHODS,
    **views.METHODS,
}


class WebApi:
    """`/api/METHOD`. Every call is in `world.calls`, also one that failed."""

    def __init__(self, world: World, tokens: Tokens) -> None:
        self.world = world
        self.tokens = tokens
        self.limits = Limits()
        self.faults = Faults()
        self.latency = 0.0
        """Seconds that every call is on its way, half of them before it arrives."""
        self.methods = dict(METHODS)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one call."""
        await self.world.clock.sleep(self.latency / 2)
        call, unreadable = await self._read(request)
        self.world.calls.append(call)
        self.world.unanswered.add(call)
        fault = self.faults.take(call)
        try:
            if fault is not None:
                await self._before(fault)
            if fault is not None and fault.reset:
                return self._cut(request, call)
            response = self._told(fault, call) or self._run(call, unreadable)
            await self.world.clock.sleep(self.latency / 2 + (fault.late if fault is not None else 0.0))
            if fault is not None and fault.lost:
                return self._cut(request, call)
            return response
        finally:
            call.finished = self.world.clock.now()
            self.world.unanswered.discard(call)
            self.world.ring()

    async def _read(self, request: web.Request) -> tuple[Call, Refusal | None]:
        args: dict[str, object] = dict(request.query)
        if request.content_type == "application/json":
            body = await request.read()
            args |= orjson.loads(body) if body else {}
        else:
            args |= dict(await request.post())
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        token = token if kind.lower() == "bearer" else str(args.pop("token", ""))
        peer = request.transport.get_extra_info("peername")[1] if request.transport else 0
        now = self.world.clock.now()
        try:
            return Call(request.match_info["method"], decoded(args), token, now, peer), None
        except Refusal as refusal:
            return Call(request.match_info["method"], args, token, now, peer), refusal

    async def _before(self, fault: Fault) -> None:
        if fault.gate is not None:
            await fault.gate.wait()
        if fault.seconds:
            await self.world.clock.sleep(fault.seconds)

    def _cut(self, request: web.Request, call: Call) -> web.StreamResponse:
        """Close the connection instead of answering."""
        call.lost = True
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    def _told(self, fault: Fault | None, call: Call) -> web.StreamResponse | None:
        """What a fault says instead of the method."""
        if fault is None or (fault.status == 200 and not fault.error):
            return None
        body = {"ok": False, "error": fault.error or "internal_error"} | fault.fields
        return self._answer(call, body, fault.status, fault.retry_after, fault.body)

    def _run(self, call: Call, unreadable: Refusal | None) -> web.StreamResponse:
        self.world.expire()
        try:
            if unreadable is not None:
                raise unreadable
            method = self.methods.get(call.method)
            if method is None:
                raise Refusal("unknown_method", req_method=call.method)
            self.tokens.check(call.token, method)
            channel = call.text("channel")
            wait = self.limits.count(call.method, method.allowance, call.at, channel)
            if wait is not None:
                return self._answer(call, {"ok": False, "error": "ratelimited"}, 429, wait)
            return self._answer(call, {"ok": True} | method.handler(self.world, call))
        except Refusal as refusal:
            return self._answer(call, {"ok": False, "error": refusal.error} | refusal.fields)

    def _answer(
        self, call: Call, body: Json, status: int = 200, retry_after: int | None = None, raw: str = ""
    ) -> web.StreamResponse:
        call.status, call.body = status, body
        headers = {"X-Slack-Req-Id": f"{len(self.world.calls):032x}"}
        if retry_after is not None:
            headers["Retry-After"] = str(retry_after)
        if call.token in self.tokens.scopes:
            headers["X-OAuth-Scopes"] = ",".join(sorted(self.tokens.scopes[call.token]))
        if raw:
            return web.Response(status=status, text=raw, content_type="text/html", headers=headers)
        return web.Response(
            status=status,
            body=orjson.dumps(body),
            content_type="application/json",
            charset="utf-8",
            headers=headers,
        )
