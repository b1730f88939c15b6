"""Values to JSON text and back, for the columns that hold a whole value."""

from functools import cache
from typing import Any, TypeVar, cast

import orjson
import structlog
from pydantic import TypeAdapter, ValidationError

log = structlog.get_logger(__name__)

T = TypeVar("T")


def dump(value: object) -> str:
    """A value as JSON text. Values hold no bytes."""
    return orjson.dumps(value).decode()


def load(kind: type[T], text: str) -> T:
    """The value again, checked against its type."""
    key: Any = kind  # to the checker a type is not hashable enough for a cache
    return cast("T", _adapter(key).validate_json(text))


def load_or_skip(kind: type[T], text: str, key: str) -> T | None:
    """The value again; None, logged by its key, where this program can't read it. One row never stops a start."""
    try:
        return load(kind, text)
    except ValidationError as error:
        log.error(
            "row can't be read", kind=getattr(kind, "__name__", str(kind)), key=key, faults=error.error_count()
        )
        return None


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
