"""What goes wrong at the start and what people send: one clear sentence each, and the program goes on."""

import asyncio
import io
import itertools
import json
import re
import socket
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests import files
from tests.scenario.conftest import ELSEWHERE, Here
from tests.scenario.program import PATIENCE, Shell, first_line, stopped

# --- at the start --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"HTTP_PORT": "http"}, "HTTP_PORT is not valid: it has to be a port number from 0 to 65535."),
        ({"HTTP_HOST": "8.8.8.8"}, "HTTP_HOST 8.8.8.8 with HTTP_PORT 0 can't be listened on: "),
        (
            {"RETENTION_DAYS": "0"},
            "RETENTION_DAYS is not valid: it has to be a number of days from 1 ",
        ),
        (
            {"RETENTION_DAYS": "a week"},
            "RETENTION_DAYS is not valid: it has to be a number of days from 1 ",
        ),
        ({"DATA_DIR": __file__}, "it is a file. Set DATA_DIR to another one."),
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL is not valid: it has to be sqlite:///path or "),
        ({"DATABASE_URL": f"sqlite:///{__file__}"}, f"{__file__} is not a Gatepost database"),
        ({"PLAYGROUND": "off"}, "PLAYGROUND is off and no other platform is set up, so there is nothing to run."),
        ({"AI_GATEWAY_API_KEY": "sk-one\nsk-two"}, "AI_GATEWAY_API_KEY is not valid: it has to be a key of the"),
    ],
)
def test_what_stops_the_start_is_named(here: Here, settings: dict[str, str], sentence: str) -> None:
    ran = here.run("run", **{**ELSEWHERE, **settings})
    assert ran.status == 1
    assert sentence in ran.sentence
    assert "sk-" not in ran.sentence


def test_a_supervised_program_that_cannot_start_says_so_once(tmp_path: Path) -> None:
    ran = Shell(tmp_path).run("run", PLAYGROUND="off")
    assert ran.status == 1
    assert ran.sentence.startswith("gatepost: PLAYGROUND is off")


def test_a_taken_port_is_named_with_the_way_out(here: Here) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = here.run("run", **ELSEWHERE, HTTP_PORT=str(port))
    assert ran.status == 1
    assert (
        ran.sentence
        == f"gatepost: Port {port} on 127.0.0.1 is taken by another program; set HTTP_PORT to a free one."
    )


def test_a_database_of_a_newer_version_is_refused(here: Here) -> None:
    assert here.run("db", "upgrade").status == 0
    with sqlite3.connect(here.directory / "data" / "gatepost.db") as database:
        database.execute("update alembic_version set version_num = '9999'")
    database.close()
    ran = here.run("run", **ELSEWHERE)
    assert ran.status == 1
    assert "newer" in ran.sentence


# --- on the page ---------------------------------------------------------------------------------


@dataclass
class Caller:
    """Who asks as the page's script does: a question in a channel, and the answer in its thread."""

    origin: str
    cookie: dict[str, str]
    ids: Iterator[int] = field(default_factory=itertools.count)

    async def say(self, text: str, *attached: tuple[str, bytes]) -> tuple[int, dict[str, Any]]:
        """Say it in a channel; status and body of the response."""
        message = {"id": f"client-{next(self.ids):04}", "channel": "general", "text": text}
        body = aiohttp.FormData()
        body.add_field("message", json.dumps(message | {"names": [name for name, _ in attached]}))
        for _, data in attached:
            body.add_field("file", io.BytesIO(data), filename="file")
        sent = {"data": body} if attached else {"json": message}
        async with self._http() as http, http.post(f"{self.origin}/api/messages?as=ada", **sent) as response:
            return response.status, await response.json()

    async def ask(self, text: str, *attached: tuple[str, bytes]) -> dict[str, Any]:
        """Ask, and wait for the whole answer; its last message."""
        status, body = await self.say(f"@Gatepost {text}", *attached)
        assert status == 200, body
        where = {"as": "ada", "channel": "general", "thread": body["id"]}
        async with asyncio.timeout(PATIENCE), self._http() as http:
            while True:
                async with http.get(f"{self.origin}/api/messages", params=where) as response:
                    said = (await response.json())["messages"]
                ours = [one for one in said if one["person"]["us"]]
                if ours and all(one["final"] for one in ours):
                    return dict(ours[-1])
                await asyncio.sleep(0.05)

    def _http(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(headers={"Origin": self.origin}, cookies=self.cookie)


@pytest.fixture(scope="module")
def caller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """Somebody who was let in to a program that serves all these tests, and ends well after them."""
    running = Shell(tmp_path_factory.mktemp("bad")).begin("run", LOG_LEVEL="warning")
    try:
        invitation = first_line(running).removeprefix("Open ").strip()
        yield Caller(invitation.partition("/?")[0], asyncio.run(_enter(invitation)))
    finally:
        left = stopped(running)
    assert left.status == 0
    assert "Traceback" not in left.err


async def _enter(invitation: str) -> dict[str, str]:
    async with (
        aiohttp.ClientSession() as http,
        http.get(invitation, allow_redirects=False) as response,
    ):
        cookies = SimpleCookie("; ".join(response.headers.getall("Set-Cookie")))
        return {name: morsel.value for name, morsel in cookies.items()}


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("zip.pdf", files.zipped("a.txt"), "zip.pdf is an archive, which I can't read."),
        ("bomb.png", files.image_bomb(), "bomb.png has too many pixels to be opened: 50 million are the most."),
        ("locked.pdf", files.protected_pdf(), "locked.pdf is protected by a password. Send a copy without one."),
        ("broken.pdf", files.pdf(["x"])[:120], "broken.pdf is a damaged PDF that can't be opened."),
        ("empty.txt", b"", "empty.txt is empty."),
        ("../../x.bin", b"\x7fELF" + bytes(range(256)), "x.bin is a program, which I can't read."),
    ],
    ids=["zip", "bomb", "locked", "broken", "empty", "path"],
)
async def test_a_file_that_cannot_be_read_is_named_under_the_answer(
    caller: Caller, name: str, data: bytes, sentence: str
) -> None:
    answer = await caller.ask("What is in this?", (name, data))
    assert f"⚠ {sentence}" in answer["status"]
    assert answer["status"].count("\n") == 0


async def test_what_is_too_much_is_refused_before_it_is_taken_in(caller: Caller) -> None:
    long = await caller.say("x" * 100_000)
    many = await caller.say("look", *((f"{n}.txt", b"x") for n in range(50)))
    large = await caller.say("look", ("film.mp4", bytes(60_000_000)))
    empty = await caller.say(" \n\x00")

    assert [status for status, _ in (long, many, large, empty)] == [413, 413, 413, 422]
    said = [body["error"] for _, body in (long, many, large, empty)]
    assert said == [
        "That message is 100,000 characters long; 32,000 are the most. Attach it as a file instead.",
        "10 files are the most in one message; send the others in another one.",
        "“film.mp4” is larger than 25 MB, the most that can be sent here.",
        "There is nothing to send.",
    ]


@pytest.mark.parametrize(
    "text",
    ["🦩🦩🦩", "\u202eevil\u202c \x07\x1b[31mred", "<script>alert(1)</script>", "a\n" * 10_000, "x" * 31_000],
    ids=["emoji", "controls", "script", "lines", "long"],
)
async def test_odd_words_are_answered_like_all_others(caller: Caller, text: str) -> None:
    answer = await caller.ask(text)
    assert answer["html"]
    assert not re.search("[\u202e\x1b\x07]", unescape(answer["html"]))
    assert "<script" not in answer["html"]


async def test_a_name_of_500_characters_is_shortened_and_its_file_read(caller: Caller) -> None:
    answer = await caller.ask("What does it say?", ("n" * 500 + ".txt", b"the heron stands in the reeds"))
    assert "heron" in answer["html"]
    assert "n" * 300 not in answer["html"]
