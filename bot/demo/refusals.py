"""The errors the gateway answers with before a stream begins, in the shapes they have on the wire."""

from dataclasses import dataclass, field
from typing import Any

import orjson

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A whole response that is no answer."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


class Refused(Exception):
    """The request ends here, with this response. Never leaves the built-in gateway."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.status)
        self.refusal = refusal


def refusal(
    status: int, kind: str, message: str, *, param: Any = None, code: str | None = None, **headers: str
) -> Refusal:
    """The usual envelope. `param` is a string on most 400s and an object elsewhere. `retry_after` is a header."""
    error = {"message": message, "type": kind, "param": param, "code": code}
    lines = {name.replace("_", "-"): value for name, value in headers.items()}
    return Refusal(status, orjson.dumps({"error": error}), headers=lines)


def flat(status: int, error: str, **more: str) -> Refusal:
    """The flat errors of `/generation`: the sentence itself stands under `error`."""
    return Refusal(status, orjson.dumps({"error": error, **more}))


def page(status: int, title: str) -> Refusal:
    """What a proxy in between says: HTML."""
    html = (
        f"<!doctype html><html><head><title>{status}: {title}</title></head><body><h1>{title}</h1></body></html>"
    )
    return Refusal(status, html.encode(), "text/html")


def invalid(message: str, param: Any = None) -> Refused:
    """400: the body cannot be understood."""
    return Refused(refusal(400, "invalid_request_error", message, param=param))


def no_key() -> Refused:
    """401: no key, or one that is not known."""
    return Refused(refusal(401, "authentication_error", "Invalid API key or token."))


def no_model(model: str) -> Refused:
    """404: nothing here has this name."""
    detail = {"name": "GatewayModelNotFoundError", "statusCode": 404, "modelId": model}
    return Refused(refusal(404, "model_not_found", f"Model '{model}' not found", param=detail))


def wrong_type(model: str, kind: str, wanted: str) -> Refused:
    """400: the model exists and does something else."""
    detail = {"name": "ModelTypeMismatchError", "statusCode": 400, "modelId": model}
    message = f"Model '{model}' is of type '{kind}', and this endpoint wants '{wanted}'."
    return Refused(refusal(400, "invalid_request_error", message, param=detail))


def not_supported(model: str, what: str) -> Refused:
    """400: the model takes no such part. `what` is a plural: image inputs, file inputs, tools."""
    return Refused(refusal(400, "invalid_request_error", f"Model '{model}' does not support {what}."))


def no_providers(message: str) -> Refused:
    """400: nobody is left who may serve the request."""
    return Refused(refusal(400, "no_providers_available", message))


def too_long(window: int, tokens: int) -> Refused:
    """400: the prompt is longer than the model's window, in a provider's words."""
    message = f"This model's maximum context length is {window} tokens, but the prompt holds {tokens} tokens."
    return Refused(refusal(400, "invalid_request_error", message, code="context_length_exceeded"))


def too_large(limit: int) -> Refused:
    """413: the body is larger than anybody takes."""
    return Refused(refusal(413, "request_too_large", f"The request body is larger than {limit} bytes."))
