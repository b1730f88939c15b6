"""Views: the App Home with one's model and usage, and the question about a message."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from adapters.slack.inbound import ts_of
from adapters.slack.manifest import ASK_ABOUT_THIS
from bot.messages import MenuEntry, Upcoming

Json: TypeAlias = dict[str, Any]

HOME_MODEL, HOME_COMMAND = "gatepost_home_model", "gatepost_home_command"
SHOWN = (("model", "My model"), ("usage", "My usage"), ("settings", "My settings"))
"""The commands whose answers the App Home shows, where there are such."""

QUESTION = "question"
_SECTION = 2_900
_MOST_REMINDERS = 20
_NO_REMINDERS = "You have no reminders. `/gatepost remind tomorrow at 9 to call Bob` makes one."
_DATA = "Everything I keep about you, as a file or gone. `/gatepost forget here` forgets one place alone."
_SURE = "I say in our direct messages what would go; nothing goes before you press a button there."


def home(said: Mapping[str, str], upcoming: Sequence[Upcoming] | None, *, data: bool, notice: str = "") -> Json:
    """The App Home. `said` is what each command says to this person, `upcoming` their reminders, where there are
    such, `data` whether what is kept about them can be had; `notice` is what the last button did."""
    blocks: list[Json] = [_section(notice)] if notice else []
    for name, title in SHOWN:
        if name in said:
            blocks += [_header(title), _section(said[name])]
        if name == "model" and name in said:
            blocks.append({"type": "actions", "elements": [_model_menu()]})
            blocks += _reminders(upcoming) if upcoming is not None else []
    if data:
        blocks += [_header("My data"), _section(_DATA), {"type": "actions", "elements": _data_buttons()}]
    hint = "Mention me in a channel, or write to me in the Messages tab. `/gatepost help` lists what I can do."
    blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": hint}]})
    return {"type": "home", "blocks": blocks}


def _reminders(upcoming: Sequence[Upcoming]) -> list[Json]:
    """Each with its buttons; one that came before can be snoozed."""
    blocks = [_header("My reminders"), *([] if upcoming else [_section(_NO_REMINDERS)])]
    for one in upcoming[:_MOST_REMINDERS]:
        snooze = [_button("Snooze 1 hour", f"remind snooze {one.number} 1 h")] if one.came else []
        buttons = [*snooze, _button("Cancel", f"remind cancel {one.number}")]
        blocks += [_section(f"**{one.number}** {one.text}"), {"type": "actions", "elements": buttons}]
    if len(upcoming) > _MOST_REMINDERS:
        blocks.append(_section(f"{len(upcoming) - _MOST_REMINDERS} more: `/gatepost remind list`."))
    return blocks


def _data_buttons() -> list[Json]:
    sure = {
        "title": {"type": "plain_text", "text": "Forget me?"},
        "text": {"type": "plain_text", "text": _SURE},
        "confirm": {"type": "plain_text", "text": "Show me"},
        "deny": {"type": "plain_text", "text": "Not now"},
    }
    forget = _button("Forget me", "forget") | {"style": "danger", "confirm": sure}
    return [_button("Export my data", "export"), forget]


def _button(label: str, command: str) -> Json:
    """A button that does what the command does, as it would be typed."""
    text = {"type": "plain_text", "text": label}
    return {"type": "button", "action_id": f"{HOME_COMMAND}:{command}", "text": text, "value": command}


def _header(title: str) -> Json:
    return {"type": "header", "text": {"type": "plain_text", "text": title}}


def _section(markdown: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": _mrkdwn(markdown)}}


def _mrkdwn(markdown: str) -> str:
    """What a command says, in the markup of views: they take no Markdown."""
    plain = markdown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("**", "*")
    lines = (f"• {line[2:]}" if line.startswith("- ") else line for line in plain.splitlines())
    return "\n".join(lines)[:_SECTION] or "…"


def _model_menu() -> Json:
    return {
        "type": "external_select",
        "action_id": HOME_MODEL,
        "placeholder": {"type": "plain_text", "text": "Choose another model…"},
        "min_query_length": 0,
    }


def about(channel: str, message: Json, response_url: str) -> Json:
    """Which message it is about, and where its chooser is answered."""
    return {
        "channel": channel,
        "ts": ts_of(message),
        "thread_ts": str(message.get("thread_ts") or ""),
        "response_url": response_url,
    }


def question_about(channel: str, message: Json, response_url: str) -> Json:
    """The modal in which somebody asks about a message."""
    return {
        "type": "modal",
        "callback_id": ASK_ABOUT_THIS,
        "private_metadata": json.dumps(about(channel, message, response_url)),
        "title": {"type": "plain_text", "text": "Ask about this"},
        "submit": {"type": "plain_text", "text": "Ask"},
        "close": {"type": "plain_text", "text": "Cancel"},
        "blocks": [
            {
                "type": "input",
                "block_id": QUESTION,
                "optional": True,
                "label": {"type": "plain_text", "text": "Your question"},
                "element": {
                    "type": "plain_text_input",
                    "action_id": QUESTION,
                    "multiline": True,
                    "max_length": 3000,
                    "placeholder": {"type": "plain_text", "text": "Explain this message to me."},
                },
            }
        ],
    }


def form_of(entry: MenuEntry, channel: str, message: Json, response_url: str) -> Json:
    """The modal that asks the one thing a command wants to know about a message."""
    view = question_about(channel, message, response_url)
    asked = entry.question.description if entry.question is not None else entry.label
    field: Json = view["blocks"][0]
    field |= {"label": {"type": "plain_text", "text": asked[:150]}}
    field["optional"] = False
    field["element"] = {"type": "plain_text_input", "action_id": QUESTION, "max_length": 200}
    return view | {
        "callback_id": entry.id,
        "title": {"type": "plain_text", "text": entry.label[:24]},
        "submit": {"type": "plain_text", "text": "OK"},
    }


def asked_about(view: Json) -> tuple[Json, str]:
    """What the question is about, and the question."""
    values = view.get("state", {}).get("values", {})
    typed = str(values.get(QUESTION, {}).get(QUESTION, {}).get("value") or "").strip()
    meant: Json = json.loads(view["private_metadata"])
    return meant, typed or "Explain this message to me."


def prompts(pairs: Sequence[tuple[str, str]]) -> list[Json]:
    """Suggested prompts."""
    return [{"title": title, "message": message} for title, message in pairs[:4]]
