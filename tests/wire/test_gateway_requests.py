"""What the client sends over a real socket, what it makes of refusals, and how it reads the catalogue."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import orjson
import pytest

from bot.errors import (
    AddressWrong,
    GatewayBusy,
    GatewayDown,
    GatewayError,
    GatewayRefused,
    GatewaySilent,
    GatewayUnpaid,
    KeyLimitReached,
    ModelNotAllowed,
    ModelUnknown,
    PrivacyUnmet,
    PromptTooLong,
    RequestInvalid,
    RequestTooLarge,
)
from bot.gateway import catalogue
from bot.gateway.client import OpenAIGateway
from bot.gateway.exchange import Timeouts
from bot.messages import ChatRequest, Delta, PromptMessage, Retrying, TextDelta, TextPart
from tests.gateway_streams import answer
from tests.wire.hurried_time import run_hurried
from tests.wire.raw_server import Exchange, RawServer, Script, raw_server

REQUEST = ChatRequest("acme/alpha-2", (PromptMessage("user", (TextPart("Hello?"),)),), conversation="c0ffee")
HTML = b"<html><head><title>Bad gateway</title></head></html>"
ROWS = orjson.dumps(
    {
        "object": "list",
        "data": [
            {"id": "acme/alpha-2", "name": "Alpha 2", "type": "language", "tags": ["reasoning"]},
            {"id": "acme/beta", "name": "Beta", "type": "language"},
        ],
    }
)


async def _key() -> str:
    return "vck_test"


def _replies(status: int, body: object = b"", **headers: str) -> Script:
    async def script(exchange: Exchange) -> None:
        await exchange.reply(status, body if isinstance(body, bytes) else orjson.dumps(body), **headers)

    return script


async def _answers(exchange: Exchange) -> None:
    await exchange.stream(answer("Hel", "lo"))


async def _says_nothing(exchange: Exchange) -> None:
    await exchange.silence()


def _error(type_: str, message: str = "x") -> dict[str, object]:
    return {"error": {"message": message, "type": type_}}


@asynccontextmanager
async def _gateway(
    *scripts: Script, cache_file: Path | None = None
) -> AsyncIterator[tuple[OpenAIGateway, RawServer]]:
    async with raw_server(*scripts) as server:
        gateway = OpenAIGateway(
            base_url=server.base_url,
            credential=_key,
            clock=lambda: 0.0,
            random=Random(1),
            cache_file=cache_file,
            routes=True,
        )
        try:
            yield gateway, server
        finally:
            await gateway.close()


async def _outcome(gateway: OpenAIGateway) -> tuple[list[Delta], GatewayError | None]:
    deltas: list[Delta] = []
    try:
        async for delta in gateway.stream(REQUEST):
            deltas.append(delta)  # noqa: PERF401 - those before a failure count
    except GatewayError as error:
        return deltas, error
    return deltas, None


# --- what is sent ------------------------------------------------------------------------------


async def test_nothing_of_the_host_is_sent_not_even_what_openai_variables_hold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    leaks = {
        "OPENAI_API_KEY": "leak",
        "OPENAI_ADMIN_KEY": "leak",
        "OPENAI_BASE_URL": "http://127.0.0.1:9/leak",
        "OPENAI_ORG_ID": "leak",
        "OPENAI_PROJECT_ID": "leak",
        "OPENAI_CUSTOM_HEADERS": "Authorization: Bearer leak\nX-Leak: leak\nuser-agent: leak\nAccept: leak",
    }
    for name, value in leaks.items():
        monkeypatch.setenv(name, value)

    async with _gateway(_answers, _replies(200, ROWS)) as (gateway, server):
        await _outcome(gateway)
        await gateway.refresh()

    asked, listed = server.seen
    assert asked.path == "/v1/chat/completions"
    assert {name: value for name, value in asked.headers.items() if name != "content-length"} == {
        "host": server.base_url.split("/")[2],
        "connection": "keep-alive",
        "accept": "text/event-stream",
        "accept-encoding": "identity",
        "authorization": "Bearer vck_test",
        "content-type": "application/json",
        "user-agent": "gatepost",
        "x-session-affinity": "c0ffee",
    }
    assert asked.json["model"] == "acme/alpha-2"
    assert listed.path == "/v1/models"
    assert "authorization" not in listed.headers, "the catalogue needs no key, so it gets none"
    assert "leak" not in str(listed.headers)


def test_the_credential_is_asked_for_anew_at_every_attempt() -> None:
    async def main() -> list[str]:
        keys = iter(["first", "second", "third"])

        async def rotating() -> str:
            return next(keys)

        async with raw_server(_replies(503), _replies(503), _answers) as server:
            gateway = OpenAIGateway(
                base_url=server.base_url, credential=rotating, clock=lambda: 0.0, random=Random(1)
            )
            await _outcome(gateway)
            await gateway.close()
        return [exchange.headers["authorization"] for exchange in server.seen]

    assert run_hurried(main()) == ["Bearer first", "Bearer second", "Bearer third"]


@pytest.mark.parametrize(("key", "sent"), [("vck_a\n", ["Bearer vck_a"]), ("vck\r\nX-Evil: 1", []), ("ключ", [])])
async def test_a_key_is_trimmed_and_one_that_no_header_can_carry_is_refused(key: str, sent: list[str]) -> None:
    async def odd_key() -> str:
        return key

    async with raw_server(_answers) as server:
        gateway = OpenAIGateway(base_url=server.base_url, credential=odd_key, clock=lambda: 0.0, random=Random(1))
        _, failure = await _outcome(gateway)
        await gateway.close()

    assert [exchange.headers["authorization"] for exchange in server.seen] == sent
    assert sent or isinstance(failure, GatewayRefused)
    assert key.strip() not in str(failure)


async def test_two_hundred_questions_at_once_are_answered() -> None:
    async with _gateway(_answers) as (gateway, server):
        outcomes = await asyncio.gather(*(_outcome(gateway) for _ in range(200)))

    assert all(failure is None for _, failure in outcomes)
    assert len(server.seen) == 200


async def test_warming_up_first_is_as_good_as_not() -> None:
    async with _gateway(_answers) as (gateway, _):
        await asyncio.gather(gateway.warm(), gateway.warm(), _outcome(gateway))
        _, failure = await _outcome(gateway)

    assert failure is None


# --- refusals ------------------------------------------------------------------------------------

REFUSALS: list[tuple[Script, type[GatewayError]]] = [
    (_replies(400, _error("invalid_request_error")), RequestInvalid),
    (_replies(400, _error("invalid_request_error", "prompt is too long")), PromptTooLong),
    (
        _replies(
            400, {"error": "No ZDR providers available", "type": "no_providers_available", "statusCode": 400}
        ),
        PrivacyUnmet,
    ),
    (_replies(401, _error("authentication_error")), GatewayRefused),
    (_replies(402, _error("insufficient_funds")), GatewayUnpaid),
    (_replies(402, _error("quota_for_entity_exceeded")), KeyLimitReached),
    (_replies(403, _error("customer_verification_required")), GatewayRefused),
    (_replies(403, _error("no_providers_available")), ModelNotAllowed),
    (_replies(404, _error("model_not_found")), ModelUnknown),
    (_replies(404, HTML, content_type="text/html"), AddressWrong),
    (_replies(405), AddressWrong),
    (_replies(413, b"Payload too large", content_type="text/plain"), RequestTooLarge),
    (_replies(424, _error("failed_dependency")), RequestInvalid),
    (_replies(429, _error("rate_limit_exceeded"), retry_after="60"), GatewayBusy),
    (_replies(429, _error("rate_limit_exceeded", "Free tier limit reached")), GatewayBusy),
]


@pytest.mark.parametrize(("script", "kind"), REFUSALS)
async def test_a_refusal_is_told_for_what_it_is_and_not_tried_again(
    script: Script, kind: type[GatewayError]
) -> None:
    async with _gateway(script) as (gateway, server):
        deltas, failure = await _outcome(gateway)

    assert type(failure) is kind
    assert deltas == []
    assert [exchange.method for exchange in server.seen].count("POST") == 1


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (_replies(408), GatewayDown),
        (_replies(500, _error("internal_server_error")), GatewayDown),
        (_replies(502, HTML, content_type="text/html"), GatewayDown),
        (_replies(503), GatewayDown),
        (_replies(504, b"\xff\xfe"), GatewayDown),
        (_replies(429, _error("rate_limit_exceeded")), GatewayBusy),
    ],
)
def test_trouble_is_tried_twice_more_where_people_see_it(script: Script, kind: type[GatewayError]) -> None:
    deltas, failure, asked = run_hurried(_ask(script))

    assert type(failure) is kind
    assert [type(delta) for delta in deltas] == [Retrying, Retrying]
    assert asked == 3


def test_trouble_that_passes_is_answered_after_the_time_that_was_told() -> None:
    busy = _replies(429, _error("rate_limit_exceeded"), retry_after="4")

    deltas, failure, _ = run_hurried(_ask(busy, _answers))

    assert failure is None
    assert deltas[0] == Retrying(1, 4.0, busy=True)
    assert "".join(delta.text for delta in deltas if isinstance(delta, TextDelta)) == "Hello"


def test_a_redirect_to_nowhere_is_trouble_not_a_crash() -> None:
    _, failure, _ = run_hurried(_ask(_replies(307, location="http://127.0.0.1:1/")))

    assert isinstance(failure, GatewayDown)


async def _hangs_up(exchange: Exchange) -> None:
    exchange.drop()


def test_only_a_request_that_was_sent_may_have_cost_something() -> None:
    async def nobody_there() -> list[Delta]:
        async with raw_server(_answers) as server:
            gone = server.base_url
        gateway = OpenAIGateway(base_url=gone, credential=_key, clock=lambda: 0.0, random=Random(1))
        deltas, _ = await _outcome(gateway)
        await gateway.close()
        return deltas

    cut, _, _ = run_hurried(_ask(_hangs_up))
    refused = run_hurried(nobody_there())

    assert [delta.billable for delta in cut if isinstance(delta, Retrying)] == [True, True]
    assert [delta.billable for delta in refused if isinstance(delta, Retrying)] == [False, False]


async def _ask(*scripts: Script) -> tuple[list[Delta], GatewayError | None, int]:
    async with _gateway(*scripts) as (gateway, server):
        deltas, failure = await _outcome(gateway)
    return deltas, failure, len(server.seen)


# --- the catalogue ---------------------------------------------------------------------------------


async def test_the_catalogue_is_read_kept_and_known_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "models.json"

    async with _gateway(_replies(200, ROWS), cache_file=file) as (gateway, _):
        assert gateway.models() == ()
        await gateway.refresh()
        assert [model.id for model in gateway.models()] == ["acme/alpha-2", "acme/beta"]
        assert [model.id for model in gateway.search("bet")] == ["acme/beta"]

    async with _gateway(_replies(503), cache_file=file) as (gateway, _):
        with pytest.raises(GatewayDown):
            await gateway.refresh()
        known = gateway.model("acme/beta")
        assert known is not None
        assert known.name == "Beta"
        assert gateway.model("acme/none") is None


@pytest.mark.parametrize("status", [401, 403])
async def test_an_endpoint_that_lists_its_models_only_to_who_has_a_key_is_shown_it(status: int) -> None:
    async with _gateway(_replies(status, {"error": "no key"}), _replies(200, ROWS)) as (gateway, server):
        await gateway.refresh()

        assert [model.id for model in gateway.models()] == ["acme/alpha-2", "acme/beta"]
    assert [one.headers.get("authorization") for one in server.seen] == [None, "Bearer vck_test"]


@pytest.mark.parametrize("reply", [_replies(200, b"<html>"), _replies(200, b'{"data":[]}'), _replies(500)])
async def test_a_bad_list_never_replaces_a_good_one(reply: Script, tmp_path: Path) -> None:
    file = tmp_path / "models.json"

    async with _gateway(_replies(200, ROWS), reply, cache_file=file) as (gateway, _):
        await gateway.refresh()
        with pytest.raises(GatewayDown):
            await gateway.refresh()

        assert len(gateway.models()) == 2
    assert len(catalogue.load(file)[0]) == 2


async def test_an_endless_list_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "MAX_BYTES", 1000)

    async with _gateway(_replies(200, b" " * 2000)) as (gateway, _):
        with pytest.raises(GatewayDown, match="1000"):
            await gateway.refresh()


def test_a_list_that_never_comes_is_not_waited_for() -> None:
    async def main() -> None:
        async with _gateway(_says_nothing) as (gateway, _):
            await gateway.refresh()

    with pytest.raises(GatewaySilent):
        run_hurried(main())


async def test_a_directory_that_takes_no_copy_does_not_matter(tmp_path: Path) -> None:
    async with _gateway(_replies(200, ROWS), cache_file=tmp_path / "gone" / "models.json") as (gateway, _):
        await gateway.refresh()

        assert len(gateway.models()) == 2


def test_a_model_that_is_known_to_reason_gets_more_patience() -> None:
    async def main() -> tuple[float, float]:
        async with _gateway(_says_nothing, _replies(200, ROWS), _says_nothing) as (gateway, _):
            await gateway.warm()
            unknown = await _seconds_to_fail(gateway)
            await gateway.refresh()
            return unknown, await _seconds_to_fail(gateway)

    unknown, known = run_hurried(main())

    assert unknown == pytest.approx(Timeouts().first, abs=1.0)
    assert known == pytest.approx(Timeouts().thinking, abs=1.0)


async def _seconds_to_fail(gateway: OpenAIGateway) -> float:
    loop = asyncio.get_running_loop()
    started = loop.time()
    _, failure = await _outcome(gateway)
    assert isinstance(failure, GatewaySilent)
    return loop.time() - started


class _Impatient(Random):
    def uniform(self, a: float, b: float) -> float:
        return 0.001


async def test_keeping_fresh_survives_a_failure_and_goes_on() -> None:
    third = asyncio.Event()

    async def asked_again(exchange: Exchange) -> None:
        third.set()
        await exchange.reply(500, b"")

    async with raw_server(_replies(500), _replies(200, ROWS), asked_again) as server:
        gateway = OpenAIGateway(base_url=server.base_url, credential=_key, clock=lambda: 0.0, random=_Impatient())
        keeping = asyncio.create_task(gateway.keep_fresh())
        async with asyncio.timeout(2):
            await third.wait()
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await gateway.close()

    assert len(gateway.models()) == 2
