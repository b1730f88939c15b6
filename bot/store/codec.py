"""Values to JSON text and back, for the columns that hold a whole value."""

from functools import cache
from typing import Any, TypeVar, cast

import orjson
from pydantic import TypeAdapter

T = TypeVar("T")


def dump(value: object) -> str:
    """A value as JSON text. Values hold no bytes."""
    return orjson.dumps(value).decode()


def load(kind: type[T], text: str) -> T:
    """The value again, checked against its type."""
    key: Any = kind  # to the checker a type is not hashable enough for a cache
    return cast("T", _adapter(key).validate_json(text))


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
