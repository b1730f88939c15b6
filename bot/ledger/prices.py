"""What a request may cost at most, before it is sent. Pure.

Only for setting money aside: what is paid is what the gateway reports, never tokens times a price.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

import orjson

from bot.messages import (
    ChatRequest,
    FilePart,
    Item,
    Model,
    PicturePart,
    PictureRequest,
    PromptMessage,
    TextPart,
    ToolSpec,
)

ASSUMED_INPUT, ASSUMED_OUTPUT = Decimal("0.000003"), Decimal("0.000015")
"""US dollars for a token where no price is published: what a good model costs."""

ANSWER_TOKENS = 8_000
"""Tokens of an answer whose length nobody limited."""

ASSUMED_PICTURE = Decimal("0.20")
"""US dollars for a picture where its price is not published."""

ASSUMED_EMBEDDING = Decimal("0.0000002")
"""US dollars for a token that is turned into a vector, where no price is published."""

_CACHE_WRITE = Decimal("1.25")
"""Some providers charge a quarter more for a prompt that they keep for the next time."""

_SEARCHES = Decimal("0.05")
"""US dollars for the searches that a gateway's own search tool makes for one answer."""

_BYTES_PER_TOKEN = 3
_MESSAGE_TOKENS = 24
_PICTURE_TOKENS = 1_600
_FILE_BYTES_PER_TOKEN = 40
_AROUND_TOKENS = 4_000
"""What stands around a conversation in a prompt: the instructions, the tools, the moment."""


def most(model: Model | None, prompt_tokens: int, answer_tokens: int) -> Decimal:
    """The most that a prompt and an answer of these sizes cost."""
    into, out = _prices(model)
    if model is not None and model.max_tokens is not None:
        answer_tokens = min(answer_tokens, model.max_tokens)
    return into * _CACHE_WRITE * prompt_tokens + out * answer_tokens


def most_for(request: ChatRequest, models: Iterable[Model | None]) -> Decimal:
    """The most that a request costs, whichever of these models answers it."""
    prompt = tokens_in(request.messages, request.tools)
    answer = request.max_tokens or ANSWER_TOKENS
    searches = _SEARCHES * len(request.server_tools)
    return max(most(model, prompt, answer) for model in models) + searches


def most_for_turn(model: Model | None, items: Sequence[Item], answer_tokens: int) -> Decimal:
    """The most that the first request of a turn costs, by its history as it is in the store."""
    if model is not None and model.type == "image":
        return _picture(model, sources=0)
    return most(model, _AROUND_TOKENS + sum(map(_item_tokens, items)), answer_tokens)


def most_for_picture(model: Model | None, request: PictureRequest) -> Decimal:
    """The most that one picture costs; where it is paid by the token, what a large one takes is assumed."""
    return _picture(model, sources=len(request.sources))


def most_for_vectors(model: Model | None, texts: Iterable[str]) -> Decimal:
    """The most that the vectors of these texts cost."""
    price = model.input_price if model is not None else None
    return (ASSUMED_EMBEDDING if price is None else Decimal(price)) * sum(_text_tokens(one) + 1 for one in texts)


def tokens_in(messages: Iterable[PromptMessage], tools: Iterable[ToolSpec]) -> int:
    """About how many tokens a prompt has, on the careful side."""
    size = 0
    for message in messages:
        size += _MESSAGE_TOKENS
        size += sum(_text_tokens(call.name + call.arguments) for call in message.tool_calls)
        for part in message.parts:
            match part:
                case TextPart(text):
                    size += _text_tokens(text)
                case PicturePart():
                    size += _PICTURE_TOKENS
                case FilePart(data=data):
                    size += len(data) // _FILE_BYTES_PER_TOKEN
    return size + sum(_text_tokens(tool.description) + len(orjson.dumps(tool.parameters)) // 3 for tool in tools)


def _picture(model: Model | None, *, sources: int) -> Decimal:
    if model is not None and model.image_price is not None:
        return Decimal(model.image_price) * (1 + sources)
    return Decimal(0) if model is not None and model.free else ASSUMED_PICTURE


def _item_tokens(item: Item) -> int:
    size = 2 * _MESSAGE_TOKENS + _text_tokens(item.text)
    size += sum(_text_tokens(call.name + call.arguments) for call in item.tool_calls)
    for reading in item.files:
        whole = reading.original.size // _FILE_BYTES_PER_TOKEN if reading.original else 0
        size += _text_tokens(reading.text) + max(whole, len(reading.pictures) * _PICTURE_TOKENS)
    return size


def _text_tokens(text: str) -> int:
    # By bytes, so that scripts of which a token holds a sign or less are not taken for short.
    return len(text.encode("utf-8", "replace")) // _BYTES_PER_TOKEN


def _prices(model: Model | None) -> tuple[Decimal, Decimal]:
    if model is None:
        return ASSUMED_INPUT, ASSUMED_OUTPUT
    into = model.peak_input_price or model.input_price
    out = model.peak_output_price or model.output_price
    unknown = (Decimal(0), Decimal(0)) if model.free else (ASSUMED_INPUT, ASSUMED_OUTPUT)
    return (
        unknown[0] if into is None else Decimal(into),
        unknown[1] if out is None else Decimal(out),
    )
