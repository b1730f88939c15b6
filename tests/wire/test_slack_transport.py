"""How Slack reaches us: signed HTTP on the program's port, and a socket that comes back."""

import asyncio
import gc
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from itertools import product
from pathlib import Path

import aiohttp
import pytest

from bot.errors import PlatformError
from bot.messages import FailureKind, Place, Rendered
from tests.slack_house import SlackHouse, read, slack_house
from tests.slack_town.tokens import SIGNING_SECRET
from tests.slack_town.town import slack_town


@pytest.fixture
async def slack(tmp_path: Path) -> AsyncIterator[SlackHouse]:
    async with slack_house(tmp_path, http=True) as opened:
        yield opened


async def test_events_commands_and_buttons_come_by_http(slack: SlackHouse) -> None:
    town = slack.town
    asked = town.ada.mentions(town.square, "over http?")
    await slack.answer("Over HTTP.")
    (answer,) = await slack.said(town.square, asked)
    await town.ada.types("/gatepost status", town.square).answered()
    assert len(await slack.whispered(town.ada)) == 1
    await town.ada.presses(answer, "Regenerate").answered()
    await slack.answer("Again.")
    await town.until(lambda: read(answer) == "Again.")

    assert town.sockets.opened == 0
    assert all(one.acked for one in asked.deliveries)


async def _post(url: str, body: bytes, signed_at: float, secret: str) -> int:
    base = f"v0:{int(signed_at)}:".encode() + body
    signature = "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    headers = {
        "X-Slack-Signature": signature,
        "X-Slack-Request-Timestamp": str(int(signed_at)),
        "Content-Type": "application/json",
    }
    async with aiohttp.ClientSession() as http, http.post(url, data=body, headers=headers) as response:
        return response.status


async def test_an_unsigned_a_wrongly_signed_and_an_old_request_are_refused(slack: SlackHouse) -> None:
    url = f"{slack.address}/slack/events"
    ping = json.dumps({"type": "url_verification", "challenge": "c"}).encode()

    assert await _post(url, ping, time.time(), SIGNING_SECRET) == 200
    assert await _post(url, ping, time.time(), "another secret") == 401
    assert await _post(url, ping, time.time() - 600, SIGNING_SECRET) == 401
    async with aiohttp.ClientSession() as http, http.post(url, data=ping) as response:
        assert response.status == 401
    assert slack.house.asked.empty()


async def test_what_anybody_may_send_is_refused_and_breaks_nothing(slack: SlackHouse) -> None:
    bodies = (b"\xff\xfe", b"{", b"[]", b"7", b"[" * 100_000, b"payload=%7B", b"payload=7")
    kinds = ("application/json", "application/x-www-form-urlencoded", "text/plain; charset=no")
    statuses = set()
    async with aiohttp.ClientSession() as http:
        for body, kind in product(bodies, kinds):
            headers = {"Content-Type": kind}
            async with http.post(f"{slack.address}/slack/events", data=body, headers=headers) as response:
                statuses.add(response.status)

    assert statuses == {400, 401}


async def _answers_again(slack: SlackHouse, before: int) -> None:
    """Wait for another connection than the so-many before, and ask over it."""
    town = slack.town
    await town.until(lambda: town.sockets.opened > before)
    asked = town.ada.mentions(town.square, "still there?")
    await slack.answer("Yes.")
    await slack.said(town.square, asked)


async def test_a_socket_that_slack_refreshes_or_drops_is_there_again(tmp_path: Path) -> None:
    async with slack_town() as town, slack_house(tmp_path, town) as slack:
        await town.sockets.disconnect()
        await _answers_again(slack, before=1)
        town.sockets.cut()
        await _answers_again(slack, before=2)


async def test_a_socket_that_died_in_silence_is_replaced(tmp_path: Path) -> None:
    async with slack_town() as town, slack_house(tmp_path, town) as slack:
        town.sockets.silence(pongs=False)
        await _answers_again(slack, before=1)


async def test_a_crowd_of_messages_is_acknowledged_each_at_the_first_attempt(slack: SlackHouse) -> None:
    town = slack.town
    told = []
    for n in range(100):
        told.append(town.ada.says(town.square, f"chatter {n}").deliveries[0])
        await asyncio.sleep(0.005)
    await town.until(lambda: all(one.acked for one in told))

    assert sum(len(one.attempts) for one in told) == 100


def _open_sessions() -> int:
    return sum(isinstance(one, aiohttp.ClientSession) and not one.closed for one in gc.get_objects())


async def test_a_socket_that_is_given_up_at_any_moment_of_being_renewed_leaves_no_connection(
    tmp_path: Path,
) -> None:
    async with slack_town() as town:
        before = _open_sessions()
        async with slack_house(tmp_path, town) as slack:
            for steps in range(12):
                renewing = asyncio.create_task(slack.adapter.renew())
                for _ in range(steps):
                    await asyncio.sleep(0)
                renewing.cancel()
                await asyncio.gather(renewing, return_exceptions=True)

        assert _open_sessions() == before


async def test_after_the_end_nothing_is_said_and_no_connection_opened_for_it(tmp_path: Path) -> None:
    async with slack_town() as town, slack_house(tmp_path, town) as slack:
        asked = town.ada.mentions(town.square, "there?")
        await slack.answer("Yes.")
        await slack.said(town.square, asked)
        place = Place("slack", "T0TOWN", town.square.id)
        await slack.adapter.stop()
        before = _open_sessions()
        with pytest.raises(PlatformError) as refused:
            await slack.adapter.post(place, Rendered("late"), "key")

        assert refused.value.failure.kind is FailureKind.TRANSIENT
        assert _open_sessions() == before
