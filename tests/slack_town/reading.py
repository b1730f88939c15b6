"""What is to be read in blocks, and what can be pressed."""

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

Block: TypeAlias = dict[str, Any]

_FOR_PRESSING = ("actions", "context_actions")
_HALVES = ("positive_button", "negative_button")
_HOLDING_TEXT = ("text", "fields", "elements", "rows", "label", "title")


def text_of(blocks: Iterable[Block]) -> str:
    """The words, in order, one element a line, without what can be pressed."""
    return "\n".join(_words([one for one in blocks if one.get("type") not in _FOR_PRESSING]))


def elements(blocks: Iterable[Block]) -> Iterator[tuple[Block, Block]]:
    """Every interactive element with the block that holds it."""
    for block in blocks:
        held = [*block.get("elements", []), block.get("accessory"), block.get("element")]
        yield from ((block, one) for one in held if isinstance(one, dict) and "action_id" in one)


def buttons(blocks: Iterable[Block]) -> Iterator[tuple[Block, Block, Block]]:
    """Every button with its block and its element, which is more than the button where two are one element."""
    for block, element in elements(blocks):
        if element["type"] == "feedback_buttons":
            yield from ((block, element, element[half]) for half in _HALVES if half in element)
        elif element["type"] in ("button", "icon_button"):
            yield block, element, element


def label(button: Block) -> str:
    """What is written on a button."""
    return str(button["text"]["text"])


def _words(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for one in node:
            yield from _words(one)
    elif isinstance(node, dict):
        if node.get("type") == "user":
            yield f"<@{node['user_id']}>"
        elif node.get("type") == "broadcast":
            yield f"<!{node['range']}>"
        elif isinstance(node.get("text"), str):
            yield node["text"]
        for name in _HOLDING_TEXT:
            if isinstance(node.get(name), dict | list):
                yield from _words(node[name])
