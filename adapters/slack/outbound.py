"""What we say, as Slack takes it: markdown that pings nobody, blocks, buttons. Pure."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from bot.messages import Action, ActionName, Rendered

Json: TypeAlias = dict[str, Any]

TEXT_LIMIT = 11_000
"""Characters of one message. Slack takes 12,000 in a markdown block and about 13,200 in all blocks."""

METADATA = "gatepost_post"
"""The type of the metadata by which a post of ours is found again."""

STOP, AGAIN, FEEDBACK, OTHER_MODEL = "gatepost_stop", "gatepost_again", "gatepost_feedback", "gatepost_other_model"

_JOINER = "\u2060"  # invisible and without width: what it parts is no longer Slack's
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|[\u202a-\u202e\u2066-\u2069]")
_PING = re.compile(r"<(?=!(?:channel|here|everyone|subteam)|@[UWB])|(?<![\w.@])@(?=(?:channel|here|everyone)\b)")
_UNDECIDED = re.compile(r"(?:<!?[a-z]{0,8}|<@?|(?<![\w.@])@\u2060?[a-z]{0,8})\Z")
_LONGEST_UNDECIDED = 16
_USER = re.compile(r"[UW][A-Z0-9]{2,}")
_STATUS_LIMIT = 1_900
_FALLBACK_LIMIT = 300
_LABEL_LIMIT = 75
_LABELS = {
    ActionName.STOP: "Stop",
    ActionName.CONTINUE: "Continue",
    ActionName.REGENERATE: "Regenerate",
    ActionName.CONFIRM: "Confirm",
    ActionName.DECLINE: "Don’t",
    ActionName.VOTE: "Vote",
    ActionName.SNOOZE: "Snooze",
    ActionName.DONE: "Done",
    ActionName.CANCEL: "Cancel",
    ActionName.FORGET: "Forget it",
    ActionName.KEEP: "Keep it",
    ActionName.USE_ALOUD: "Use it where others read too",
}


def render(markdown: str) -> str:
    """Markdown as Slack reads it; nobody is pinged by it, in code as little as elsewhere."""
    text = _CONTROL.sub("", markdown)
    return _PING.sub(lambda found: found.group() + _JOINER, text)


def streamable(text: str) -> str:
    """The beginning of rendered text that reads the same whatever follows: a ping may yet come of its end."""
    tail = max(0, len(text) - _LONGEST_UNDECIDED)
    found = _UNDECIDED.search(text, tail)
    return text if found is None else text[: found.start()]


def fallback(text: str) -> str:
    """What a notification says: the beginning, as Slack's own markup takes plain text."""
    plain = " ".join(text.split())
    short = plain if len(plain) <= _FALLBACK_LIMIT else plain[: _FALLBACK_LIMIT - 1] + "…"
    return short.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") or "…"


def blocks(rendered: Rendered) -> list[Json]:
    """A whole message."""
    body: list[Json] = [{"type": "markdown", "text": rendered.text}] if rendered.text.strip() else []
    if rendered.summons and rendered.asker is not None and _USER.fullmatch(rendered.asker):
        body.insert(0, {"type": "section", "text": {"type": "mrkdwn", "text": f"<@{rendered.asker}>"}})
    return [*body, *beneath(rendered)]


def pieces(rendered: Rendered) -> list[Rendered]:
    """What is longer than a message as several, divided between lines; buttons stand under the last."""
    parts, rest = [], rendered.text
    while len(rest) > TEXT_LIMIT:
        end = rest.rfind("\n", 1, TEXT_LIMIT)
        end = end if end > 0 else TEXT_LIMIT
        parts.append(Rendered(rest[:end], final=True))
        rest = rest[end:].lstrip("\n")
    return [*parts, replace(rendered, text=rest)]


def beneath(rendered: Rendered) -> list[Json]:
    """What stands under the text: the status line, buttons, and whether it was any good."""
    found: list[Json] = []
    if rendered.status:
        line = {"type": "plain_text", "text": rendered.status[:_STATUS_LIMIT]}
        found.append({"type": "context", "elements": [line]})
    buttons = [one for action in rendered.actions if (one := _button(action)) is not None]
    if buttons:
        found.append({"type": "actions", "elements": buttons})
    rated = next((one.turn_id for one in rendered.actions if one.name is ActionName.REGENERATE), None)
    if rated is not None and rendered.final and rendered.text.strip():
        found.append({"type": "context_actions", "elements": [_feedback(rated)]})
    return found


def _button(action: Action) -> Json | None:
    if action.name is ActionName.OTHER_MODEL and action.value is None:
        return {
            "type": "external_select",
            "action_id": f"{OTHER_MODEL}:{action.turn_id}",
            "placeholder": {"type": "plain_text", "text": "Other model…"},
            "min_query_length": 0,
        }
    other = action.name is ActionName.OTHER_MODEL
    label = f"Ask {action.value}" if other else _LABELS.get(action.name)
    if label is None:
        return None
    text = {"type": "plain_text", "text": (action.label or label)[:_LABEL_LIMIT]}
    of_its_kind = f"_{action.value}" if action.value else ""  # ids are unique within a message
    value = f"{action.name}:{action.turn_id}" + (f":{action.value}" if action.value else "")
    action_id = f"gatepost_{action.name}{of_its_kind}"
    return {"type": "button", "action_id": action_id, "text": text, "value": value}


def _feedback(turn_id: str) -> Json:
    def half(label: str, name: ActionName) -> Json:
        return {"text": {"type": "plain_text", "text": label}, "value": f"{name}:{turn_id}"}

    return {
        "type": "feedback_buttons",
        "action_id": FEEDBACK,
        "positive_button": half("Good answer", ActionName.GOOD),
        "negative_button": half("Bad answer", ActionName.BAD),
    }


def metadata(key: str) -> Json:
    """The mark by which a post is found again; any app and member may read it, so it says nothing else."""
    return {"event_type": METADATA, "event_payload": {"key": key}}


def key_in(message: Json) -> str | None:
    """The key under which a message of ours was posted."""
    found = message.get("metadata") or {}
    return found.get("event_payload", {}).get("key") if found.get("event_type") == METADATA else None


def text_chunk(text: str) -> list[Json]:
    """Text for a stream."""
    return [{"type": "markdown_text", "text": text}] if text else []


def task_chunks(n: int, before: str | None, now: str | None) -> list[Json]:
    """What we do meanwhile, as steps of a stream: the one before is done, the next is under way."""
    done = [_task(n, before, "complete")] if before else []
    return [*done, *([_task(n + 1, now, "in_progress")] if now else [])]


def _task(n: int, title: str, status: str) -> Json:
    return {"type": "task_update", "id": f"step-{n}", "title": title[:250], "status": status}


def shown_text(message: Json) -> str:
    """What a message says: ours stands in its blocks, and `text` is only what notifications show."""
    said = [one["text"] for one in message.get("blocks", ()) if one.get("type") == "markdown" and one.get("text")]
    return "\n\n".join(said) if said else str(message.get("text", ""))


def options(choices: Sequence[tuple[str, str]]) -> list[Json]:
    """Choices of a menu; Slack takes values of 150 and labels of 75 characters."""
    return [
        {"text": {"type": "plain_text", "text": (label or value)[:75]}, "value": value}
        for value, label in choices
        if 0 < len(value) <= 150
    ][:100]
