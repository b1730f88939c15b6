"""The real program and the page: what is kept is handed out and forgotten, also by the next process."""

import asyncio
import json
import sqlite3
import sys
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.crash.program import PATIENCE, Program, Victim, program

WORDS = "zebrafish"
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the program is ended by a signal")


@dataclass
class Tab:
    """Ada's page: what she does, and what it was told."""

    http: aiohttp.ClientSession
    origin: str
    notes: list[dict[str, Any]] = field(default_factory=list)
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)
    count: int = 0

    async def act(self, path: str, **fields: Any) -> None:
        """Do something, again until it is acknowledged."""
        self.count += 1
        body = {"id": f"client-{self.count:04}", "tab": "tab", **fields}
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    async with self.http.post(f"{self.origin}{path}", params={"as": "ada"}, json=body) as answer:
                        if answer.status == 200:
                            return
                        assert answer.status == 503, await answer.text()
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.05)

    async def listen(self) -> None:
        """Keep the tab open, over every restart."""
        while True:
            try:
                query = {"as": "ada", "tab": "tab", "since": "0"}
                async with self.http.ws_connect(f"{self.origin}/ws", params=query) as socket:
                    async for frame in socket:
                        told = json.loads(frame.data)
                        self.notes += [told["private"]] if "private" in told else []
                        self.messages |= {one["id"]: one for one in told.get("messages", ())}
            except aiohttp.ClientError:
                await asyncio.sleep(0.05)

    async def note(self, n: int) -> dict[str, Any]:
        """The n-th private answer."""
        async with asyncio.timeout(PATIENCE):
            while len(self.notes) <= n:  # noqa: ASYNC110 - the tab has no bell
                await asyncio.sleep(0.01)
        return self.notes[n]

    async def until_answered(self) -> None:
        """Wait until an answer is whole."""
        async with asyncio.timeout(PATIENCE):
            while not self._answered():  # noqa: ASYNC110 - the tab has no bell
                await asyncio.sleep(0.01)

    def _answered(self) -> bool:
        return any(one["person"]["us"] and one["final"] for one in self.messages.values())


@asynccontextmanager
async def opened(running: Program) -> AsyncIterator[Tab]:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar, headers={"Origin": running.origin}) as http:
        async with http.get(await running.invitation()) as entered:
            assert entered.status == 200
        tab = Tab(http, running.origin)
        listening = asyncio.create_task(tab.listen())
        try:
            yield tab
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


def everything(directory: Path) -> str:
    """All that stands in the program's database."""
    with closing(sqlite3.connect(directory / "data" / "gatepost.db")) as database:
        names = database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'indexed_w%'"
        )
        return "\n".join(
            repr(row) for (name,) in names.fetchall() for row in database.execute(f"SELECT * FROM {name}")
        )


async def test_what_is_kept_is_handed_out_and_forgotten_on_the_page_whatever_is_killed(tmp_path: Path) -> None:
    async with program(tmp_path) as running, opened(running) as tab:
        await tab.act("/api/messages", channel="dm-ada", thread=None, text=f"repeat after me: {WORDS}")
        await tab.until_answered()
        await tab.act("/api/messages", channel="general", thread=None, text="/export")
        [file] = (await tab.note(0))["files"]
        async with tab.http.get(f"{tab.origin}{file['url']}", params={"as": "ada"}) as response:
            archive = zipfile.ZipFile(BytesIO(await response.read()))
        async with tab.http.get(f"{tab.origin}{file['url']}", params={"as": "grace"}) as response:
            assert response.status == 404
        await tab.act("/api/messages", channel="general", thread=None, text="/forget")
        asked = await tab.note(1)
        assert WORDS in everything(tmp_path)
        [yes, _] = asked["actions"]
        await tab.act("/api/press", message=asked["id"], action=yes["name"], turn=yes["turn"], value="")
        await running.kill(Victim.CHILD)
        told = await tab.note(2)
        left = everything(tmp_path)
        async with tab.http.get(
            f"{tab.origin}/api/messages", params={"as": "ada", "channel": "dm-ada", "thread": ""}
        ) as response:
            shown = (await response.json())["messages"]

    kept = json.loads(archive.read("kept.json"))
    assert [one["text"] for one in kept["kept"]["messages"]] == [f"repeat after me: {WORDS}"]
    assert "Shall I forget what I keep about you?" in asked["html"]
    assert "Done. What I kept about you is gone" in told["html"]
    assert WORDS not in left
    assert shown == []
