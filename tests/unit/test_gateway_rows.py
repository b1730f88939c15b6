"""Rows of the catalogue as models: what is told, what is not, and what makes no sense."""

from typing import Any

import orjson
import pytest

from bot.gateway.rows import model_in, models_in, providers_in
from bot.messages import Model, Provider

ROW: dict[str, Any] = {
    "id": "acme/alpha-2",
    "object": "model",
    "created": 1755000000,
    "owned_by": "acme",
    "name": "Alpha 2",
    "type": "language",
    "tags": ["tool-use", "vision", "file-input", "reasoning"],
    "context_window": 200000,
    "max_tokens": 32000,
    "description": "General model.",
    "knowledge": "2025-08",
    "zdr": "all",
    "no_training": "some",
    "modalities": {"input": ["text", "image", "pdf"], "output": ["text"]},
    "supported_parameters": ["max_tokens", "tools"],
    "reasoning_options": [{"type": "toggle"}, {"type": "effort", "values": ["low", "high"]}],
    "pricing": {"input": "0.000001", "output": "0.000005", "input_cache_read": "0.0000001", "web_search": "10"},
}


def _list(*rows: object) -> bytes:
    return orjson.dumps({"object": "list", "data": rows})


def _model(**changes: object) -> Model:
    """The row as a model, with some fields changed; None takes a field out."""
    row = {name: value for name, value in (ROW | changes).items() if value is not None}
    (model,) = models_in(_list(row))
    return model


def test_a_row_becomes_a_model() -> None:
    assert _model() == Model(
        id="acme/alpha-2",
        name="Alpha 2",
        description="General model.",
        context_window=200000,
        max_tokens=32000,
        input_price="0.000001",
        output_price="0.000005",
        peak_input_price="0.000001",
        peak_output_price="0.000005",
        cached_price="0.0000001",
        search_price="10",
        sees=True,
        reads_files=True,
        hears=False,
        calls_tools=True,
        reasons=True,
        draws=False,
        reasoning_levels=("low", "high"),
        parameters=("max_tokens", "tools"),
        zdr="all",
        no_training="some",
        knowledge="2025-08",
    )


def test_a_bare_row_is_a_language_model_of_which_nothing_is_known() -> None:
    assert models_in(_list({"id": "qwen3:8b", "object": "model", "owned_by": "library"})) == (Model("qwen3:8b"),)


@pytest.mark.parametrize(
    ("changes", "sees"),
    [
        ({"tags": ["vision"], "modalities": None}, True),
        ({"tags": [], "modalities": {"input": ["text", "image"]}}, True),
        ({"tags": None, "modalities": {"input": ["text"]}}, False),
        ({"tags": ["tool-use"], "modalities": None}, None),
        ({"tags": None, "modalities": {"input": "text"}}, None),
    ],
)
def test_seeing_is_yes_no_or_unknown(changes: dict[str, object], sees: bool | None) -> None:
    assert _model(**changes).sees is sees


@pytest.mark.parametrize(
    ("changes", "reads"),
    [
        ({"tags": ["file-input"], "modalities": None}, True),
        ({"tags": None, "modalities": {"input": ["text", "pdf"]}}, True),
        ({"tags": None, "modalities": {"input": ["text", "file"]}}, True),
        ({"tags": None, "modalities": {"input": ["text", "image"]}}, False),
        ({"tags": ["vision"], "modalities": None}, None),
    ],
)
def test_reading_files_is_yes_no_or_unknown(changes: dict[str, object], reads: bool | None) -> None:
    assert _model(**changes).reads_files is reads


@pytest.mark.parametrize(
    ("changes", "calls"),
    [
        ({"supported_parameters": ["tools"], "tags": []}, True),
        ({"supported_parameters": ["temperature"], "tags": ["tool-use"]}, False),
        ({"supported_parameters": None, "tags": ["tool-use"]}, True),
        ({"supported_parameters": None, "tags": ["vision"]}, None),
        ({"supported_parameters": None, "tags": None}, None),
    ],
)
def test_a_list_of_parameters_decides_on_tools_both_ways(changes: dict[str, object], calls: bool | None) -> None:
    assert _model(**changes).calls_tools is calls


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"tags": ["reasoning"], "reasoning_options": None}, True),
        ({"tags": [], "reasoning_options": [{"type": "effort"}]}, True),
        ({"tags": [], "reasoning_options": []}, None),
        ({"tags": None, "reasoning_options": None}, None),
    ],
)
def test_reasoning_is_never_ruled_out(changes: dict[str, object], reasons: bool | None) -> None:
    assert _model(**changes).reasons is reasons


@pytest.mark.parametrize("pricing", [{}, None, "free", {"input": "cheap"}, {"input": "-1"}, {"input": "NaN"}])
def test_no_published_price_is_no_price_not_zero(pricing: object) -> None:
    assert _model(pricing=pricing).input_price is None


def test_prices_are_plain_digits() -> None:
    assert _model(pricing={"input": "1.5e-7", "output": 0}).input_price == "0.00000015"
    assert _model(pricing={"input": "1.5e-7", "output": 0}).output_price == "0"


def test_odd_rows_are_passed_over_and_the_rest_is_kept() -> None:
    odd: list[object] = [
        None,
        7,
        [],
        {},
        {"id": None},
        {"id": ""},
        {"id": "zeta/x", "context_window": "big", "type": "hologram"},
    ]

    models = models_in(_list(*odd, ROW, ROW))

    assert [(model.id, model.type) for model in models] == [("zeta/x", "hologram"), ("acme/alpha-2", "language")]
    assert models[0].context_window is None


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"data":{"id":"x"}}', b'{"data":null}', b"\xff"])
def test_what_is_no_list_of_models_holds_none(body: bytes) -> None:
    assert models_in(body) == ()


@pytest.mark.parametrize(
    ("changes", "draws"),
    [
        ({"modalities": {"output": ["text", "image"]}}, True),
        ({"modalities": {"output": ["text"]}, "tags": ["image-generation"]}, False),
        ({"modalities": None, "tags": ["image-generation"]}, True),
        ({"modalities": None, "tags": []}, None),
        ({"type": "image", "modalities": None}, True),
    ],
)
def test_drawing_is_told_by_the_outputs_first_and_by_the_tag_without_them(
    changes: dict[str, object], draws: bool | None
) -> None:
    assert _model(**changes).draws is draws


def test_a_price_in_tiers_has_a_lowest_and_a_highest() -> None:
    tiers = [{"cost": "0.000001", "min": 0, "max": 200001}, {"cost": "0.000002", "min": 200001}]

    model = _model(pricing={"input": "0.000001", "output": "0.000005", "input_tiers": tiers})

    assert (model.input_price, model.peak_input_price) == ("0.000001", "0.000002")
    assert (model.output_price, model.peak_output_price) == ("0.000005", "0.000005")


@pytest.mark.parametrize(
    ("written", "at"),
    [
        (1_790_000_000_000, 1_790_000_000.0),
        (1_790_000_000, 1_790_000_000.0),
        (0, None),
        ("soon", None),
        (None, None),
    ],
)
def test_a_withdrawal_is_a_moment_in_milliseconds(written: object, at: float | None) -> None:
    assert _model(deprecated_at=written).withdrawn_at == at


def test_tags_tell_how_a_model_caches_and_what_is_free() -> None:
    assert _model(tags=["explicit-caching", "implicit-caching", "free"]).caches == "explicit"
    assert _model(tags=["implicit-caching"]).caches == "implicit"
    assert _model(tags=["free"]).free
    assert _model(tags=["vision"]).caches is None


def test_a_field_is_taken_or_not_or_that_is_unknown() -> None:
    assert _model().takes("max_tokens") is True
    assert _model().takes("temperature") is False
    assert _model(supported_parameters=None).takes("temperature") is None


def test_one_models_row_comes_alone_or_wrapped() -> None:
    alone = model_in(orjson.dumps(ROW))

    assert alone == model_in(orjson.dumps({"data": ROW})) == _model()
    assert model_in(b"<html>") is None
    assert model_in(b'{"data": []}') is None


def test_a_models_providers_have_prices_limits_and_figures_of_their_own() -> None:
    endpoint = {
        "name": "acme | acme/alpha-2",
        "provider_name": "acme",
        "context_length": 200000,
        "max_completion_tokens": 32000,
        "pricing": {"prompt": "0.000001", "completion": "0.000005"},
        "uptime_last_1d": 99.9,
        "latency_last_1h": {"p50": 800, "p95": 2300},
        "throughput_last_1h": {"p50": 93},
    }
    odd = [{"provider_name": "bare", "pricing": None, "latency_last_1h": "fast"}, {}, 7]

    told = providers_in(orjson.dumps({"data": {"endpoints": [endpoint, *odd]}}))

    assert told == (Provider("acme", 200000, 32000, "0.000001", "0.000005", 99.9, 0.8, 93.0), Provider("bare"))
    assert providers_in(b'{"data": []}') == ()
