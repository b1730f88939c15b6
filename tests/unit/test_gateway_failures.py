"""What each failure of the gateway means, and what of its words the log may keep."""

from typing import Any

import orjson
import pytest

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
from bot.gateway.cleaning import cleaned
from bot.gateway.failures import failure_in_chunk, failure_in_response

NOW = 1_795_000_000.0


def _error(message: str, type_: str | None = None, **more: object) -> dict[str, Any]:
    return {"error": {"message": message, "type": type_, **more}, "generationId": "gen_01X"}


HTML = b"<html><head><title>Bad gateway</title></head><body>upstream</body></html>"
ZDR = {
    "error": "No ZDR (Zero Data Retention) providers available",
    "type": "no_providers_available",
    "statusCode": 400,
}

RESPONSES: list[tuple[int, object, type[GatewayError]]] = [
    (
        400,
        _error("Missing field", "invalid_request_error", code="missing_parameter", param="messages"),
        RequestInvalid,
    ),
    (400, _error("prompt is too long: 300000 tokens", "invalid_request_error"), PromptTooLong),
    (400, _error("This model's maximum context length is 8192 tokens"), PromptTooLong),
    (400, _error("Input exceeds the context window"), PromptTooLong),
    (400, _error("This model does not support image input", "invalid_request_error"), PartNotSupported),
    (400, _error("PDF files are not supported by acme/alpha-2"), PartNotSupported),
    (400, _error("acme/alpha-2 doesn't support tools"), ToolsNotSupported),
    (400, _error("Your prompt was flagged by our content policy"), RequestRefused),
    (400, ZDR, PrivacyUnmet),
    (400, _error("No provider without prompt training", "no_providers_available"), PrivacyUnmet),
    (400, _error("No provider of `only` is left", "no_providers_available"), ModelNotAllowed),
    (401, _error("Invalid API key", "authentication_error"), GatewayRefused),
    (401, b"", GatewayRefused),
    (402, _error("Insufficient funds. Please add credits", "insufficient_funds"), GatewayUnpaid),
    (402, _error("Budget of $5 reached", "quota_for_entity_exceeded"), KeyLimitReached),
    (429, _error("You exceeded your quota", code="insufficient_quota"), GatewayUnpaid),
    (403, _error("Add a card", "customer_verification_required"), GatewayRefused),
    (403, _error("Free tier users do not have access", "no_providers_available"), ModelNotAllowed),
    (403, _error("x", "no_providers_available", param={"name": "RestrictedProvidersError"}), ModelNotAllowed),
    (403, _error("Denied by rule", "forbidden", param={"ruleId": "r1"}), ModelNotAllowed),
    (403, _error("Violates terms", "permission_error"), RequestRefused),
    (403, HTML, GatewayRefused),
    (404, _error("No such model", "model_not_found", param={"modelId": "a/b"}), ModelUnknown),
    (404, HTML, AddressWrong),
    (404, b"404 page not found", AddressWrong),
    (404, b'{"detail": "Not Found"}', AddressWrong),
    (405, b"", AddressWrong),
    (408, b"", GatewayDown),
    (413, b"Payload too large", RequestTooLarge),
    (413, _error("Request body too large", "invalid_request_error"), RequestTooLarge),
    (422, _error("Unprocessable"), RequestInvalid),
    (424, _error("Missing on the credential", "failed_dependency"), RequestInvalid),
    (429, _error("Slow down", "rate_limit_exceeded"), GatewayBusy),
    (429, b"busy", GatewayBusy),
    (500, _error("x", "internal_server_error"), GatewayDown),
    (502, HTML, GatewayDown),
    (503, _error("context length unknown", "service_unavailable"), GatewayDown),
    (504, b"\xff\xfe", GatewayDown),
]


@pytest.mark.parametrize(("status", "body", "kind"), RESPONSES)
def test_a_status_and_its_body_mean_one_error(status: int, body: object, kind: type[GatewayError]) -> None:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)

    error = failure_in_response(status, {}, raw, NOW)

    assert type(error) is kind
    assert str(error).startswith(str(status))


@pytest.mark.parametrize(
    ("message", "param", "parameter"),
    [
        ("Unsupported parameter: 'max_tokens' is not supported with this model.", "max_tokens", "max_tokens"),
        ("'temperature' does not support 0.7 with this model.", None, "temperature"),
        ("Unrecognized request argument supplied.", "reasoning_effort", "reasoning_effort"),
        ("Extra inputs are not permitted: `providerOptions`", None, "providerOptions"),
    ],
)
def test_a_parameter_that_is_not_taken_is_named(message: str, param: str | None, parameter: str) -> None:
    error = failure_in_response(400, {}, orjson.dumps(_error(message, "invalid_request_error", param=param)), NOW)

    assert type(error) is ParameterNotSupported
    assert error.about == parameter


@pytest.mark.parametrize(
    ("message", "ability"),
    [
        ("This model does not support image inputs.", "sees"),
        ("PDF files are not supported by acme/alpha-2", "reads_files"),
        ("acme/alpha-2 doesn't support tool calling", "calls_tools"),
    ],
)
def test_the_ability_that_a_model_lacks_is_named_as_the_catalogue_names_it(message: str, ability: str) -> None:
    error = failure_in_response(400, {}, orjson.dumps(_error(message, "invalid_request_error")), NOW)

    assert isinstance(error, PartNotSupported)
    assert isinstance(error, ToolsNotSupported) == (ability == "calls_tools")
    assert error.about == ability


def test_the_generation_is_kept_for_the_books() -> None:
    assert failure_in_response(500, {}, orjson.dumps(_error("x")), NOW).generation_id == "gen_01X"
    assert failure_in_chunk(_error("x"), "gen_02").generation_id == "gen_02"
    assert failure_in_chunk(_error("x"), None).generation_id == "gen_01X"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after": "Wed, 18 Nov 2026 12:27:10 GMT"}, 30.0),
        ({"retry-after": "Tue, 17 Nov 2026 00:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, 0.0),
    ],
)
def test_the_time_it_names_is_understood_in_every_form(headers: dict[str, str], seconds: float | None) -> None:
    assert failure_in_response(429, headers, b"", 1_795_004_800.0).retry_after == seconds


def test_the_free_tiers_limit_takes_minutes_although_it_names_no_time() -> None:
    body = orjson.dumps(_error("Free tier requests are rate limited", "rate_limit_exceeded"))

    assert failure_in_response(429, {}, body, NOW).retry_after == 120.0
    assert failure_in_response(429, {"retry-after": "3"}, body, NOW).retry_after == 3.0


@pytest.mark.parametrize(
    ("chunk", "kind"),
    [
        ({"error": {"code": "error", "message": "Stream error occurred"}}, GatewayDown),
        ({"error": "gone"}, GatewayDown),
        ({"error": {"message": "x", "code": "rate_limit_exceeded"}}, GatewayBusy),
        ({"error": {"message": "x", "code": 429}}, GatewayBusy),
        ({"error": {"message": "x", "param": {"statusCode": 402}}}, GatewayUnpaid),
        ({"error": {"message": "x", "statusCode": 503}}, GatewayDown),
        ({"error": {"message": "prompt is too long"}}, PromptTooLong),
        ({"error": {"message": "blocked by content filter"}}, RequestRefused),
        ({"error": {"value": {"error_message": "maximum context length is 9 tokens"}}}, PromptTooLong),
        ({"message": "an error event's data"}, GatewayDown),
        ({"error": {"message": 5, "value": [], "param": "x"}}, GatewayDown),
    ],
)
def test_an_error_inside_a_stream_is_understood_without_a_status(
    chunk: dict[str, Any], kind: type[GatewayError]
) -> None:
    assert type(failure_in_chunk(chunk, None)) is kind


@pytest.mark.parametrize(
    "secret",
    [
        "vck_A1b2C3d4E5f6",
        "sk-proj-abcdef123456",
        "api_key_id_7fQ2",
        "team_9aBcD",
        "https://vercel.com/acme/~/ai?key=1",
        "eyJhbGciOi.eyJzdWIi.c2ln",
        "Bearer abc.def",
        "s3cr3tvalue",
    ],
)
def test_keys_account_ids_and_links_never_reach_the_log(secret: str) -> None:
    words = f"Incorrect API key provided: {secret} was refused"

    assert secret not in cleaned(words)
    assert "was refused" in cleaned(words)


def test_the_log_keeps_a_line_of_three_hundred_characters_at_most() -> None:
    assert len(cleaned("word " * 1000)) == 300
    assert cleaned("two\nlines\r\n\tand more") == "two lines and more"


def test_a_secret_on_the_edge_of_the_cut_is_still_taken_out() -> None:
    assert "vck_" not in cleaned("x" * 290 + " vck_A1b2C3d4E5f6")


def test_people_never_read_a_providers_words() -> None:
    error = failure_in_response(402, {}, orjson.dumps(_error("Budget of $5 for api_key_id_1 reached")), NOW)

    assert "Budget" in str(error)
    assert "Budget" not in error.sentence
    assert "api_key_id_1" not in str(error)
