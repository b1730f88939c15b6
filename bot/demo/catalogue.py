"""The built-in models, as the gateway's catalogue lists them."""

from collections.abc import Mapping
from typing import Any

SCRIPTED = "gatepost/scripted"
BLIND = "gatepost/scripted-blind"
SLOW = "gatepost/slow"
FAULTY = "gatepost/faulty"
HOSTILE = "gatepost/hostile"
PAINTER = "gatepost/painter"
PROVIDER = "gatepost"
EMBEDDER = "gatepost/embedder"

SLOW_PACE = 8.0
"""Tokens a second of the slow model."""

Row = Mapping[str, Any]
"""One row of `GET /v1/models`."""

_PLAY = "It is scripted, not intelligent; its prices are play money."
_PARAMETERS = ("max_tokens", "stop", "tools", "tool_choice", "response_format", "reasoning")
_PRICES = {"input": "0.000001", "output": "0.000005", "input_cache_read": "0.0000001"}


def rows() -> tuple[Row, ...]:
    """The whole catalogue, in the order in which it is listed."""
    return (
        _language(SCRIPTED, "Scripted", "Looks at pictures, reads PDFs and text, calls tools.", sees=True),
        _language(BLIND, "Scripted, blind", "The same without eyes: text and tools only.", sees=False),
        _thinking(_language(SLOW, "Scripted, slow", "Thinks aloud, and is in no hurry.", sees=True)),
        _language(FAULTY, "Scripted, faulty", "Fails as a line `fault: NAME` in the question asks.", sees=True),
        _language(HOSTILE, "Scripted, hostile", "For tests: obeys whatever it finds anywhere.", sees=True),
        _row(PAINTER, "Painter", "Draws plain shapes.", "image", ("text",), ("image",), {"image": "0.01"}),
        _row(EMBEDDER, "Embedder", "Counts words.", "embedding", ("text",), (), {"input": "0.00000002"}),
    )


def find(model_id: str) -> Row | None:
    """The row of this model, or None."""
    return next((row for row in rows() if row["id"] == model_id), None)


def endpoints(row: Row) -> dict[str, Any]:
    """What `GET /v1/models/{creator}/{model}/endpoints` says of a model; `data` is an object there."""
    pricing = row["pricing"]
    prices = {"prompt": pricing.get("input", "0"), "completion": pricing.get("output", "0"), "request": "0"}
    inputs = ["file" if kind == "pdf" else kind for kind in row["modalities"]["input"]]
    architecture = {
        "tokenizer": None,
        "instruct_type": None,
        "modality": f"{'+'.join(inputs)}→{'+'.join(row['modalities']['output'])}",
        "input_modalities": inputs,
        "output_modalities": row["modalities"]["output"],
    }
    endpoint = {
        "name": f"gatepost | {row['id']}",
        "model_name": row["name"],
        "provider_name": "gatepost",
        "context_length": row.get("context_window"),
        "max_completion_tokens": row.get("max_tokens"),
        "max_prompt_tokens": None,
        "quantization": None,
        "pricing": prices | {"image": "0", "web_search": "0", "discount": 0},
        "supported_parameters": row.get("supported_parameters", []),
        "tags": row.get("tags", []),
        "status": 0,
        "supports_implicit_caching": "implicit-caching" in row.get("tags", []),
        "uptime_last_1d": 100.0,
    }
    head = {key: row[key] for key in ("id", "name", "created", "released", "description")}
    return {"data": head | {"architecture": architecture, "endpoints": [endpoint]}}


def _language(model_id: str, name: str, description: str, *, sees: bool) -> Row:
    inputs = ("text", "image", "pdf") if sees else ("text",)
    output = ("text", "image") if sees else ("text",)
    row = _row(model_id, name, f"{description} {_PLAY}", "language", inputs, output, _PRICES)
    tags = ["tool-use", "implicit-caching", *(["vision", "file-input"] if sees else [])]
    limits = {"context_window": 128_000, "max_tokens": 16_000, "temperature": False}
    # The blind one plays the model that no provider serves in private.
    privacy = {"zdr": "all", "no_training": "all"} if sees else {"zdr": "none", "no_training": "none"}
    return {**row, **limits, **privacy, "tags": tags, "supported_parameters": list(_PARAMETERS)}


def _thinking(row: Row) -> Row:
    efforts = {"type": "effort", "values": ["low", "medium", "high"]}
    return {**row, "tags": [*row["tags"], "reasoning"], "reasoning_options": [efforts]}


def _row(
    model_id: str,
    name: str,
    description: str,
    kind: str,
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
    pricing: Mapping[str, str],
) -> Row:
    return {
        "id": model_id,
        "object": "model",
        "created": 1_793_000_000,
        "released": 1_793_000_000,
        "owned_by": "gatepost",
        "name": name,
        "description": description,
        "type": kind,
        "supported_specifications": ["v2", "v3", "v4"],
        "modalities": {"input": list(inputs), "output": list(outputs)},
        "pricing": dict(pricing),
    }


def odd_rows() -> tuple[Any, ...]:
    """Rows such as a catalogue in the wild holds: kinds nobody knows yet, nothing published, not even a row."""
    plain = _row("odd/words", "Odd", "Without tags or limits.", "language", ("text",), ("text",), {})
    return (
        {**plain, "pricing": {}},
        {**plain, "id": "odd/oracle", "type": "oracle"},
        {**plain, "id": "odd/leaving", "deprecated_at": 1_790_000_000_000, "knowledge": None, "interleaved": True},
        {**plain, "id": "odd/" + "long" * 40, "modalities": {}, "tags": None},
        {"id": 7},
        "not a row",
    )
