"""Buttons under answers. What one does is written into its `custom_id`: it works after any restart. Pure."""

import hashlib
import re
from collections.abc import Sequence
from typing import Any

from bot.messages import Action, ActionName, Choice

MOST_CHOICES = 25
LONGEST = 100
"""Characters of a `custom_id`, of a choice's value and of its label."""

_PREFIX = "gp"
_ID = re.compile(r"gp:(?P<name>[a-z_]+):(?P<turn>[^:=!]+)(?:=(?P<value>[^!]*))?(?:!(?P<mark>[0-9a-f]{24}))?")
_PRIMARY, _SECONDARY, _DANGER = 1, 2, 4
_LABELS = {
    ActionName.STOP: ("Stop", _DANGER),
    ActionName.CONTINUE: ("Continue", _SECONDARY),
    ActionName.REGENERATE: ("Regenerate", _SECONDARY),
    ActionName.OTHER_MODEL: ("Other model", _SECONDARY),
    ActionName.GOOD: ("👍", _SECONDARY),
    ActionName.BAD: ("👎", _SECONDARY),
    ActionName.CONFIRM: ("Confirm", _PRIMARY),
    ActionName.DECLINE: ("Don’t", _SECONDARY),
    ActionName.VOTE: ("Vote", _SECONDARY),
    ActionName.SNOOZE: ("Snooze", _SECONDARY),
    ActionName.DONE: ("Done", _PRIMARY),
    ActionName.CANCEL: ("Cancel", _SECONDARY),
    ActionName.FORGET: ("Forget it", _DANGER),
    ActionName.KEEP: ("Keep it", _SECONDARY),
    ActionName.USE_ALOUD: ("Use it where others read too", _SECONDARY),
}
_ROW, _BUTTON, _SELECT = 1, 2, 3
_LABEL = 80


def button_row(actions: Sequence[Action], mark: str = "") -> dict[str, Any]:
    """A row of buttons. `mark` is the nonce of the post they come with, by which it can be found again."""
    buttons = []
    for action in actions:
        label, style = _LABELS[action.name]
        said = cut_label(action.label or label)
        buttons.append({"type": _BUTTON, "style": style, "label": said, "custom_id": custom_id(action, mark)})
    return {"type": _ROW, "components": buttons}


def cut_label(label: str) -> str:
    """What a button says, as long as Discord lets it be."""
    return label if len(label) <= _LABEL else label[: _LABEL - 1] + "…"


def custom_id(action: Action, mark: str = "") -> str:
    """The action as text; the mark goes where there is no room for it."""
    value = f"={action.value}" if action.value else ""
    name = f"{_PREFIX}:{action.name}:{action.turn_id}{value}"
    marked = f"{name}!{mark}" if mark else name
    return marked if len(marked) <= LONGEST else name


def action_of(name: str) -> Action | None:
    """The action of a button that was pressed; None for what is no button of ours."""
    found = _ID.fullmatch(name)
    if found is None or found["name"] not in list(ActionName):
        return None
    return Action(ActionName(found["name"]), found["turn"], found["value"] or None)


def mark_of(name: str) -> str | None:
    """The nonce of the post that a button came with."""
    found = _ID.fullmatch(name)
    return found["mark"] if found else None


def model_menu(turn_id: str, choices: Sequence[Choice]) -> dict[str, Any]:
    """A menu of models for the same question again."""
    options = [
        {"label": cut(one.value), "value": short(one.value), "description": cut(one.label)} for one in choices
    ]
    menu = {
        "type": _SELECT,
        "custom_id": custom_id(Action(ActionName.OTHER_MODEL, turn_id)),
        "placeholder": "Choose a model",
        "options": list({one["value"]: one for one in options}.values())[:MOST_CHOICES],
    }
    return {"type": _ROW, "components": [menu]}


def cut(text: str) -> str:
    """A label that is not too long, and not empty."""
    plain = " ".join(text.split()) or "–"
    return plain if len(plain) <= LONGEST else plain[: LONGEST - 1] + "…"


def short(value: str) -> str:
    """A value that Discord takes: the value itself, or its beginning with a digest of all of it."""
    if len(value) <= LONGEST:
        return value
    digest = hashlib.sha256(value.encode()).hexdigest()[:16]
    return f"{value[: LONGEST - len(digest) - 1]}~{digest}"


def is_short(value: str) -> bool:
    """Whether this may stand for a longer value."""
    return len(value) == LONGEST and value[-17] == "~"
