"""The gateway's list of models: its rows as values, what each can do, finding one while somebody types."""

import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from bot.gateway.loose import dig, digits, items, text
from bot.messages import Model

MAX_BYTES = 16 * 1024 * 1024
"""More than this is no list of models; the real one has about one million bytes."""


def models_in(body: bytes) -> tuple[Model, ...]:
    """The models of a `GET /models` answer, in its order. Rows that make no sense are passed over."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ()
    found = (_model(row) for row in items(dig(answer, "data")) if isinstance(row, dict))
    return tuple({model.id: model for model in found if model.id}.values())


def search(models: Iterable[Model], typed: str, limit: int = 25) -> Sequence[Model]:
    """The language models that fit what somebody has typed so far, best first.

    An id that begins with it comes before a name that does, and that before one that holds all its words.
    """
    wanted = typed.strip().lower()
    words = wanted.split()
    ranked = ((_rank(model, wanted, words), model) for model in models if model.type == "language")
    fitting = [(rank, model.id, model) for rank, model in ranked if rank is not None]
    return [model for _, _, model in sorted(fitting, key=lambda entry: entry[:2])[:limit]]


def load(file: Path) -> tuple[Model, ...]:
    """The models of the copy on disk; none when there is no readable copy."""
    try:
        return models_in(file.read_bytes())
    except OSError:
        return ()


def save(file: Path, body: bytes) -> None:
    """Keep a `GET /models` answer on disk, whole or not at all. Raises `OSError`."""
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(body)
        Path(temporary).replace(file)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise


def _rank(model: Model, wanted: str, words: Sequence[str]) -> int | None:
    id_, name = model.id.lower(), model.name.lower()
    if id_ == wanted:
        return 0
    if id_.startswith(wanted):
        return 1
    # People rarely type the maker: "alpha" means acme/alpha-2.
    if name.startswith(wanted) or id_.partition("/")[2].startswith(wanted):
        return 2
    return 3 if all(word in id_ or word in name for word in words) else None


def _model(row: Mapping[str, Any]) -> Model:
    tags = _names(row.get("tags"))
    inputs = _names(dig(row, "modalities", "input"))
    return Model(
        id=text(row.get("id")),
        name=text(row.get("name")),
        type=text(row.get("type")) or "language",
        context_window=_limit(row.get("context_window")),
        max_tokens=_limit(row.get("max_tokens")),
        input_price=_price(dig(row, "pricing", "input")),
        output_price=_price(dig(row, "pricing", "output")),
        sees=_takes("vision", tags, {"image"}, inputs),
        reads_files=_takes("file-input", tags, {"pdf", "file"}, inputs),
        calls_tools=_calls_tools(row, tags),
        reasons=_reasons(row, tags),
    )


def _takes(tag: str, tags: set[str] | None, kinds: set[str], inputs: set[str] | None) -> bool | None:
    """Tags are often incomplete, so a missing one is no proof; a list of inputs without it is."""
    if tag in (tags or ()) or kinds & (inputs or set()):
        return True
    return None if inputs is None else False


def _calls_tools(row: Mapping[str, Any], tags: set[str] | None) -> bool | None:
    """A list of parameters proves both: that a model takes tools, and that it does not."""
    parameters = _names(row.get("supported_parameters"))
    if parameters is not None:
        return "tools" in parameters
    return True if "tool-use" in (tags or ()) else None


def _reasons(row: Mapping[str, Any], tags: set[str] | None) -> bool | None:
    """Missing options mean that nothing is known, not that it does not think."""
    return True if "reasoning" in (tags or ()) or row.get("reasoning_options") else None


def _names(value: object) -> set[str] | None:
    return {name for name in value if isinstance(name, str)} if isinstance(value, list) else None


def _limit(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _price(value: object) -> str | None:
    price = digits(value)
    return None if price is None or price.startswith("-") else price
