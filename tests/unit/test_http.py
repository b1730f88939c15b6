"""What is logged of requests: our own faults, and nothing of what strangers send."""

import asyncio
import logging

import pytest
from aiohttp import web

from bot.http import listen
from bot.ports import Route


async def _status(port: int, request: bytes) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    status = int((await reader.readline()).split()[1])
    writer.close()
    await writer.wait_closed()
    return status


@pytest.mark.parametrize(
    "request_sent",
    [
        b"GET / HTTP/1.1\r\nHost: a\r\nCookie: secret=" + b"s" * 20_000 + b"\r\n\r\n",
        b"GET /?token=secret" + b"s" * 20_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\x16\x03\x01 secret\r\n\r\n",
    ],
    ids=["a long head", "a long address", "no HTTP"],
)
async def test_a_request_that_cannot_be_parsed_is_refused_and_not_quoted_in_the_log(
    caplog: pytest.LogCaptureFixture, request_sent: bytes
) -> None:
    port = await listen("127.0.0.1", 0, ())
    try:
        assert await _status(port.port, request_sent) == 400
    finally:
        await port.close()

    assert caplog.text == ""


async def test_a_path_that_breaks_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def breaks(_request: web.Request) -> web.StreamResponse:
        raise RuntimeError("our fault")

    port = await listen("127.0.0.1", 0, [Route("GET", "/", breaks)])
    try:
        with caplog.at_level(logging.ERROR):
            assert await _status(port.port, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n") == 500
    finally:
        await port.close()

    assert "our fault" in caplog.text
