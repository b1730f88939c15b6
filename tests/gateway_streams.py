"""Streams as the gateway sends them, built chunk by chunk."""

import base64
from typing import Any

from tests.wire.raw_server import event

GENERATION = "gen_01TESTTESTTESTTESTTESTTEST"

DONE = b"data: [DONE]\n\n"


def chunk(delta: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A chunk with one choice; `finish_reason` goes into it, the rest beside it."""
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": more.pop("finish_reason", None)}
    return {
        "id": GENERATION,
        "object": "chat.completion.chunk",
        "created": 1773300000,
        "model": "acme/alpha-2",
        "choices": [choice],
        "system_fingerprint": "fp_x1",
        **more,
    }


def usage(cost: object = 0.00042) -> dict[str, Any]:
    """What an answer used."""
    return {
        "prompt_tokens": 420,
        "completion_tokens": 30,
        "total_tokens": 450,
        "cost": cost,
        "prompt_tokens_details": {"cached_tokens": 300},
        "completion_tokens_details": {"reasoning_tokens": 12},
    }


def role() -> bytes:
    """The first chunk of every answer."""
    return event(chunk({"role": "assistant"}))


def text(words: str) -> bytes:
    """More of the answer."""
    return event(chunk({"content": words}))


def images(*pictures: bytes, media_type: str = "image/png") -> bytes:
    """Pictures, as entries without an index."""
    urls = (f"data:{media_type};base64,{base64.b64encode(picture).decode()}" for picture in pictures)
    return event(chunk({"images": [{"type": "image_url", "image_url": {"url": url}} for url in urls]}))


def final(reason: str = "stop", **more: Any) -> bytes:
    """The one chunk that carries metadata, finish reason and usage together."""
    metadata = {"gateway": {"routing": {"originalModelId": "acme/alpha-2"}, "cost": "0.00042"}}
    more = {"usage": usage(), "generationId": GENERATION} | more
    return event(chunk({"provider_metadata": metadata}, finish_reason=reason, **more))


def answer(*words: str) -> bytes:
    """A whole answer."""
    return b"".join((role(), *map(text, words), final(), DONE))
