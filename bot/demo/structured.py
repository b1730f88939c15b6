"""JSON that satisfies a schema: the smallest honest value of each kind. Pure."""

from collections.abc import Mapping
from typing import Any

_DEEPEST = 12


def example(schema: Mapping[str, Any], words: str, root: Mapping[str, Any] | None = None, depth: int = 0) -> Any:
    """A value that the schema allows. Strings hold `words` where nothing else is asked of them."""
    root = schema if root is None else root
    schema = _resolved(schema, root)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    for several in ("anyOf", "oneOf", "allOf"):
        if schema.get(several) and depth < _DEEPEST:
            return example(schema[several][0], words, root, depth + 1)
    return _of_type(schema, words, root, depth)


def _of_type(schema: Mapping[str, Any], words: str, root: Mapping[str, Any], depth: int) -> Any:
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if isinstance(kind, list):
        kind = kind[0]
    if kind == "object":
        wanted = schema.get("required", list(schema.get("properties", {}))) if depth < _DEEPEST else ()
        properties = schema.get("properties", {})
        return {name: example(properties.get(name, {}), words, root, depth + 1) for name in wanted}
    if kind == "array":
        items = schema.get("items", {})
        return [example(items, words, root, depth + 1) for _ in range(schema.get("minItems", 0))]
    if kind in ("integer", "number"):
        return _number(schema)
    return {"boolean": False, "null": None}.get(kind, _string(schema, words))


def _number(schema: Mapping[str, Any]) -> Any:
    step = schema.get("multipleOf", 1)
    low = schema.get("minimum", schema.get("exclusiveMinimum", -1) + 1 if "exclusiveMinimum" in schema else 0)
    high = schema.get("maximum")
    value = -(-low // step) * step
    return min(value, high) if high is not None else value


_FORMATS = {
    "date-time": "2026-01-01T00:00:00Z",
    "date": "2026-01-01",
    "time": "00:00:00Z",
    "email": "nobody@example.invalid",
    "uri": "https://example.invalid/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def _string(schema: Mapping[str, Any], words: str) -> str:
    text = _FORMATS.get(schema.get("format", ""), words)
    return text[: schema.get("maxLength", 200)].ljust(schema.get("minLength", 0), ".")


def _resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a local `$ref` (`#/$defs/Name`), a few times at most. What is no schema allows everything."""
    for _ in range(_DEEPEST):
        if not isinstance(schema, Mapping):
            return {}
        reference = schema.get("$ref")
        if not isinstance(reference, str):
            return schema
        target: Any = root
        for step in reference.removeprefix("#/").split("/"):
            target = target.get(step, {}) if isinstance(target, Mapping) else {}
        schema = target
    return {}
