"""The built-in gateway obeys routing: fallbacks, providers, privacy, own keys, its own search, stop texts."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.wire.demo_client import Client, chat, gateway_client


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with gateway_client() as built:
        yield built


def _routed(**options: Any) -> dict[str, Any]:
    return {"providerOptions": {"gateway": options}}


async def _answer(client: Client, content: str, **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    status, body = await client.post("/chat/completions", chat(content, **more))
    assert status == 200, body
    metadata = body["choices"][0]["message"]["provider_metadata"]["gateway"]
    assert isinstance(metadata, dict)
    return body, metadata


async def test_a_model_that_fails_is_followed_by_the_next_and_every_attempt_is_told(client: Client) -> None:
    fallbacks = _routed(models=["gatepost/gone", "gatepost/scripted"])
    faulty = {"model": "gatepost/faulty"}

    status, refused = await client.post("/chat/completions", chat("Hi\nfault: unavailable", **faulty, **fallbacks))
    assert (status, refused["error"]["type"]) == (404, "model_not_found"), "a model that is not there ends it"

    body, metadata = await _answer(
        client, "Hi\nfault: rate-limit", **faulty, **_routed(models=["gatepost/scripted"])
    )
    assert body["model"] == "gatepost/scripted"
    assert metadata["routing"]["originalModelId"] == "gatepost/faulty"
    attempts = metadata["routing"]["modelAttempts"]
    assert [(one["canonicalSlug"], one["success"]) for one in attempts] == [
        ("gatepost/faulty", False),
        ("gatepost/scripted", True),
    ]
    assert attempts[0]["providerAttempts"][0]["statusCode"] == 429


async def test_what_is_the_requests_own_fault_is_not_passed_on(client: Client) -> None:
    asked = chat("Hi\nfault: unauthorized", model="gatepost/faulty", **_routed(models=["gatepost/scripted"]))

    assert (await client.post("/chat/completions", asked))[0] == 401


@pytest.mark.parametrize(
    ("options", "shape"),
    [({"zeroDataRetention": True}, str), ({"disallowPromptTraining": True}, dict), ({"only": ["acme"]}, dict)],
)
async def test_where_nobody_may_serve_it_the_request_is_refused(
    client: Client, options: dict[str, Any], shape: type
) -> None:
    status, body = await client.post(
        "/chat/completions", chat("Hi", model="gatepost/scripted-blind", **_routed(**options))
    )

    assert status == 400
    assert isinstance(body["error"], shape)
    told = body["error"] if isinstance(body["error"], dict) else body
    assert told["type"] == "no_providers_available"


async def test_where_somebody_may_it_is_served(client: Client) -> None:
    options = _routed(zeroDataRetention=True, disallowPromptTraining=True, only=["gatepost"], sort="cost")

    body, _ = await _answer(client, "Hi", **options)

    assert body["choices"][0]["message"]["content"]


async def test_an_own_key_is_told_in_the_bill(client: Client) -> None:
    body, metadata = await _answer(client, "Hi", **_routed(byok={"gatepost": [{"apiKey": "x"}]}))

    assert body["usage"]["is_byok"] is True
    attempt = metadata["routing"]["modelAttempts"][0]["providerAttempts"][0]
    assert attempt["credentialType"] == "byok"


async def test_the_web_is_not_searched_but_the_shape_of_it_is_shown_and_said(client: Client) -> None:
    tools = [{"type": "vercel:exa_search"}]

    body, metadata = await _answer(client, "Search the web for cats", tools=tools)
    message = body["choices"][0]["message"]
    assert "reaches none" in message["content"]
    assert message["annotations"][0]["url_citation"]["url"] == "https://example.com/"
    assert metadata["gatewayToolCalls"] == {"exa_search": 1}

    streamed = await client.chunks("Search the web for cats", tools=tools)
    assert any("annotations" in chunk["choices"][0]["delta"] for chunk in streamed[:-1])

    _, without = await _answer(client, "Search the web for cats")
    assert "gatewayToolCalls" not in without


async def test_a_tool_that_the_gateway_does_not_have_is_refused(client: Client) -> None:
    asked = chat("Hi", tools=[{"type": "web_search"}])

    assert (await client.post("/chat/completions", asked))[0] == 400


async def test_an_answer_ends_at_a_stop_text(client: Client) -> None:
    message = await client.ask("Repeat: one two three", stop=["two"])

    assert message["content"] == "one "


async def test_thoughts_are_kept_back_on_request(client: Client) -> None:
    assert "reasoning" in await client.ask("Hi", model="gatepost/slow")
    for wanted in ({"exclude": True}, {"enabled": False}):
        assert "reasoning" not in await client.ask("Hi", model="gatepost/slow", reasoning=wanted)


@pytest.mark.parametrize(
    "body",
    [
        {"providerOptions": {"gateway": "x"}},
        {"providerOptions": {"gateway": {"sort": "best"}}},
        {"providerOptions": {"gateway": {"models": "x"}}},
        {"stop": [7]},
    ],
)
async def test_options_of_another_shape_are_refused(client: Client, body: dict[str, Any]) -> None:
    assert (await client.post("/chat/completions", chat("Hi", **body)))[0] == 400
