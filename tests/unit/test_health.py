"""What the port tells whoever watches: over a real port, about a real store, with a platform that can be lost."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from bot.app.health import SILENT_AFTER, Readiness, Watchers, health_routes
from bot.http import Port, listen
from bot.metrics import Metrics
from bot.ports import CallFigures, Health, TurnFigures
from bot.store.engine import Store, open_store
from tests.simulated_platform import SimulatedPlatform


class LosableAdapter(SimulatedPlatform):
    """A platform whose connection is as the test says."""

    now = Health(connected=True, heard_at=1000.0)

    def health(self) -> Health:
        return self.now


@asynccontextmanager
async def watched(
    tmp_path: Path, adapter: LosableAdapter, metrics: Metrics, watchers: Watchers = "local"
) -> AsyncIterator[tuple[Port, Store]]:
    store = open_store(f"sqlite:///{tmp_path / 'db'}")
    readiness = Readiness(store, [adapter], lambda: None, lambda: 1000.0)
    port = await listen("127.0.0.1", 0, health_routes(readiness, metrics, watchers))
    try:
        yield port, store
    finally:
        await port.close()
        await store.close()


async def got(port: Port, path: str, **headers: str) -> tuple[int, str]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port.port}{path}", headers=headers) as response,
    ):
        return response.status, await response.text()


async def test_readiness_goes_down_and_up_with_a_platform(tmp_path: Path) -> None:
    adapter = LosableAdapter(platform="losable")
    async with watched(tmp_path, adapter, Metrics("1")) as (port, _):
        first = await got(port, "/readyz")
        adapter.now = Health(connected=False)
        lost = await got(port, "/readyz")
        adapter.now = Health(connected=True, heard_at=1000.0 - SILENT_AFTER - 1)
        silent = await got(port, "/readyz")
        adapter.now = Health(connected=True, heard_at=999.0)
        back = await got(port, "/readyz")
        alive = await got(port, "/healthz")

    assert first == back == (200, "ready\nstore: ok\ngateway: ok\nlosable: ok\n")
    assert lost == (503, "not ready\nstore: ok\ngateway: ok\nlosable: not connected\n")
    assert silent[0] == 503
    assert "losable: connected, but silent for 181 s" in silent[1]
    assert alive == (200, "ok\n")


async def test_a_store_that_does_not_answer_is_not_ready(tmp_path: Path) -> None:
    async with watched(tmp_path, LosableAdapter(platform="losable"), Metrics("1")) as (port, store):
        await store.close()
        shutil.rmtree(tmp_path)
        status, text = await got(port, "/readyz")

    assert status == 503
    assert "store: does not answer" in text


async def test_the_figures_say_what_happened_and_nothing_of_whom(tmp_path: Path) -> None:
    metrics = Metrics("1.2.3")
    metrics.turn(TurnFigures("town", "done", "acme/alpha", 2.5, 0.3, 100, 20, "0.0021"))
    metrics.turn(TurnFigures("town", "failed", "acme/alpha", 1.0, error="GatewayBusy"))
    metrics.call(CallFigures("town", "edit", "made", age=0.2, saved=41))
    metrics.call(CallFigures("town", "edit", "rate_limit"))
    metrics.event("town", 990.0)
    metrics.watch("gatepost_turns_running", "Answers being written", lambda: 3)
    async with watched(tmp_path, LosableAdapter(platform="losable"), metrics) as (port, _):
        status, text = await got(port, "/metrics")

    lines = text.splitlines()
    assert status == 200
    assert 'gatepost_turns_total{platform="town",result="done"} 1.0' in lines
    assert 'gatepost_turn_errors_total{error="GatewayBusy"} 1.0' in lines
    assert 'gatepost_first_text_seconds_count{platform="town"} 1.0' in lines
    assert 'gatepost_tokens_total{kind="prompt",model="acme/alpha"} 100.0' in lines
    assert 'gatepost_cost_dollars_total{model="acme/alpha"} 0.0021' in lines
    assert 'gatepost_platform_calls_total{platform="town",result="rate_limit",verb="edit"} 1.0' in lines
    assert 'gatepost_edits_saved_total{platform="town"} 41.0' in lines
    assert 'gatepost_last_event_timestamp_seconds{platform="town"} 990.0' in lines
    assert 'gatepost_platform_connected{platform="losable"} 1.0' in lines
    assert "gatepost_turns_running 3.0" in lines
    assert 'gatepost_info{version="1.2.3"} 1.0' in lines


@pytest.mark.parametrize(("watchers", "forwarded"), [("local", 403), ("on", 200), ("off", 404)])
async def test_the_figures_have_their_own_rule(tmp_path: Path, watchers: Watchers, forwarded: int) -> None:
    async with watched(tmp_path, LosableAdapter(platform="losable"), Metrics("1"), watchers) as (port, _):
        status, _ = await got(port, "/metrics", **{"X-Forwarded-For": "203.0.113.7"})
        health, _ = await got(port, "/healthz", **{"X-Forwarded-For": "203.0.113.7"})

    assert status == forwarded
    assert health == 200
