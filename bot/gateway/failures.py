"""Every way in which the gateway fails becomes one of our own errors; its words go to the log, cleaned."""

import re
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, TypeAlias

import orjson

from bot.errors import (
    AddressWrong,
    GatewayBusy,
    GatewayDown,
    GatewayError,
    GatewayRefused,
    GatewayUnpaid,
    KeyLimitReached,
    ModelNotAllowed,
    ModelUnknown,
    ParameterNotSupported,
    PartNotSupported,
    PrivacyUnmet,
    PromptTooLong,
    RequestInvalid,
    RequestRefused,
    RequestTooLarge,
    ToolsNotSupported,
)
from bot.gateway.cleaning import MOST_READ, cleaned
from bot.gateway.loose import dig, items, text

Kind: TypeAlias = type[GatewayError]

FREE_TIER_PAUSE = 120.0
"""Seconds; the free tier's limit holds for the whole account and names no time."""

_BY_TYPE: Mapping[str, Kind] = {
    "authentication_error": GatewayRefused,
    "customer_verification_required": GatewayRefused,
    "insufficient_funds": GatewayUnpaid,
    "insufficient_quota": GatewayUnpaid,  # OpenAI's own word, with a 429
    "quota_for_entity_exceeded": KeyLimitReached,
    "no_providers_available": ModelNotAllowed,
    "forbidden": ModelNotAllowed,
    "permission_error": RequestRefused,
    "content_filter": RequestRefused,
    "model_not_found": ModelUnknown,
    "context_length_exceeded": PromptTooLong,
    "rate_limit_exceeded": GatewayBusy,
    "failed_dependency": RequestInvalid,
    "invalid_request_error": RequestInvalid,
}

_BY_STATUS: Mapping[int, Kind] = {
    401: GatewayRefused,
    402: GatewayUnpaid,
    403: GatewayRefused,
    405: AddressWrong,
    408: GatewayDown,
    409: GatewayDown,
    413: RequestTooLarge,
    429: GatewayBusy,
}

_NO_SUCH_PATH = {"detail": "Not Found"}
"""What the framework under many servers says where nobody listens; a web page or a bare line means the same."""

_PRIVACY = re.compile(r"zero.data.retention|\bZDR\b|prompt.training|\btraining\b", re.I)

_BY_TEXT: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (
        re.compile(r"context.{0,10}(length|window)|too many tokens|prompt is too long|maximum.{0,20}tokens", re.I),
        PromptTooLong,
    ),
    (
        re.compile(
            r"(image|vision|pdf|file|document|tool|function)s?\b.{0,60}(not supported|unsupported|not available)"
            r"|(not|n't) support.{0,40}(image|vision|pdf|file|document|tool|function)",
            re.I,
        ),
        PartNotSupported,
    ),
    (re.compile(r"content (policy|filter|management)|safety (system|filter)|flagged", re.I), RequestRefused),
    (_PRIVACY, PrivacyUnmet),
)

_ABILITIES = (
    ("sees", re.compile("image|vision", re.I)),
    ("reads_files", re.compile("pdf|file|document", re.I)),
    ("calls_tools", re.compile("tool|function", re.I)),
)

OPTIONAL = (
    "temperature",
    "top_p",
    "frequency_penalty",
    "presence_penalty",
    "stop",
    "max_tokens",
    "reasoning",
    "reasoning_effort",
    "response_format",
    "stream_options",
    "tool_choice",
    "providerOptions",
    "dimensions",
    "size",
)
"""Parameters without which a request still asks the same."""

_NOT_TAKEN = re.compile(
    r"unsupported|not support|unrecogni[sz]ed|unknown|not permitted|not allowed|deprecated|unexpected", re.I
)
_NAMED = re.compile(rf"[`'\"]({'|'.join(OPTIONAL)})[`'\"]")


def failure_in_response(status: int, headers: Mapping[str, str], body: bytes, now: float) -> GatewayError:
    """What a response with an error status means. The body may be anything: JSON of several shapes, HTML, nothing.

    `headers` are asked by lower-case names; `now` is seconds since the epoch, for a `retry-after` that is a date.
    """
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        parsed = None
    told: Mapping[str, Any] = parsed if isinstance(parsed, dict) else {}
    message = _message(told) or body[:MOST_READ].decode("utf-8", "replace")
    error = _error(told, message, status, text(told.get("generationId")) or None)
    error.retry_after = _retry_after(headers, now)
    if error.about == "account" and error.retry_after is None:
        error.retry_after = FREE_TIER_PAUSE
    return error


def failure_in_chunk(chunk: Mapping[str, Any], generation_id: str | None) -> GatewayError:
    """What an error means that arrives inside a stream, when the status has long been 200."""
    known = generation_id or text(chunk.get("generationId")) or None
    return _error(chunk, _message(chunk), _status(chunk), known)


def _error(told: Mapping[str, Any], message: str, status: int | None, generation_id: str | None) -> GatewayError:
    type_ = _type(told)
    kind, about = _kind(status, type_, message, bool(told) and told != _NO_SUCH_PATH), None
    if kind is GatewayBusy and "free tier" in message.lower():
        about = "account"
    elif kind is ModelNotAllowed and type_ == "no_providers_available" and _PRIVACY.search(message):
        kind = PrivacyUnmet
    elif kind in (RequestInvalid, PartNotSupported) and (about := _parameter(told, message)):
        kind = ParameterNotSupported
    elif kind is PartNotSupported:
        about = next((ability for ability, words in _ABILITIES if words.search(message)), None)
        kind = ToolsNotSupported if about == "calls_tools" else kind
    detail = " ".join(part for part in (str(status or ""), type_, message) if part)
    return kind(cleaned(detail), generation_id=generation_id, about=about)


def _parameter(told: Mapping[str, Any], message: str) -> str | None:
    """The optional parameter that is not taken, where the refusal names one."""
    if not _NOT_TAKEN.search(message):
        return None
    named = text(dig(told, "error", "param"))
    if named in OPTIONAL:
        return named
    quoted = _NAMED.search(message)
    return quoted[1] if quoted else None


def _kind(status: int | None, type_: str, message: str, is_told: bool) -> Kind:
    kind = _BY_TYPE.get(type_)
    if kind in (None, RequestInvalid):
        kind = _BY_STATUS.get(status or 0, kind)
    if kind not in (None, RequestInvalid):
        return kind
    if status == 404:
        return ModelUnknown if is_told else AddressWrong
    if status is not None and status >= 500:
        return GatewayDown
    by_text = next((meant for pattern, meant in _BY_TEXT if pattern.search(message)), None)
    return by_text or kind or (GatewayDown if status is None else RequestInvalid)


def _message(told: Mapping[str, Any]) -> str:
    """The most telling words: a provider's own, which are often buried, or else the gateway's summary."""
    return next(filter(None, _messages(told)), "")


def _messages(told: Mapping[str, Any]) -> Iterator[str]:
    error = told.get("error")
    buried = text(dig(error, "value", "error_message"))
    yield _unwrapped(buried)
    for model in items(dig(told, "providerMetadata", "gateway", "routing", "modelAttempts")):
        for attempt in items(dig(model, "providerAttempts")):
            yield text(dig(attempt, "error"))
    yield text(dig(error, "message"))
    yield text(error)
    yield text(told.get("message"))


def _unwrapped(message: str) -> str:
    """The message inside an error that was turned into JSON text on its way."""
    try:
        return text(dig(orjson.loads(message), "error", "message")) or message
    except orjson.JSONDecodeError:
        return message


def _type(told: Mapping[str, Any]) -> str:
    error = told.get("error")
    names = [text(dig(error, "type")), text(dig(error, "code")), text(told.get("type"))]
    return next((name for name in names if name in _BY_TYPE), names[0] or names[2])


def _status(chunk: Mapping[str, Any]) -> int | None:
    error = chunk.get("error")
    places = (
        dig(error, "statusCode"),
        dig(error, "param", "statusCode"),
        dig(error, "code"),
        chunk.get("statusCode"),
    )
    return next((place for place in places if isinstance(place, int) and 400 <= place < 600), None)


def _retry_after(headers: Mapping[str, str], now: float) -> float | None:
    try:
        if milliseconds := headers.get("retry-after-ms"):
            return max(0.0, float(milliseconds) / 1000)
        return max(0.0, float(headers.get("retry-after", "")))
    except ValueError:
        return _until(headers.get("retry-after", ""), now)


def _until(date: str, now: float) -> float | None:
    try:
        return max(0.0, parsedate_to_datetime(date).timestamp() - now)
    except ValueError:
        return None
