"""Pictures by their own endpoint: the request as the gateway reads it, and the pictures in its answer. Pure."""

import base64
import binascii
from typing import Any

import orjson

from bot.errors import AnswerEmpty
from bot.gateway.assembly import picture_in
from bot.gateway.loose import dig, digits, items, text
from bot.gateway.wire import Dialect, provider_options
from bot.messages import Finish, ImageDelta, PictureRequest, Usage

_TYPES = (
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"WEBP", 8, "image/webp"),
    (b"GIF8", 0, "image/gif"),
)


def path_of(request: PictureRequest) -> str:
    """Where it is sent: a picture that is changed has a path of its own."""
    return "/images/edits" if request.sources else "/images/generations"


def body_of(request: PictureRequest, dialect: Dialect) -> bytes:
    """The JSON body. Raises `PrivacyUnmet` where a promise is asked for that the endpoint can't be told of."""
    body: dict[str, Any] = {"model": request.model, "prompt": request.prompt, "n": 1}
    if request.size is not None:
        body["size"] = request.size
    if request.sources:
        body["images"] = [{"image_url": _data_url(source.media_type, source.data)} for source in request.sources]
    if options := provider_options(request.routing, dialect):
        body["providerOptions"] = {"gateway": options}
    return orjson.dumps(body)


def pictures_in(body: bytes) -> tuple[str | None, tuple[ImageDelta, ...], Finish]:
    """What an answer holds: the generation's id, its pictures, and the bill. Raises `AnswerEmpty` without any."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise AnswerEmpty("an answer that is no JSON, where pictures were asked for") from error
    metadata = _metadata(answer)
    generation = text(dig(metadata, "generationId")) or text(dig(answer, "generationId")) or None
    pictures = tuple(made for item in items(dig(answer, "data")) if (made := _picture(item)))
    if not pictures:
        raise AnswerEmpty("no picture in the answer", generation_id=generation)
    return generation, pictures, Finish("stop", usage=_usage(answer, metadata))


def _metadata(answer: object) -> object:
    return dig(answer, "providerMetadata", "gateway") or dig(answer, "provider_metadata", "gateway")


def _picture(item: object) -> ImageDelta | None:
    """A picture as base64 or in a data URL; one that is only linked to is left out: we open no links."""
    if encoded := text(dig(item, "b64_json")):
        try:
            data = binascii.a2b_base64(encoded, strict_mode=True)
        except ValueError:
            return None
        kind = next((kind for mark, at, kind in _TYPES if data.startswith(mark, at)), None)
        return ImageDelta(kind, data) if kind else None
    return picture_in({"image_url": {"url": text(dig(item, "url"))}})


def _usage(answer: object, metadata: object) -> Usage:
    used = dig(answer, "usage")
    cost = dig(used, "cost")
    return Usage(
        prompt_tokens=count_in(used, "input_tokens") or count_in(used, "prompt_tokens"),
        completion_tokens=count_in(used, "output_tokens") or count_in(used, "completion_tokens"),
        cost=digits(dig(metadata, "cost") if cost is None else cost),
    )


def count_in(used: object, name: str) -> int:
    """A number of tokens; 0 where none is told."""
    value = dig(used, name)
    return int(value) if isinstance(value, int | float) and value > 0 else 0


def _data_url(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"
