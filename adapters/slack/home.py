"""Views: the App Home with one's model and usage, and the question about a message."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from adapters.slack.manifest import ASK_ABOUT_THIS
from bot.messages import MenuEntry

Json: TypeAlias = dict[str, Any]

HOME_MODEL = "gatepost_home_model"
SHOWN = (
    ("model", "My model"),
    ("remind", "My reminders"),
    ("usage", "My usage"),
    ("settings", "My settings"),
)
"""The commands whose answers the App Home shows, where there are such."""

QUESTION = "question"
_SECTION = 2_900


def home(said: Mapping[str, str]) -> Json:
    """The App Home; `said` is what each command says to this person."""
    blocks: list[Json] = []
    for name, title in SHOWN:
        if name not in said:
            continue
        blocks.append({"type": "header", "text": {"type": "plain_text", "text": title}})
        text = {"type": "mrkdwn", "text": _mrkdwn(said[name])}
        blocks.append({"type": "section", "text": text})
        if name == "model":
            blocks.append({"type": "actions", "elements": [_model_menu()]})
    hint = "Mention me in a channel, or write to me in the Messages tab. `/gatepost help` lists what I can do."
    blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": hint}]})
    return {"type": "home", "blocks": blocks}


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
        "ts": str(message["ts"]),
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
