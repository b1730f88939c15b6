"""The real program and a gateway that names its prices: the page tells what was spent, and what credit is left."""

import io
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from PIL import Image

from bot.demo.server import DemoGateway
from tests.crash.program import program
from tests.web_page import Client, tab

PATIENCE = 60.0


@asynccontextmanager
async def _page(directory: Path, base_url: str) -> AsyncIterator[Client]:
    """The program with a key of its own, and Ada, who runs it, at its page."""
    settings = {
        "AI_GATEWAY_BASE_URL": base_url,
        "AI_GATEWAY_API_KEY": "key",
        "DEFAULT_MODEL": "gatepost/scripted",
        "PLAYGROUND": "on",
        "ADMINS": "web:ada",
    }
    jar = aiohttp.CookieJar(unsafe=True)
    async with program(directory, **settings) as running, aiohttp.ClientSession(cookie_jar=jar) as http:
        async with http.get(await running.invitation()) as entered:
            assert entered.status == 200
        http.headers["Origin"] = running.origin
        yield Client(http, running.origin, "ada")


async def _private(socket: aiohttp.ClientWebSocketResponse) -> Any:
    """The next private answer."""
    while True:
        frame = await socket.receive_json(timeout=PATIENCE)
        if "private" in frame:
            return frame["private"]


async def _answered(socket: aiohttp.ClientWebSocketResponse) -> None:
    """Wait for an answer's end."""
    while True:
        frame = await socket.receive_json(timeout=PATIENCE)
        if any(one["person"]["us"] and one["final"] for one in frame.get("messages", ())):
            return


@pytest.mark.skipif(sys.platform == "win32", reason="the program is ended by a signal")
async def test_the_channels_spending_is_told_with_a_chart_and_the_credit_to_who_runs_it(tmp_path: Path) -> None:
    async with DemoGateway(pace=5000, first_token=0.0) as demo:
        async with _page(tmp_path, demo.base_url) as ada, tab(ada) as socket:
            await ada.say("@Gatepost hello there")
            await _answered(socket)
            looked = sum(one.path == "/v1/credits" for one in demo.requests)
            await ada.say("/usage channel")
            usage = await _private(socket)
            async with ada.http.get(f"{ada.origin}{usage['files'][0]['url']}", params={"as": "ada"}) as response:
                chart = await response.read()
            await ada.say("/status")
            status = await _private(socket)
        looked_since = sum(one.path == "/v1/credits" for one in demo.requests) - looked

    assert "This channel's spending" in usage["html"]
    assert "Today: $0.00" in usage["html"]
    assert " in 1 request" in usage["html"]
    assert usage["files"][0]["description"].startswith("Bar chart. This channel's spending, US dollars a day.")
    with Image.open(io.BytesIO(chart)) as drawn:
        assert drawn.format == "PNG"
    assert "of the gateway's credit is left" in status["html"]
    assert 1 <= looked <= 2, "by the watch, and by the check at the start"
    assert looked_since == 0, "/status tells what was heard last"
