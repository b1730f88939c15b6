"""Rows of the catalogue as values: what a model takes, costs and can do. Pure; a row may hold anything."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson

from bot.gateway.loose import dig, digits, items, text
from bot.messages import Model, Provider

_MILLISECONDS = 1e11
"""A later moment than this in seconds is one in milliseconds: so the gateway writes withdrawals alone."""

_THOUSAND = 1000.0


def models_in(body: bytes) -> tuple[Model, ...]:
    """The models of a `GET /models` answer, in its order. Rows that make no sense are passed over."""
    found = (_model(row) for row in items(dig(_parsed(body), "data")) if isinstance(row, dict))
    return tuple({model.id: model for model in found if model.id}.values())


def model_in(body: bytes) -> Model | None:
    """The model of a `GET /models/{creator}/{model}` answer: a row as it stands in the list, or in `data`."""
    answer = _parsed(body)
    row = dig(answer, "data") or answer
    model = _model(row) if isinstance(row, dict) else None
    return model if model and model.id else None


def providers_in(body: bytes) -> tuple[Provider, ...]:
    """The providers of a `GET /models/{creator}/{model}/endpoints` answer; `data` is an object there."""
    rows = items(dig(_parsed(body), "data", "endpoints"))
    return tuple(_provider(row) for row in rows if text(dig(row, "provider_name")))


def _parsed(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _model(row: Mapping[str, Any]) -> Model:
    tags = _names(row.get("tags"))
    inputs = _names(dig(row, "modalities", "input"))
    kind = text(row.get("type")) or "language"
    parameters = _names(row.get("supported_parameters"))
    input_price, peak_input = _prices(row, "input")
    output_price, peak_output = _prices(row, "output")
    return Model(
        id=text(row.get("id")),
        name=text(row.get("name")),
        type=kind,
        description=text(row.get("description")),
        context_window=_limit(row.get("context_window")),
        max_tokens=_limit(row.get("max_tokens")),
        input_price=input_price,
        output_price=output_price,
        peak_input_price=peak_input,
        peak_output_price=peak_output,
        cached_price=_price(dig(row, "pricing", "input_cache_read")),
        image_price=_price(dig(row, "pricing", "image")),
        search_price=_price(dig(row, "pricing", "web_search")),
        sees=_takes("vision", tags, {"image"}, inputs),
        reads_files=_takes("file-input", tags, {"pdf", "file"}, inputs),
        hears=None if inputs is None else "audio" in inputs,
        calls_tools=_calls_tools(parameters, tags),
        reasons=_reasons(row, tags),
        draws=_draws(kind, tags, _names(dig(row, "modalities", "output"))),
        reasoning_levels=_levels(row.get("reasoning_options")),
        parameters=None if parameters is None else tuple(parameters),
        caches=_caches(tags),
        zdr=_word(row.get("zdr")),
        no_training=_word(row.get("no_training")),
        free="free" in tags if tags else False,
        knowledge=text(row.get("knowledge")) or None,
        withdrawn_at=_moment(row.get("deprecated_at")),
    )


def _provider(row: object) -> Provider:
    latency = _number(dig(row, "latency_last_1h", "p50"))
    return Provider(
        name=text(dig(row, "provider_name")),
        context_window=_limit(dig(row, "context_length")),
        max_tokens=_limit(dig(row, "max_completion_tokens")),
        input_price=_price(dig(row, "pricing", "prompt")),
        output_price=_price(dig(row, "pricing", "completion")),
        uptime=_number(dig(row, "uptime_last_1d")),
        latency=None if latency is None else latency / _THOUSAND,
        throughput=_number(dig(row, "throughput_last_1h", "p50")),
    )


def _takes(
    tag: str, tags: Mapping[str, None] | None, kinds: set[str], inputs: Mapping[str, None] | None
) -> bool | None:
    """Tags are often incomplete, so a missing one is no proof; a list of inputs without it is."""
    if tag in (tags or ()) or kinds & (inputs or {}).keys():
        return True
    return None if inputs is None else False


def _calls_tools(parameters: Mapping[str, None] | None, tags: Mapping[str, None] | None) -> bool | None:
    """A list of parameters proves both: that a model takes tools, and that it does not."""
    if parameters is not None:
        return "tools" in parameters
    return True if "tool-use" in (tags or ()) else None


def _reasons(row: Mapping[str, Any], tags: Mapping[str, None] | None) -> bool | None:
    """Missing options mean that nothing is known, not that it does not think."""
    return True if "reasoning" in (tags or ()) or row.get("reasoning_options") else None


def _draws(kind: str, tags: Mapping[str, None] | None, outputs: Mapping[str, None] | None) -> bool | None:
    """The list of outputs counts first: some rows have the tag although they draw through a provider's tool."""
    if kind == "image":
        return True
    if outputs is not None:
        return "image" in outputs
    return True if "image-generation" in (tags or ()) else None


def _levels(options: object) -> tuple[str, ...]:
    """The efforts that may be asked for, in the gateway's order."""
    efforts = (option for option in items(options) if dig(option, "type") == "effort")
    return tuple(name for option in efforts for name in _names(dig(option, "values")) or ())


def _caches(tags: Mapping[str, None] | None) -> str | None:
    return next((kind for kind in ("explicit", "implicit") if f"{kind}-caching" in (tags or ())), None)


def _names(value: object) -> dict[str, None] | None:
    """The strings of a list, each once, in its order; None where there is no list."""
    return dict.fromkeys(name for name in value if isinstance(name, str)) if isinstance(value, list) else None


def _word(value: object) -> str | None:
    """`all`, `some` or `none`; a plain yes or no means the first or the last."""
    if isinstance(value, bool):
        return "all" if value else "none"
    return text(value) or None


def _limit(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _moment(value: object) -> float | None:
    number = _number(value)
    if number is None or number <= 0:
        return None
    return number / _THOUSAND if number > _MILLISECONDS else number


def _prices(row: Mapping[str, Any], name: str) -> tuple[str | None, str | None]:
    """The lowest price and the highest, over its tiers where it has any."""
    tiers = (_price(dig(tier, "cost")) for tier in items(dig(row, "pricing", f"{name}_tiers")))
    known = sorted((price for price in (_price(dig(row, "pricing", name)), *tiers) if price), key=Decimal)
    return (known[0], known[-1]) if known else (None, None)


def _price(value: object) -> str | None:
    price = digits(value)
    return None if price is None or price.startswith("-") else price
