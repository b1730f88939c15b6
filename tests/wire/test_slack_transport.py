"""How Slack reaches us: signed HTTP on the program's port, and a socket that comes back."""

import asyncio
import gc
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, MutableMapping
from itertools import product
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import structlog

from bot.errors import PlatformError
from bot.messages import FailureKind, Place, Rendered
from tests.slack_house import SlackHouse, read, slack_house
from tests.slack_town.deliveries import EVENTS
from tests.slack_town.http_events import HttpEvents
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
    for body, status in ((ping, 401), (b"token=x&ssl_check=1", 200)):
        async with aiohttp.ClientSession() as http, http.post(url, data=body) as response:
            assert (response.status, await response.text()) == (status, "")
    assert slack.house.asked.empty()


async def test_what_anybody_may_send_is_refused_and_breaks_nothing(slack: SlackHouse) -> None:
    bodies = (b"\xff\xfe", b"{", b"[]", b"7", b"{}", b"[" * 100_000, b"payload=%7B", b"payload=7")
    kinds = ("application/json", "application/x-www-form-urlencoded", "text/plain; charset=no")
    stamps = ("", "noon", "9" * 400, str(int(time.time())))
    statuses = set()
    async with aiohttp.ClientSession() as http:
        for n, (body, kind) in enumerate(product(bodies, kinds)):
            signed = {"X-Slack-Request-Timestamp": stamps[n % 4], "X-Slack-Signature": "v0=\u00fc"}
            headers = {"Content-Type": kind} | (signed if n % 5 else {})
            async with http.post(f"{slack.address}/slack/events", data=body, headers=headers) as response:
                statuses.add(response.status)

    assert statuses == {401}


def _event(**event: object) -> dict[str, object]:
    return {"type": "event_callback", "event_id": "Ev1", "team_id": "T0TOWN", "event": event}


_TS = "1700000000.000100"
MALFORMED: tuple[object, ...] = (
    [],
    "text",
    {"authorizations": 5},
    {"type": "event_callback"},
    {"type": "event_callback", "event": []},
    _event(type="message"),
    _event(type="message", channel="C1", user="U1", text="no ts"),
    _event(type="message", channel="C1", user="U1", text="hi", ts="inf"),
    _event(type="message", channel={"id": "C1"}, user="U1", text="hi", ts=_TS),
    _event(type="message", channel="C1", user="U1", text=["hi"], ts=_TS),
    _event(type="message", channel="C1", user="U1", text="hi", ts=_TS, thread_ts="elsewhere"),
    _event(type="message", channel="D1", user="U1", text="hi", ts=_TS, files=[{"name": "no id"}]),
    _event(type="message", subtype="message_changed", channel="C1", message="words", event_ts=_TS),
    _event(type="message", subtype="message_deleted", channel="C1"),
    _event(type="agent_session_stopped", channel="C1"),
    _event(type="app_home_opened"),
    {"type": "block_actions", "actions": []},
    {"type": "message_action", "message": {}},
    {"type": "view_submission", "view": {"callback_id": "ask_about_this"}},
    {"command": "/gatepost"},
)


def _not_understood(logged: list[MutableMapping[str, Any]]) -> int:
    return sum(one["log_level"] == "warning" and "slack sent what is no" in one["event"] for one in logged)


async def test_what_slack_signs_and_nobody_understands_is_refused_once_and_said_in_the_log(
    slack: SlackHouse, caplog: pytest.LogCaptureFixture
) -> None:
    http = slack.town.deliveries.route
    assert isinstance(http, HttpEvents)
    for body in MALFORMED:
        with structlog.testing.capture_logs() as logged:
            reply = await http.post(json.dumps(body).encode(), {"Content-Type": "application/json"})

        assert (reply.status, reply.headers["x-slack-no-retry"]) == (400, "1"), body
        assert _not_understood(logged) == 1, body
    assert "Traceback" not in caplog.text
    asked = slack.town.ada.mentions(slack.town.square, "still there?")
    await slack.answer("Yes.")
    await slack.said(slack.town.square, asked)


async def test_what_nobody_understands_is_acknowledged_over_a_socket_and_comes_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with slack_house(tmp_path) as slack:
        payloads = [one for one in MALFORMED if isinstance(one, dict)]
        with structlog.testing.capture_logs() as logged:
            told = [slack.town.deliveries.send(EVENTS, one) for one in payloads]
            for one in told:
                await one.answered()

        assert [len(one.attempts) for one in told] == [1] * len(told)
        assert _not_understood(logged) == len(told)
        assert "Traceback" not in caplog.text


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


@pytest.mark.parametrize("cut", [False, True])
async def test_what_meets_a_closing_socket_is_answered_though_slack_tells_of_it_no_more(
    tmp_path: Path, cut: bool
) -> None:
    async with slack_town() as town, slack_house(tmp_path, town) as slack:
        town.deliveries.retries = ()
        if cut:
            town.sockets.cut()
        else:
            await town.sockets.disconnect()
        asked = town.ada.mentions(town.square, "there?")
        await slack.answer("Yes.")
        await slack.said(town.square, asked)

        assert all(one.given_up for one in asked.deliveries)
        assert len(slack.ours(town.square, asked)) == 1


async def test_the_next_socket_is_open_before_the_last_is_left(tmp_path: Path) -> None:
    async with slack_town() as town, slack_house(tmp_path, town):
        looked = len(town.calls("users.conversations"))
        told = []
        await town.sockets.disconnect("warning")
        while len([one for one in town.sockets.open if one.usable]) < 2:
            told.append(town.ada.says(town.square, "chatter").deliveries[0])
            await asyncio.sleep(0.005)
        await town.sockets.disconnect(first=1)
        told.append(town.ada.says(town.square, "chatter").deliveries[0])
        await town.until(lambda: all(one.acked for one in told))
        town.clock.advance(10)
        await town.until(lambda: len(town.sockets.open) == 1)

        assert {len(one.attempts) for one in told} == {1}
        assert len(town.calls("users.conversations")) == looked  # nothing can have been missed


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
    return sum(type(one) is aiohttp.ClientSession and not one.closed for one in gc.get_objects())


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


async def test_a_limit_that_names_no_seconds_but_a_date_is_one_all_the_same(slack: SlackHouse) -> None:
    slack.town.faulty(
        "chat.postMessage", error="ratelimited", status=429, retry_after="Wed, 21 Oct 2026 07:28 GMT"
    )
    with pytest.raises(PlatformError) as refused:
        await slack.adapter.post(Place("slack", "T0TOWN", slack.town.square.id), Rendered("soon"), "key")

    assert refused.value.failure.kind is FailureKind.RATE_LIMIT
