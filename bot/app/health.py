"""Whether the program lives and can answer people, and its figures: what the port tells whoever watches."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from ipaddress import ip_address
from typing import Literal, TypeAlias

from aiohttp import web

from bot.errors import GatepostError
from bot.metrics import CONTENT_TYPE, Metrics
from bot.ports import Adapter, Clock, ReportsHealth, Route, offers
from bot.store.engine import Store
from bot.store.intents.rows import alive

SILENT_AFTER = 180.0
"""Seconds without a sign of life after which a platform's connection no longer counts as one."""

Watchers: TypeAlias = Literal["local", "on", "off"]
"""Who may read the figures: only this machine, whoever reaches the port, or nobody."""


_NOT_FOR_OTHERS = "The figures are for this machine only; METRICS=on opens them to whoever reaches the port.\n"


class Readiness:
    """What people need for an answer, each with what is wrong with it at the moment."""

    def __init__(
        self, store: Store, adapters: Sequence[Adapter], gateway: Callable[[], str | None], clock: Clock
    ) -> None:
        self._store = store
        self._adapters = adapters
        self._gateway = gateway
        self._clock = clock

    async def report(self) -> Mapping[str, str | None]:
        """By name, what is wrong; None where nothing is."""
        platforms = {adapter.platform: self._platform(adapter) for adapter in self._adapters}
        return {"store": await self._store_trouble(), "gateway": self._gateway(), **platforms}

    def connected(self) -> Mapping[str, bool]:
        """Which platforms are connected."""
        return {adapter.platform: self._platform(adapter) is None for adapter in self._adapters}

    async def _store_trouble(self) -> str | None:
        try:
            await self._store.read(alive)
        except GatepostError as error:
            return f"does not answer ({type(error).__name__})"
        return None

    def _platform(self, adapter: Adapter) -> str | None:
        if not offers(adapter, ReportsHealth):
            return None
        health = adapter.health()
        if not health.connected:
            return "not connected"
        silent = self._clock() - health.heard_at if health.heard_at is not None else 0.0
        return f"connected, but silent for {silent:.0f} s" if silent > SILENT_AFTER else None


def health_routes(readiness: Readiness, metrics: Metrics, watchers: Watchers) -> tuple[Route, ...]:
    """`/healthz`, `/readyz` and, unless nobody may read them, `/metrics`."""

    async def healthz(_request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def readyz(_request: web.Request) -> web.Response:
        report = await readiness.report()
        ready = not any(report.values())
        lines = [f"{name}: {trouble or 'ok'}" for name, trouble in report.items()]
        text = "\n".join(["ready" if ready else "not ready", *lines, ""])
        return web.Response(status=200 if ready else 503, text=text)

    async def figures(request: web.Request) -> web.Response:
        if watchers == "local" and not _is_local(request):
            return web.Response(status=403, text=_NOT_FOR_OTHERS)
        metrics.connections(readiness.connected())
        return web.Response(body=metrics.text(), headers={"Content-Type": CONTENT_TYPE})

    own = [("/healthz", healthz), ("/readyz", readyz), *([("/metrics", figures)] if watchers != "off" else [])]
    return tuple(Route("GET", path, _unstored(handler)) for path, handler in own)


Handler: TypeAlias = Callable[[web.Request], Awaitable[web.Response]]


def _unstored(handler: Handler) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        response = await handler(request)
        response.headers["Cache-Control"] = "no-store"
        return response

    return answer


def _is_local(request: web.Request) -> bool:
    """Whether the request comes from this machine itself, and not through a proxy on it."""
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    return ip_address((request.remote or "0.0.0.0").partition("%")[0]).is_loopback
