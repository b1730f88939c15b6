"""The app's manifest: what Slack is to be told to install it, from the same tables the adapter works with."""

from collections.abc import Sequence
from typing import Any

from bot.messages import CommandSpec

COMMAND = "/gatepost"
EVENTS_PATH = "/slack/events"
ASK_ABOUT_THIS = "ask_about_this"

SCOPES = (
    "app_mentions:read",
    "assistant:write",
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "mpim:history",
    "mpim:read",
    "search:read.public",
    "users:read",
)
EVENTS = (
    "agent_session_stopped",
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "message.channels",
    "message.groups",
    "message.im",
    "message.mpim",
    "tokens_revoked",
)
SHORTCUTS = ((ASK_ABOUT_THIS, "Ask about this", "Ask Gatepost about this message"),)
PROMPTS = (
    ("Summarise a text", "Summarise this in three points: "),
    ("Explain", "Explain to me like to a colleague from another field: "),
    ("Draft a reply", "Draft a friendly, short reply to this message: "),
    ("What can you do?", "What can you do?"),
)


def manifest(url: str | None, specs: Sequence[CommandSpec]) -> dict[str, Any]:
    """The manifest, for Socket Mode, or for HTTP where the program's public address is given (`https://host`)."""
    events: dict[str, Any] = {"bot_events": list(EVENTS)}
    interactivity: dict[str, Any] = {"is_enabled": True}
    command: dict[str, Any] = {
        "command": COMMAND,
        "description": "Ask, choose a model, stop, and more",
        "usage_hint": "help",
        "should_escape": True,
    }
    if url is not None:
        address = url.rstrip("/") + EVENTS_PATH
        events["request_url"] = interactivity["request_url"] = command["url"] = address
        interactivity["message_menu_options_url"] = address
    return {
        "display_information": {
            "name": "Gatepost",
            "description": "An assistant that never loses a message and never answers twice",
            "background_color": "#1f2a37",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "Gatepost", "always_online": True},
            "agent_view": {
                "agent_description": "Ask me anything, here or in a channel by mentioning me.",
                "suggested_prompts": [{"title": title, "message": message} for title, message in PROMPTS],
            },
            "slash_commands": [command],
            "shortcuts": [
                {"name": name, "type": "message", "callback_id": callback_id, "description": description}
                for callback_id, name, description in (*SHORTCUTS, *_entries(specs))
            ],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": events,
            "interactivity": interactivity,
            "org_deploy_enabled": False,
            "socket_mode_enabled": url is None,
            "token_rotation_enabled": False,
        },
    }


def _entries(specs: Sequence[CommandSpec]) -> list[tuple[str, str, str]]:
    """The commands that a message's menu offers, which are shortcuts here."""
    entries = [spec.entry for spec in specs if spec.entry is not None]
    return [(one.id, one.label[:24], one.description[:150]) for one in entries]


def as_yaml(value: Any, indent: int = 0) -> str:
    """The manifest as YAML; strings are written as JSON, which YAML reads."""
    import json

    pad = "  " * indent
    lines: list[str] = []
    for name, one in value.items():
        if isinstance(one, dict):
            lines += [f"{pad}{name}:", as_yaml(one, indent + 1)]
        elif isinstance(one, list) and one and isinstance(one[0], dict):
            lines.append(f"{pad}{name}:")
            for item in one:
                inner = as_yaml(item, indent + 2).lstrip()
                lines.append(f"{pad}  - {inner}")
        elif isinstance(one, list):
            lines += [f"{pad}{name}:", *(f"{pad}  - {item}" for item in one)]
        else:
            lines.append(f"{pad}{name}: {json.dumps(one, ensure_ascii=False)}")
    return "\n".join(lines)
