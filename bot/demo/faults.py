"""Everything that can go wrong on request: one table, from the fault's name to what it does.

A fault is asked for by the header `x-gatepost-fault: NAME[:N]`, or by a line `fault: NAME[:N]` in the question to
the faulty model. It either refuses the request or bends the stream of an answer.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import orjson

from bot.demo import bends
from bot.demo.bends import Events, Steps
from bot.demo.catalogue import odd_rows, rows
from bot.demo.refusals import Refusal, flat, invalid, page, refusal
from bot.demo.understanding import Prompt

HEADER = "x-gatepost-fault"
_LINE = re.compile(r"^\s*fault:\s*(\S+)\s*$", re.MULTILINE | re.IGNORECASE)

Refuse: TypeAlias = Callable[[str], Refusal]
Bend: TypeAlias = Callable[[Events, str], Steps]


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to fail, with an argument: `refuse` stands in the answer's place, `bend` spoils a streamed one."""

    description: str
    refuse: Refuse | None = None
    bend: Bend | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """A fault as it was asked for. `times` limits it to the first so many tries; None is for ever."""

    name: str
    argument: str = ""
    times: int | None = None

    @property
    def fault(self) -> Fault:
        """What the table says of it."""
        return FAULTS[self.name]

    def concerns(self, prompt: Prompt) -> bool:
        """Whether a request holds what the fault refuses."""
        files = [file for said in prompt.everything for file in said.files]
        refused = {
            "no-tools": bool(prompt.tools or prompt.searches),
            "no-images": any(file.picture for file in files),
            "no-files": any(not file.picture for file in files),
        }
        return refused.get(self.name, True)


def wish(text: str) -> Wish:
    """Read `NAME[:N]` or `first:TIMES:NAME[:N]`. Raises `Refused` (400) for a name not in the table."""
    name, _, argument = text.strip().partition(":")
    times = None
    if name == "first":
        count, _, rest = argument.partition(":")
        times = int(count) if count.isdecimal() else 1
        name, _, argument = rest.partition(":")
    if name not in FAULTS:
        raise invalid(f"There is no fault named {name!r}; see /v1/faults.", "fault")
    return Wish(name, argument, times)


def wished_in(question: str) -> Wish | None:
    """The fault that a question asks for in a line of its own."""
    found = _LINE.search(question)
    return wish(found[1]) if found else None


def without_wish(question: str) -> str:
    """The question without the line that asks for a fault."""
    return _LINE.sub("", question).strip()


def _refusals() -> Mapping[str, Fault]:
    def says(status: int, kind: str, message: str, description: str, **more: str) -> Fault:
        return Fault(f"{status}: {description}", lambda _: refusal(status, kind, message, **more))

    return {
        "bad-request": says(
            400,
            "invalid_request_error",
            "'messages' is required.",
            "a field is missing",
            code="missing_parameter",
        ),
        "context-too-long": says(
            400,
            "invalid_request_error",
            "prompt is too long: 250000 tokens > 200000 maximum",
            "the prompt does not fit",
        ),
        "no-images": says(
            400, "invalid_request_error", "This model does not support image inputs.", "it sees no pictures"
        ),
        "no-files": says(
            400, "invalid_request_error", "This model does not support file inputs.", "it takes no files"
        ),
        "no-tools": says(
            400, "invalid_request_error", "This model does not support tool calling.", "it calls no tools"
        ),
        "zdr": Fault("400: no private provider; `error` is a string", lambda _: _string_error()),
        "unauthorized": says(401, "authentication_error", "Invalid API key.", "the key is refused"),
        "no-credit": says(
            402,
            "insufficient_funds",
            "Insufficient funds. Please add credits to your account to continue.",
            "nothing is left",
        ),
        "quota": says(
            402,
            "quota_for_entity_exceeded",
            "The budget of api_key_id_demo123 is exceeded: $5.00 of $5.00 used.",
            "a limit of the key is reached",
        ),
        "no-card": says(
            403, "customer_verification_required", "A valid card on file is required.", "account is not set up"
        ),
        "not-allowed": Fault("403: the team does not allow this model", lambda _: _restricted()),
        "forbidden": says(
            403, "permission_error", "This request violates the provider's terms.", "the content is declined"
        ),
        "not-found": says(404, "model_not_found", "Model 'gatepost/gone' not found", "there is no such model"),
        "timeout": says(408, "timeout_error", "The provider did not answer in time.", "the provider was too slow"),
        "too-large": says(413, "request_too_large", "Request Entity Too Large", "the body is too large"),
        "failed-dependency": says(
            424, "failed_dependency", "The credential lacks a feature.", "it cannot be served"
        ),
        "rate-limit": Fault("429: throttled; N is retry-after in seconds", _rate_limit),
        "server-error": says(500, "internal_server_error", "Something broke.", "the gateway broke"),
        "bad-gateway": Fault("502: an HTML page", lambda _: page(502, "Bad Gateway")),
        "unavailable": says(503, "service_unavailable", "All providers are at capacity.", "no provider is free"),
        "gateway-timeout": Fault(
            "504: plain text", lambda _: Refusal(504, b"upstream request timeout", "text/plain")
        ),
        "flat-error": Fault("500: `error` is a plain string", lambda _: flat(500, "Internal Server Error")),
        "empty-error": Fault("500: no body at all", lambda _: Refusal(500, b"")),
        "odd-catalogue": Fault("200 in place of the model list: odd rows, odd kinds, no prices", lambda _: _odd()),
    }


def _string_error() -> Refusal:
    message = "No ZDR (Zero Data Retention) providers available for model: gatepost/faulty"
    return flat(400, message, type="no_providers_available")


def _restricted() -> Refusal:
    detail = {"name": "RestrictedProvidersError", "statusCode": 403}
    return refusal(403, "no_providers_available", "No allowed provider serves this model.", param=detail)


def _odd() -> Refusal:
    return Refusal(200, orjson.dumps({"object": "list", "data": [*rows(), *odd_rows()]}))


def _rate_limit(seconds: str) -> Refusal:
    headers = {"retry_after": seconds} if seconds else {}
    return refusal(429, "rate_limit_exceeded", "Rate limit exceeded. Please try again later.", **headers)


_BENDS = {
    "drop-mid-stream": Fault("the connection closes after N (8) pieces of text", bend=bends.drop),
    "reset-mid-stream": Fault("the connection is reset after N (8) pieces of text", bend=bends.reset),
    "stall": Fault("silence for ever after N (8) pieces of text", bend=bends.stall),
    "slow-start": Fault("silence for N (5) seconds before the first byte", bend=bends.slow_start),
    "silent-end": Fault("the stream ends early, without a finish reason or [DONE]", bend=bends.silent_end),
    "no-done": Fault("everything but [DONE]", bend=bends.no_done),
    "error-first": Fault("an error inside the 200 before any text", bend=bends.error_first),
    "error-mid-stream": Fault("an error inside the 200 after N (8) pieces", bend=bends.error_chunk),
    "error-envelope": Fault("the other shape of the same: an envelope and [DONE]", bend=bends.error_envelope),
    "error-event": Fault("an `event: error` frame without an error in it", bend=bends.error_event),
    "usage-chunk": Fault("usage comes in a chunk of its own, without choices", bend=bends.usage_chunk),
    "comments": Fault("comment lines between the events", bend=bends.comments),
    "crlf": Fault("lines end in CR LF", bend=bends.crlf),
    "split-bytes": Fault("each event arrives in pieces of N (3) bytes", bend=bends.split_bytes),
    "garbage": Fault("N (1) lines that are no JSON after the first text", bend=bends.garbage),
    "huge-line": Fault("one line of N (5) megabytes that is to be passed over", bend=bends.huge_line),
    "empty": Fault("a finish without any text", bend=bends.empty),
    "content-filter": Fault("text that ends with `content_filter`", bend=bends.content_filter),
    "cut-off": Fault("text that ends with `length` after N (20) pieces", bend=bends.cut_off),
    "tools-stop": Fault("tool calls that finish with `stop`", bend=bends.tools_stop),
    "bad-arguments": Fault("tool calls whose arguments are broken JSON", bend=bends.bad_arguments),
    "same-call-ids": Fault("parallel tool calls that share one id", bend=bends.same_call_ids),
}

FAULTS: Mapping[str, Fault] = MappingProxyType({**_refusals(), **_BENDS})
