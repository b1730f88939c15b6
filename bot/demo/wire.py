"""The protocol's shapes: from an answer to the bodies and chunks that go over the wire. Pure."""

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from random import Random
from typing import Any, TypeAlias

import orjson

Json: TypeAlias = dict[str, Any]

DONE = b"data: [DONE]\n\n"
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TOKEN = re.compile(r"\s*\w{1,7}|\s*[^\w\s]|\s+")


@dataclass(frozen=True, slots=True)
class Call:
    """A tool that the model asks for. `arguments` is JSON text."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a built-in model has to say. `pace` is tokens a second where the question chose one.

    `searches` counts the gateway's own searches by tool, `sources` are pages by title and address.
    """

    text: str = ""
    calls: tuple[Call, ...] = ()
    pictures: tuple[bytes, ...] = ()
    reasoning: str = ""
    finish: str = "stop"
    pace: float | None = None
    searches: Mapping[str, int] = field(default_factory=dict)
    sources: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Generation:
    """One answer with its number and what it took. Prices are US dollars for a token.

    `failed` are the models that were tried before, with the status of each; `own_key` says that the provider was
    paid with the caller's own key.
    """

    id: str
    created: float
    model: str
    prompt_tokens: int
    cached_tokens: int = 0
    completion_tokens: int = 0
    reasoning_tokens: int = 0
    input_price: Decimal = Decimal(0)
    output_price: Decimal = Decimal(0)
    streamed: bool = True
    finish: str = "stop"
    failed: tuple[tuple[str, int], ...] = ()
    own_key: bool = False
    searches: Mapping[str, int] = field(default_factory=dict)

    @property
    def cost(self) -> Decimal:
        """What it costs, in play money; cached tokens at a tenth."""
        fresh = self.prompt_tokens - self.cached_tokens
        weighed = fresh + Decimal(self.cached_tokens) / 10
        return weighed * self.input_price + self.completion_tokens * self.output_price


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a stream, and what it carries: role, reasoning, text, note, call, picture or final."""

    kind: str
    body: Json

    def encode(self) -> bytes:
        """The event as it goes over the wire."""
        return b"data: " + orjson.dumps(self.body) + b"\n\n"


def generation_id(now: float, random: Random) -> str:
    """`gen_` and a ULID: 48 bits of milliseconds, 80 of chance, in Crockford's base 32."""
    number = int(now * 1000) << 80 | random.getrandbits(80)
    return "gen_" + "".join(_CROCKFORD[number >> 5 * place & 31] for place in reversed(range(26)))


def tokens(text: str) -> list[str]:
    """The pieces in which a text is streamed; joined, they are the text."""
    return _TOKEN.findall(text)


def token_count(text: str) -> int:
    """About how many tokens a prompt's text is: four characters each."""
    return -(-len(text) // 4)


def cut(answer: Answer, max_tokens: int | None) -> Answer:
    """The answer as far as `max_tokens` goes; cut off, it finishes with `length`."""
    pieces = tokens(answer.text)
    if max_tokens is None or len(pieces) <= max_tokens:
        return answer
    return replace(answer, text="".join(pieces[:max_tokens]), calls=(), pictures=(), finish="length")


def counted(generation: Generation, answer: Answer) -> Generation:
    """The generation with what the answer used."""
    thought = len(tokens(answer.reasoning))
    said = sum(len(tokens(call.arguments)) + 4 for call in answer.calls) + len(tokens(answer.text))
    return replace(
        generation,
        completion_tokens=said + thought,
        reasoning_tokens=thought,
        finish=finish_reason(answer),
        searches=answer.searches,
    )


def stopped(answer: Answer, stops: tuple[str, ...]) -> Answer:
    """The answer up to the first of these texts."""
    ends = [end for stop in stops if (end := answer.text.find(stop)) >= 0]
    return replace(answer, text=answer.text[: min(ends)]) if ends else answer


def finish_reason(answer: Answer) -> str:
    """`tool_calls` where there are some, else the answer's own."""
    return "tool_calls" if answer.calls else answer.finish


def usage(generation: Generation) -> Json:
    """The usage block; `cost` is a number here and a string in the metadata."""
    cost = float(generation.cost)
    return {
        "prompt_tokens": generation.prompt_tokens,
        "completion_tokens": generation.completion_tokens,
        "total_tokens": generation.prompt_tokens + generation.completion_tokens,
        "cost": cost,
        "is_byok": generation.own_key,
        "market_cost": cost,
        "cache_creation_input_tokens": 0,
        "prompt_tokens_details": {"cached_tokens": generation.cached_tokens, "audio_tokens": 0, "video_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": generation.reasoning_tokens, "image_tokens": 0},
        "cost_details": {
            "upstream_inference_cost": None,
            "upstream_inference_prompt_cost": 0,
            "upstream_inference_completions_cost": 0,
        },
    }


def provider_metadata(generation: Generation) -> Json:
    """The routing block that comes with an answer."""
    attempts = [*(_attempt(model, status) for model, status in generation.failed), _attempt(generation.model, 200)]
    if generation.own_key:
        attempts[-1]["providerAttempts"][0]["credentialType"] = "byok"
    routing = {
        "originalModelId": generation.failed[0][0] if generation.failed else generation.model,
        "resolvedProvider": "gatepost",
        "canonicalSlug": generation.model,
        "finalProvider": "gatepost",
        "fallbacksAvailable": [],
        "planningReasoning": "There is only one provider here.",
        "modelAttemptCount": len(attempts),
        "totalProviderAttemptCount": len(attempts),
        "modelAttempts": attempts,
    }
    cost = decimal_string(generation.cost)
    gateway = {
        "routing": routing,
        "cost": cost,
        "marketCost": cost,
        "gatewayCost": "0",
        "generationId": generation.id,
        "billableWebSearchCalls": 0,
    }
    if generation.searches:
        gateway["gatewayToolCalls"] = dict(generation.searches)
    return {"gatepost": {}, "gateway": gateway}


def _attempt(model: str, status: int) -> Json:
    success = status == 200
    attempt = {"provider": "gatepost", "credentialType": "system", "success": success, "statusCode": status}
    return {
        "modelId": model.replace("/", ":"),
        "canonicalSlug": model,
        "success": success,
        "providerAttemptCount": 1,
        "providerAttempts": [attempt],
    }


def _citation(title: str, url: str) -> Json:
    return {"type": "url_citation", "url_citation": {"url": url, "title": title}}


def completion(generation: Generation, answer: Answer) -> Json:
    """The body of an answer that is not streamed."""
    message: Json = {"role": "assistant", "content": answer.text or None}
    if answer.reasoning:
        message |= {"reasoning": answer.reasoning, "reasoning_details": [_thought(answer.reasoning)]}
    if answer.calls:
        message["tool_calls"] = [_whole_call(generation, n, call) for n, call in enumerate(answer.calls)]
    if answer.pictures:
        message["images"] = [picture_part(data) for data in answer.pictures]
    if answer.sources:
        message["annotations"] = [_citation(*source) for source in answer.sources]
    message["provider_metadata"] = provider_metadata(generation)
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason(answer)}
    return {
        "id": generation.id,
        "object": "chat.completion",
        "created": int(generation.created),
        "model": generation.model,
        "choices": [choice],
        "usage": usage(generation),
        "system_fingerprint": "fp_gatepost",
        "service_tier": "default",
        "generationId": generation.id,
    }


def events(generation: Generation, answer: Answer) -> Iterator[Event]:
    """A whole stream but for `[DONE]`: role first, then what there is, one final chunk with everything else."""
    yield Event("role", chunk(generation, {"role": "assistant"}))
    for piece in tokens(answer.reasoning):
        yield Event(
            "reasoning", chunk(generation, {"reasoning": piece, "reasoning_details": [_thought(piece, "")]})
        )
    if answer.reasoning:
        yield Event("reasoning", chunk(generation, {"reasoning_details": [_thought("")]}))
    for piece in tokens(answer.text):
        yield Event("text", chunk(generation, {"content": piece}))
    if answer.sources:
        notes = [_citation(*source) for source in answer.sources]
        yield Event("note", chunk(generation, {"annotations": notes}))
    for data in answer.pictures:
        yield Event("picture", chunk(generation, {"images": [picture_part(data)]}))
    for n, call in enumerate(answer.calls):
        yield from _call_fragments(generation, n, call)
    yield Event("final", final_chunk(generation, finish_reason(answer)))


def chunk(generation: Generation, delta: Json, finish: str | None = None) -> Json:
    """One chunk; every one has the same id and exactly one choice."""
    return {
        "id": generation.id,
        "object": "chat.completion.chunk",
        "created": int(generation.created),
        "model": generation.model,
        "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}],
        "system_fingerprint": "fp_gatepost",
    }


def final_chunk(generation: Generation, finish: str) -> Json:
    """The one that carries metadata, finish reason, usage and the generation's id together."""
    body = chunk(generation, {"provider_metadata": provider_metadata(generation)}, finish)
    return body | {"usage": usage(generation), "generationId": generation.id}


def picture_part(data: bytes) -> Json:
    """A picture the model made, as a data URL; entries have no index."""
    return {"type": "image_url", "image_url": {"url": "data:image/png;base64," + base64.b64encode(data).decode()}}


def decimal_string(amount: Decimal) -> str:
    """An amount in plain decimal digits, without trailing zeros or exponent."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _thought(text: str, signature: str = "c2NyaXB0ZWQ=") -> Json:
    return {"type": "reasoning.text", "text": text, "signature": signature, "format": "gatepost-v1", "index": 0}


def call_id(generation: Generation, n: int) -> str:
    """The id of the n-th call of an answer, unlike those of any other answer."""
    return f"call_{generation.id[-10:].lower()}_{n}"


def _whole_call(generation: Generation, n: int, call: Call) -> Json:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call_id(generation, n), "type": "function", "function": function}


def _call_fragments(generation: Generation, n: int, call: Call) -> Iterator[Event]:
    opening = _whole_call(generation, n, Call(call.name, "")) | {"index": n}
    yield Event("call", chunk(generation, {"tool_calls": [opening]}))
    for start in range(0, len(call.arguments), 12):
        fragment = {"index": n, "function": {"arguments": call.arguments[start : start + 12]}}
        yield Event("call", chunk(generation, {"tool_calls": [fragment]}))
