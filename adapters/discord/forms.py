"""Forms that an entry of a message's menu asks with, and what was written into them. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.discord.commands import ASK_ABOUT
from bot.messages import CommandSpec

ASK = "gp-ask"
"""The form of the entry that is no command's."""

_LABEL, _TEXT_INPUT, _SHORT, _PARAGRAPH = 18, 4, 1, 2


def form_id(spec: CommandSpec) -> str:
    """What the form of a command's entry is known by; nothing where it has none."""
    return f"gp-{spec.entry.id}" if spec.entry is not None else ""


def form(target: str, spec: CommandSpec | None) -> dict[str, Any]:
    """The one thing that is asked: by an entry of a command, or a question about the message."""
    entry = spec.entry if spec is not None else None
    question = {
        "type": _TEXT_INPUT,
        "custom_id": "question",
        "style": _PARAGRAPH if entry is None else _SHORT,
        "required": True,
        "max_length": 2000 if entry is None else 200,
    }
    asked = "Your question about this message"
    if entry is None:
        question["placeholder"] = "What does this mean?"
    elif entry.question is not None:
        asked = entry.question.description[:45]
    label = {"type": _LABEL, "label": asked, "component": question}
    kind, title = (ASK, ASK_ABOUT) if spec is None or entry is None else (form_id(spec), entry.label)
    return {"custom_id": f"{kind}:{target}", "title": title, "components": [label]}


def answer_of(components: Sequence[Mapping[str, Any]]) -> str:
    """What was written into a form, wherever it stands in what Discord sends."""
    for one in components:
        inner = [one["component"]] if isinstance(one.get("component"), dict) else list(one.get("components") or ())
        if one.get("custom_id") == "question" and one.get("value"):
            return str(one["value"])
        if inner and (found := answer_of(inner)):
            return found
    return ""
