"""What Slack accepts as blocks, and what it says of the rest."""

from collections.abc import Callable, Iterator
from typing import Any

from tests.slack_town.errors import Refusal
from tests.slack_town.values import Json

ALL_TEXT = 13_200
"""Characters in all the blocks of a message; undocumented, measured by others (bolt-js #2509)."""
MARKDOWN_TEXT = 12_000
POST_TEXT = 40_000
"""Characters of a posted `text`; what is more Slack cuts off without a word."""
UPDATE_TEXT = 4_000
STREAM_TEXT = 40_000
"""Characters of a whole streamed message; others measured that it fails near here (agno #7219)."""

KNOWN = frozenset(
    {
        "actions",
        "alert",
        "card",
        "carousel",
        "context",
        "context_actions",
        "data_table",
        "data_visualization",
        "divider",
        "file",
        "header",
        "image",
        "input",
        "markdown",
        "plan",
        "rich_text",
        "section",
        "table",
        "task_card",
        "video",
    }
)


def check(blocks: Any, *, at_most: int = 50) -> list[Json]:
    """The blocks, if they are good. Raises Refusal."""
    if not isinstance(blocks, list) or not all(isinstance(one, dict) for one in blocks):
        raise Refusal("invalid_blocks_format")
    if len(blocks) > at_most:
        raise Refusal(
            "msg_blocks_too_many", errors=[f"no more than {at_most} items allowed [json-pointer:/blocks]"]
        )
    problems = [*_twice(blocks), *(problem for n, one in enumerate(blocks) for problem in _problems(n, one))]
    if problems:
        raise Refusal("invalid_blocks", errors=problems, response_metadata={"messages": problems})
    if length(blocks) > ALL_TEXT or sum(map(_markdown, blocks)) > MARKDOWN_TEXT:
        raise Refusal("msg_blocks_too_long")
    return blocks


def length(node: Any) -> int:
    """Characters of all texts in blocks."""
    if isinstance(node, list):
        return sum(map(length, node))
    if not isinstance(node, dict):
        return 0
    own = len(node["text"]) if isinstance(node.get("text"), str) else 0
    return own + sum(length(value) for value in node.values() if isinstance(value, dict | list))


def _markdown(block: Json) -> int:
    return len(block.get("text", "")) if block.get("type") == "markdown" else 0


def _twice(blocks: list[Json]) -> Iterator[str]:
    ids = [one["block_id"] for one in blocks if one.get("block_id")]
    for one in sorted({one for one in ids if ids.count(one) > 1}):
        yield f"`block_id` {one} already exists [json-pointer:/blocks]"
    if any(len(one) > 255 for one in ids):
        yield "must be no more than 255 characters [json-pointer:/blocks/block_id]"


def _problems(index: int, block: Json) -> Iterator[str]:
    where = f"[json-pointer:/blocks/{index}]"
    if block.get("type") not in KNOWN:
        yield f"unsupported type: {block.get('type')} {where}"
        return
    rule = _RULES.get(block["type"])
    if rule is not None:
        yield from (f"{problem} {where}" for problem in rule(block))


def _section(block: Json) -> Iterator[str]:
    text, fields = block.get("text"), block.get("fields", [])
    if not text and not fields:
        yield "missing required field: text"
    if text:
        yield from _text(text, 3000)
    if len(fields) > 10:
        yield "no more than 10 items allowed"
    for one in fields:
        yield from _text(one, 2000)


def _header(block: Json) -> Iterator[str]:
    yield from _text(block.get("text"), 150, only="plain_text")


def _actions(block: Json) -> Iterator[str]:
    yield from _held(block, 25)
    for one in block.get("elements", []):
        yield from _element(one)


def _context(block: Json) -> Iterator[str]:
    yield from _held(block, 10)
    for one in block.get("elements", []):
        if one.get("type") in ("mrkdwn", "plain_text"):
            yield from _text(one, 3000)
        elif one.get("type") != "image":
            yield f"unsupported type: {one.get('type')}"


def _context_actions(block: Json) -> Iterator[str]:
    yield from _held(block, 5)
    for one in block.get("elements", []):
        if one.get("type") not in ("feedback_buttons", "icon_button"):
            yield f"unsupported type: {one.get('type')}"


def _markdown_block(block: Json) -> Iterator[str]:
    if not isinstance(block.get("text"), str) or not block["text"]:
        yield "missing required field: text"


def _table(block: Json) -> Iterator[str]:
    rows = block.get("rows")
    if not isinstance(rows, list) or not 1 <= len(rows) <= 100:
        yield "rows must hold 1 to 100 items"
    elif any(not isinstance(row, list) or not 1 <= len(row) <= 20 for row in rows):
        yield "a row must hold 1 to 20 cells"
    elif length(rows) > 10_000:
        yield "cells must have no more than 10000 characters in all"


def _held(block: Json, at_most: int) -> Iterator[str]:
    held = block.get("elements")
    if not isinstance(held, list) or not held:
        yield "missing required field: elements"
    elif len(held) > at_most:
        yield f"no more than {at_most} items allowed"


def _element(one: Json) -> Iterator[str]:
    if len(one.get("action_id", "")) > 255:
        yield "action_id must be less than 256 characters"
    if one.get("type") == "button":
        yield from _text(one.get("text"), 75, only="plain_text")
        if len(one.get("value", "")) > 2000:
            yield "value must be less than 2001 characters"
    if one.get("type") == "static_select":
        options = one.get("options") or [o for group in one.get("option_groups", []) for o in group["options"]]
        if not 1 <= len(options) <= 100:
            yield "options must hold 1 to 100 items"
        for option in options:
            yield from _text(option.get("text"), 75)
            if len(option.get("value", "")) > 150:
                yield "value must be less than 151 characters"


def _text(text: Any, at_most: int, only: str = "") -> Iterator[str]:
    if not isinstance(text, dict) or text.get("type") not in ("mrkdwn", "plain_text"):
        yield "must provide a text object"
    elif only and text["type"] != only:
        yield f"text must be {only}"
    elif not 1 <= len(text.get("text", "")) <= at_most:
        yield f"text must have 1 to {at_most} characters"


_RULES: dict[str, Callable[[Json], Iterator[str]]] = {
    "section": _section,
    "header": _header,
    "actions": _actions,
    "context": _context,
    "context_actions": _context_actions,
    "markdown": _markdown_block,
    "table": _table,
    "data_table": _table,
}
