"""How the local Slack reaches the app: sockets and signed requests, what is lost and what comes again."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import pytest

from tests.slack_town.deliveries import Delivery, Undelivered
from tests.slack_town.http_events import HttpEvents
from tests.slack_town.tokens import APP_TOKEN
from tests.wire.bolt_app import Bolt, over_http, over_socket_mode

Transport = Callable[[], AbstractAsyncContextManager[Bolt]]


@pytest.fixture
async def bolt() -> AsyncIterator[Bolt]:
    """An app over Socket Mode."""
    async with over_socket_mode() as app:
        yield app


@pytest.fixture
async def http() -> AsyncIterator[Bolt]:
    """An app over HTTP."""
    async with over_http() as app:
        yield app


def _route(bolt: Bolt) -> HttpEvents:
    route = bolt.town.deliveries.route
    assert isinstance(route, HttpEvents)
    return route


async def _spoken(bolt: Bolt, text: str = "hello") -> Delivery:
    """Something is said, and the event about it."""
    said: Delivery = bolt.town.ada.says(bolt.town.square, text).deliveries[0]
    return said


async def _unanswered(bolt: Bolt, number: int) -> None:
    """The so-many-th request reached the app, and its three seconds are over."""
    await bolt.town.until(lambda: len(bolt.requests) >= number)
    bolt.town.clock.advance(3)


# --- both ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("transport", [over_socket_mode, over_http])
async def test_an_event_that_was_not_acknowledged_comes_again_with_the_same_id(transport: Transport) -> None:
    async with transport() as bolt:
        bolt.deaf = 1
        told = await _spoken(bolt)
        await _unanswered(bolt, 1)
        await told.answered()

        assert [one["text"] for one in bolt.events] == ["hello", "hello"]
        assert bolt.retries == ["0", "1"]
        assert len({one.body["event_id"] for one in bolt.requests}) == 1


@pytest.mark.parametrize("transport", [over_socket_mode, over_http])
async def test_slack_tries_at_once_after_a_minute_and_after_five_and_then_gives_up(transport: Transport) -> None:
    async with transport() as bolt:
        bolt.deaf = 4
        told = await _spoken(bolt)
        await _unanswered(bolt, 1)
        await _unanswered(bolt, 2)
        for number, pause in ((3, 60), (4, 300)):
            await bolt.town.until(lambda: told.attempts[-1].failure)
            bolt.town.clock.advance(pause)
            await _unanswered(bolt, number)

        with pytest.raises(Undelivered):
            await told.answered()
        assert bolt.retries == ["0", "1", "2", "3"]


@pytest.mark.parametrize("transport", [over_socket_mode, over_http])
async def test_what_was_acknowledged_can_come_again_or_every_time_twice_or_out_of_order(
    transport: Transport,
) -> None:
    async with transport() as bolt:
        told = await _spoken(bolt, "once")
        await told.answered()
        await bolt.town.deliveries.again(told).answered()
        bolt.town.deliveries.twice = True
        await _spoken(bolt, "twice")
        await bolt.town.settled()
        bolt.town.deliveries.twice = False
        bolt.town.deliveries.hold()
        for text in ("first", "second"):
            await _spoken(bolt, text)
        bolt.town.deliveries.release(backwards=True)
        await bolt.town.settled()

        assert [one["text"] for one in bolt.events] == ["once", "once", "twice", "twice", "second", "first"]
        assert bolt.retries == ["0", "1", "0", "1", "0", "0"]


@pytest.mark.parametrize("transport", [over_socket_mode, over_http])
async def test_two_hundred_events_at_once_are_all_acknowledged_in_time(transport: Transport) -> None:
    async with transport() as bolt:
        for n in range(200):
            bolt.town.ada.says(bolt.town.square, f"line {n}")
        await bolt.town.settled()

        assert all(one.acked and len(one.attempts) == 1 for one in bolt.town.deliveries.all)


# --- Socket Mode ---------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["refresh_requested", "link_disabled", "warning"])
async def test_the_app_comes_anew_when_it_is_asked_to(bolt: Bolt, reason: str) -> None:
    await bolt.town.sockets.disconnect(reason)
    await bolt.town.until(lambda: bolt.town.sockets.opened == 2)
    await bolt.town.sockets.connected()
    await (await _spoken(bolt)).answered()

    assert bolt.events[0]["text"] == "hello"


async def test_an_event_whose_connection_breaks_comes_again_over_the_next() -> None:
    async with over_socket_mode(ping_interval=0.2) as bolt:
        bolt.deaf = 1
        told = await _spoken(bolt)
        await bolt.town.until(lambda: bolt.requests)
        bolt.town.sockets.cut()
        await bolt.town.until(lambda: len(told.attempts) == 2 and told.attempts[1].failure)
        await bolt.town.until(lambda: bolt.town.sockets.opened > 1)
        await bolt.town.sockets.connected()
        bolt.town.clock.advance(60)
        await told.answered()

        assert [one.failure for one in told.attempts] == ["connection_failed", "connection_failed", ""]
        assert bolt.retries == ["0", "2"]


async def test_a_silent_connection_stays_open_and_gives_nothing(bolt: Bolt) -> None:
    bolt.town.sockets.silence()
    bolt.town.sockets.answer_within = 0.05
    bolt.town.deliveries.retries = ()
    told = await _spoken(bolt)

    with pytest.raises(Undelivered, match="timeout"):
        await told.answered()
    assert bolt.handler is not None
    assert await bolt.handler.client.is_connected()
    assert bolt.events == []


async def test_of_several_connections_each_event_takes_one(bolt: Bolt) -> None:
    async with over_socket_mode(bolt.town) as other:
        await bolt.town.sockets.connected(2)
        for n in range(20):
            bolt.town.ada.says(bolt.town.square, f"line {n}")
        await bolt.town.settled()

        assert bolt.events
        assert other.events
        assert len(bolt.events) + len(other.events) == 20


async def test_an_eleventh_connection_is_sent_away(bolt: Bolt) -> None:
    addresses = [await bolt.client.apps_connections_open(app_token=APP_TOKEN) for _ in range(10)]
    sockets = [await bolt.session.ws_connect(str(one["url"])) for one in addresses]
    first = await sockets[-1].receive_json()
    for one in sockets:
        await one.close()

    assert first == {"type": "disconnect", "reason": "too_many_websockets", "debug_info": first["debug_info"]}


async def test_an_address_is_good_for_one_connection(bolt: Bolt) -> None:
    address = str((await bolt.client.apps_connections_open(app_token=APP_TOKEN))["url"])
    first = await bolt.session.ws_connect(address)
    hello = await first.receive_json()
    again = await bolt.session.get(address.replace("ws://", "http://"))
    await first.close()

    assert hello["type"] == "hello"
    assert hello["num_connections"] == 2
    assert again.status == 403


# --- HTTP ----------------------------------------------------------------------------------------


async def test_the_address_is_verified_by_a_challenge(http: Bolt) -> None:
    reply = await _route(http).verify("a challenge")

    assert reply.status == 200
    assert "a challenge" in reply.body


async def test_a_forged_and_an_old_request_are_refused_by_bolt(http: Bolt) -> None:
    forged = await _route(http).post(b"{}", {"Content-Type": "application/json"}, signature="v0=00")
    old = await _route(http).post(b"{}", {"Content-Type": "application/json"}, at=time.time() - 301)

    assert (forged.status, old.status) == (401, 401)
    assert http.events == []
