"""What people choose and what fails: the request on the wire, and what is seen under the answer."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from pydantic import BaseModel

from bot.conversation import telling
from bot.conversation.pseudonyms import Pseudonyms
from bot.messages import Place, PlaceKind, Routing
from bot.tools.base import Tool, ToolContext
from tests import gateway_streams as streams
from tests.files import noise, picture
from tests.house import Answering, House, house
from tests.town import CHANNEL, THREAD
from tests.wire.raw_server import event

PARAMETERS = ["max_tokens", "temperature", "top_p", "stop", "tools", "tool_choice", "reasoning", "response_format"]


def row(model_id: str, *inputs: str, **more: Any) -> dict[str, Any]:
    return {
        "id": model_id,
        "type": "language",
        "context_window": 100_000,
        "max_tokens": 4_000,
        "modalities": {"input": ["text", *inputs], "output": ["text"]},
        "supported_parameters": PARAMETERS,
        "pricing": {"input": "0.000001", "output": "0.000005"},
        **more,
    }


EFFORTS = [{"type": "effort", "values": ["low", "medium", "high"]}]
CATALOGUE = orjson.dumps(
    {
        "data": [
            row("acme/alpha-2", "image", "pdf", reasoning_options=EFFORTS),
            row("acme/alpha-1", "image"),
            row("zeta/fast-3"),
            row("zeta/mute-1", supported_parameters=["max_tokens"]),
        ]
    }
)
FALLBACKS = ("zeta/fast-3", "acme/alpha-1")


@asynccontextmanager
async def here_with(directory: Path, **more: Any) -> AsyncIterator[House]:
    async with house(directory, catalogue=CATALOGUE, **more) as built:
        yield built


async def choose(here: House, name: str, value: str, scope: str = "here", place: Place = THREAD) -> None:
    before = len(here.town.whispers)
    await here.people.command("settings", place=place, name=name, value=value, scope=scope)
    await here.town.until(lambda town: len(town.whispers) > before)
    assert "Done" in here.town.whispers[-1][1], here.town.whispers[-1][1]


async def ask(here: House, text: str = "hello", **more: Any) -> Answering:
    await here.people.say(text, **more)
    return await here.request()


def status(here: House, which: int = -1) -> str:
    return here.town.ours()[which].status or ""


# --- chosen --------------------------------------------------------------------------------------


async def test_what_was_chosen_is_what_the_gateway_is_asked(tmp_path: Path) -> None:
    async with here_with(tmp_path, fallbacks=("zeta/fast-3", "zeta/mute-1")) as here:
        for name, value in {
            "temperature": "0,3",
            "top_p": "0.9",
            "stop": "END|FIN",
            "max_tokens": "900",
            "reasoning": "medium",
            "provider_order": "acme, bedrock",
            "provider_only": "acme,bedrock,vertex",
            "sort": "ttft",
        }.items():
            await choose(here, name, value)
        await choose(here, "zero_data_retention", "on", "channel")
        await choose(here, "no_training", "on", "channel")
        await choose(here, "attribute_app", "on", "workspace")
        await choose(here, "attribute_people", "on", "workspace")
        asked = await ask(here)
        await asked.finish("Hi")
        await here.answered()

    body = {name: value for name, value in asked.body.items() if name not in ("messages", "tools")}
    user = body["providerOptions"]["gateway"].pop("user")
    assert body == {
        "model": "acme/alpha-2",
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": 900,
        "temperature": 0.3,
        "top_p": 0.9,
        "stop": ["END", "FIN"],
        "reasoning": {"effort": "medium"},
        "providerOptions": {
            "gateway": {
                "caching": "auto",
                "models": ["zeta/fast-3"],
                "order": ["acme", "bedrock"],
                "only": ["acme", "bedrock", "vertex"],
                "sort": "ttft",
                "zeroDataRetention": True,
                "disallowPromptTraining": True,
            }
        },
    }
    assert user == Pseudonyms("secret").of("town:u1")
    assert asked.exchange.headers["x-session-affinity"] == Pseudonyms("secret").of(THREAD.key)
    assert asked.exchange.headers["x-title"] == "Gatepost"


async def test_nothing_is_sent_that_was_not_asked_for(tmp_path: Path) -> None:
    async with here_with(tmp_path) as here:
        asked = await ask(here)
        await asked.finish("Hi")
        await here.answered()

    assert sorted(asked.body) == [
        "max_tokens",
        "messages",
        "model",
        "providerOptions",
        "stream",
        "stream_options",
        "tools",
    ]
    assert asked.body["max_tokens"] == 4_000, "no more than the model can"
    assert asked.body["providerOptions"] == {"gateway": {"caching": "auto"}}
    assert "x-title" not in asked.exchange.headers


async def test_what_a_model_does_not_take_is_left_out(tmp_path: Path) -> None:
    async with here_with(tmp_path) as here:
        for name, value in {"temperature": "1", "presence_penalty": "1", "reasoning": "high"}.items():
            await choose(here, name, value)
        await here.people.command("model", id="zeta/mute-1")
        asked = await ask(here)
        await asked.finish("Hi")
        await here.answered()

    assert not {"temperature", "presence_penalty", "reasoning", "tools"} & set(asked.body)


@pytest.mark.parametrize(
    ("name", "value"), [("temperature", "3"), ("sort", "best"), ("stop", "|"), ("reasoning", "x")]
)
async def test_what_cannot_be_chosen_is_refused_with_what_can(name: str, value: str, tmp_path: Path) -> None:
    async with here_with(tmp_path) as here:
        await here.people.command("settings", name=name, value=value)
        await here.town.until(lambda town: town.whispers)

        assert f"`{name}` has to be" in here.town.whispers[0][1]


# --- privacy -------------------------------------------------------------------------------------


async def test_privacy_that_nobody_offers_is_refused_and_never_weakened(tmp_path: Path) -> None:
    async with here_with(tmp_path, fallbacks=FALLBACKS) as here:
        await choose(here, "zero_data_retention", "on", "channel")
        asked = await ask(here)
        body = {"error": "No ZDR providers available for model: acme/alpha-2", "type": "no_providers_available"}
        await asked.exchange.reply(400, orjson.dumps(body))
        asked.ended.set()
        await here.answered()

        assert here.asked.empty(), "not tried without it"
        assert "No privacy-approved provider offers this model here." in status(here)


async def test_a_tool_is_told_what_its_own_requests_have_to_promise(tmp_path: Path) -> None:
    told: list[Routing] = []

    async def meet(context: ToolContext, arguments: Meeting) -> str:
        told.append(context.routing)
        return arguments.name

    async with here_with(tmp_path, tools=[Tool("meet", Meeting, meet)]) as here:
        await choose(here, "zero_data_retention", "on", "channel")
        await (await ask(here)).call(("c1", "meet", '{"name": "x"}'))
        await here.answer("Done.")
        await here.answered()

    assert told == [Routing(zero_data_retention=True)]


async def test_an_endpoint_that_cannot_promise_privacy_is_not_even_asked(tmp_path: Path) -> None:
    async with house(tmp_path, routes=False) as here:
        await choose(here, "no_training", "on", "channel")
        await here.people.say("hello")
        await here.answered()

        assert "No privacy-approved provider" in status(here)
        assert here.server.seen == []


# --- another model -------------------------------------------------------------------------------


async def test_a_fallback_that_the_gateway_took_is_named_with_the_reason(tmp_path: Path) -> None:
    attempts = [
        {"canonicalSlug": "acme/alpha-2", "success": False, "providerAttempts": [{"statusCode": 429}]},
        {"canonicalSlug": "zeta/fast-3", "success": True, "providerAttempts": [{"statusCode": 200}]},
    ]
    metadata = {"gateway": {"routing": {"modelAttempts": attempts}}}
    last = event(streams.chunk({"provider_metadata": metadata}, finish_reason="stop", usage=streams.usage()))

    async with here_with(tmp_path, fallbacks=FALLBACKS) as here:
        asked = await ask(here)
        assert asked.body["providerOptions"]["gateway"]["models"] == list(FALLBACKS)
        await asked.send(streams.role(), streams.text("Hi"), last)
        await here.answered()

        assert here.town.ours()[0].text == "Hi"
        assert status(here) == "⚠ Answered by zeta/fast-3: acme/alpha-2 was busy."


async def test_a_picture_is_only_sent_to_fallbacks_that_see(tmp_path: Path) -> None:
    async with here_with(tmp_path, fallbacks=FALLBACKS) as here:
        asked = await ask(here, "what is this?", files={"a.png": picture()})
        await asked.finish("A square.")
        await here.answered()

    assert asked.body["providerOptions"]["gateway"]["models"] == ["acme/alpha-1"]


FAILED = [
    (404, "model_not_found", "no longer exists", "acme/gone"),
    (403, "no_providers_available", "isn't available to this bot", "acme/gone"),
]


@pytest.mark.parametrize(("code", "kind", "why", "model"), FAILED)
async def test_a_model_that_is_not_there_is_replaced_by_the_default_with_a_sentence(
    code: int, kind: str, why: str, model: str, tmp_path: Path
) -> None:
    async with house(tmp_path) as here:
        await here.people.command("model", id=model)
        await here.answered()
        asked = await ask(here)
        assert asked.body["model"] == model
        await asked.refuse(code, kind, "x")
        again = await here.answer("Hi")
        await here.answered(2)

        assert again.body["model"] == "acme/alpha-2"
        assert here.town.ours()[-1].text == "Hi"
        assert status(here) == f"⚠ Answered by acme/alpha-2: {model} {why}."


async def test_a_default_model_that_is_gone_is_told(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        asked = await ask(here)
        await asked.refuse(404, "model_not_found", "x")
        await here.answered()

        assert "no longer exists. Try /model" in status(here)


async def test_a_busy_model_is_replaced_by_a_fallback_when_it_asks_for_too_long(tmp_path: Path) -> None:
    async with here_with(tmp_path, fallbacks=FALLBACKS) as here:
        asked = await ask(here)
        await asked.refuse(429, "rate_limit_exceeded", "x", retry_after="60")
        other = await here.answer("Hi")
        await here.answered()
        assert other.body["model"] == "zeta/fast-3"
        assert other.body["providerOptions"]["gateway"]["models"] == ["acme/alpha-1"]
        assert status(here) == "⚠ Answered by zeta/fast-3: acme/alpha-2 was busy."

        then = await ask(here, "again")
        assert then.body["model"] == "zeta/fast-3", "the busy model is not asked for a minute"
        await then.finish("Hi")
        await here.answered(2)


# --- without -------------------------------------------------------------------------------------


async def test_a_model_that_turns_out_blind_is_replaced_and_remembered_as_blind(tmp_path: Path) -> None:
    async with here_with(tmp_path, fallbacks=FALLBACKS) as here:
        asked = await ask(here, "what is this?", files={"a.png": picture()})
        await asked.refuse(400, "invalid_request_error", "This model does not support image inputs.")
        other = await here.answer("A square.")
        await here.answered()

        assert other.body["model"] == "acme/alpha-1"
        assert status(here) == "⚠ Answered by acme/alpha-1: acme/alpha-2 can't see pictures."
        known = here.gateway.model("acme/alpha-2")
        assert known is not None
        assert known.sees is False


async def test_without_a_fallback_the_same_model_answers_without_the_picture(tmp_path: Path) -> None:
    async with here_with(tmp_path) as here:
        asked = await ask(here, "what is this?", files={"a.png": picture()})
        await asked.refuse(400, "invalid_request_error", "This model does not support image inputs.")
        again = await here.answer("I can't see it.")
        await here.answered()

        assert b"image_url" in asked.exchange.body
        assert b"image_url" not in again.exchange.body
        assert "acme/alpha-2 can't see pictures, so a.png was not looked at" in status(here)


async def test_a_model_that_cannot_use_tools_answers_without(tmp_path: Path) -> None:
    async with here_with(tmp_path) as here:
        asked = await ask(here)
        await asked.refuse(400, "invalid_request_error", "This model does not support tool calling.")
        again = await here.answer("Hi")
        await here.answered()

        assert "tools" not in again.body
        assert "You can call no tools here" in again.prompt
        assert "You can call no tools here" not in asked.prompt
        assert status(here) == (
            "⚠ acme/alpha-2 can't use tools. It was asked without: no links, reminders or searches in this "
            "answer. Another can, by /model."
        )


async def test_a_conversation_that_is_too_long_is_halved_once(tmp_path: Path) -> None:
    async with here_with(tmp_path) as here:
        await here.people.command("settings", name="recap", value="off")
        await here.town.until(lambda town: town.whispers)
        for n in range(4):
            asked = await ask(here, f"question {n} " + "x" * 400)
            await asked.finish(f"answer {n}")
            await here.answered(n + 1)
        asked = await ask(here, "the last")
        await asked.refuse(400, "invalid_request_error", "prompt is too long: 250000 tokens > 200000 maximum")
        again = await here.answer("Hi")
        await here.answered(5)

        assert "question 0" in asked.prompt
        assert "question 0" not in again.prompt
        assert "question 3" in again.prompt
        assert here.town.ours()[-1].text == "Hi"

        asked = await ask(here, "really the last")
        assert "question 0" not in asked.prompt, "it stays cut"
        for _ in range(2):
            await asked.refuse(400, "invalid_request_error", "prompt is too long")
            asked = await here.request() if here.asked.qsize() or _ == 0 else asked
        await here.answered(6)
        assert "too long; use /reset or a thread" in status(here)


async def test_pictures_are_made_smaller_once_when_the_request_is_too_large(tmp_path: Path) -> None:
    async with here_with(tmp_path) as here:
        asked = await ask(here, "what is this?", files={"a.png": noise("PNG", (900, 900))})
        await asked.refuse(413, "request_too_large", "Request Entity Too Large")
        again = await here.request()
        assert b"image_url" in again.exchange.body
        assert len(again.exchange.body) < len(asked.exchange.body)
        await again.refuse(413, "request_too_large", "Request Entity Too Large")
        await here.answered()

        assert "too large for the AI service" in status(here)


class Meeting(BaseModel):
    """Meet."""

    name: str


async def test_after_two_rounds_of_nonsense_no_more_calls_are_allowed(tmp_path: Path) -> None:
    async def meet(_context: ToolContext, arguments: Meeting) -> str:
        return arguments.name

    async with here_with(tmp_path, tools=[Tool("meet", Meeting, meet)]) as here:
        asked = await ask(here)
        await asked.call(("c1", "meet", '{"broken": '))
        asked = await here.request()
        assert "tool_choice" not in asked.body
        await asked.call(("c2", "meet", "{}"))
        asked = await here.request()
        assert asked.body["tool_choice"] == "none"
        assert "invalid arguments" in asked.prompt
        await asked.finish("Never mind.")
        await here.answered()

    assert here.town.ours()[0].text == "Never mind."


# --- thinking, searching -------------------------------------------------------------------------


def thought(text: str) -> bytes:
    detail = {"type": "reasoning.text", "text": text, "signature": "", "format": "acme-v1", "index": 0}
    return event(streams.chunk({"reasoning": text, "reasoning_details": [detail]}))


async def test_thinking_is_told_while_it_lasts_and_shown_on_request_only(tmp_path: Path) -> None:
    async with here_with(tmp_path) as here:
        asked = await ask(here)
        await asked.say()
        await asked.exchange.chunk(thought("Hm."))
        await here.town.until(lambda town: town.ours() and town.ours()[0].status == "thinking…")
        await asked.finish("42")
        await here.answered()
        assert here.town.ours()[0].text == "42"

        await choose(here, "show_reasoning", "on", "me")
        asked = await ask(here)
        await asked.send(streams.role(), thought("First\n"), thought("then."), streams.text("43"), streams.final())
        await here.answered(2)
        assert here.town.ours()[1].text == "> First\n> then.\n\n43"

        asked = await ask(here)
        assert "First" not in asked.prompt, "it is no part of what was said"
        await asked.finish("44")
        await here.answered(3)


async def test_a_long_silence_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "SILENCE", 0.01)
    monkeypatch.setattr(telling, "LONG_SILENCE", 0.05)

    async with here_with(tmp_path) as here:
        asked = await ask(here)
        await here.town.until(lambda town: town.ours() and town.ours()[0].status == "still thinking…")
        await asked.finish("42")
        await here.answered()
        assert here.town.ours()[0].status is None


async def test_reasoning_goes_back_within_a_tool_loop_and_not_after_it(tmp_path: Path) -> None:
    async with here_with(tmp_path) as here:
        asked = await ask(here, "what time is it?")
        await asked.say()
        await asked.exchange.chunk(thought("I look."))
        await asked.call(("c1", "current_time", "{}"))
        then = await here.request()
        (call,) = (message for message in then.messages if message.get("tool_calls"))
        assert call["reasoning_details"][0]["text"] == "I look."
        await then.finish("Noon.")
        await here.answered()

        after = await ask(here, "thanks")
        assert not any("reasoning_details" in message for message in after.messages)
        await after.finish("Welcome.")
        await here.answered(2)


async def test_the_web_is_searched_on_request_and_the_sources_are_listed(tmp_path: Path) -> None:
    async with here_with(tmp_path) as here:
        await choose(here, "web_search", "exa", "channel")
        assert "$5 to $7 for 1,000 searches" in here.town.whispers[-1][1]
        asked = await ask(here, "what is new?")
        assert {"type": "vercel:exa_search"} in asked.body["tools"]
        assert "You may search the web" in asked.prompt

        notes = [
            {"type": "url_citation", "url_citation": {"url": "https://a.example/", "title": "A [x](y) @everyone"}},
            {"type": "url_citation", "url_citation": {"url": "https://b.example/b", "title": ""}},
            {"type": "url_citation", "url_citation": {"url": "https://said.example/", "title": "Said"}},
        ]
        metadata = {"gateway": {"gatewayToolCalls": {"exa_search": 2}}}
        last = streams.chunk({"provider_metadata": metadata}, finish_reason="stop", usage=streams.usage())
        await asked.send(
            streams.role(),
            streams.text("News (https://said.example/)."),
            event(streams.chunk({"annotations": notes})),
            event(last),
        )
        await here.answered()

        text = here.town.ours()[0].text
        assert text.endswith(
            "**Sources**\n\n1. [A x y everyone](<https://a.example/>)\n2. [b.example](<https://b.example/b>)"
        )
        assert status(here) == "Searched the web 2 times."


async def test_where_nobody_searches_no_search_is_offered(tmp_path: Path) -> None:
    async with house(tmp_path, routes=False) as here:
        await choose(here, "web_search", "exa", "channel")
        asked = await ask(here)
        assert b"vercel:" not in asked.exchange.body
        await asked.finish("Hi")
        await here.answered()


# --- what people are told ------------------------------------------------------------------------

CANARY = "api_key_id_canary123 sk-canary-abcdef https://canary.example/pay team_canary99"
TOLD = [
    (400, "invalid_request_error", "I couldn't build a valid request."),
    (401, "authentication_error", "I can't reach my AI service right now. The operator has been told."),
    (402, "insufficient_funds", "The AI credit for this bot is used up. Ask the operator."),
    (402, "quota_for_entity_exceeded", "The spending limit of this bot's key is reached"),
    (403, "customer_verification_required", "I can't reach my AI service right now. The operator has been told."),
    (403, "no_providers_available", "That model isn't available to this bot. Try /model."),
    (403, "permission_error", "The model's provider declined this request."),
    (404, "model_not_found", "That model no longer exists. Try /model."),
    (413, "request_too_large", "That file is too large for the AI service."),
    (424, "failed_dependency", "I couldn't build a valid request."),
    (429, "rate_limit_exceeded", "The AI service is busy; please try again in a few minutes."),
]


@pytest.mark.parametrize(("code", "kind", "sentence"), TOLD)
async def test_a_refusal_is_told_in_our_words_and_nothing_of_theirs_gets_out(
    code: int, kind: str, sentence: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    async with house(tmp_path) as here:
        asked = await ask(here)
        await asked.refuse(code, kind, CANARY, **({"retry_after": "90"} if code == 429 else {}))
        await here.answered()

        assert sentence in status(here)
        seen = [f"{shown.text} {shown.status}" for shown in here.town.ours()]
    assert "canary" not in " ".join([*seen, caplog.text, *capsys.readouterr()])
    assert here.asked.empty()


async def test_a_direct_message_has_choices_of_its_own(tmp_path: Path) -> None:
    dm = Place("town", "w", "dm", kind=PlaceKind.DM)
    async with here_with(tmp_path) as here:
        await choose(here, "temperature", "0", "here", dm)
        asked = await ask(here, place=dm)
        assert asked.body["temperature"] == 0
        await asked.finish("Hi")
        other = await ask(here, place=CHANNEL)
        assert "temperature" not in other.body
        await other.finish("Hi")
        await here.answered(2)
