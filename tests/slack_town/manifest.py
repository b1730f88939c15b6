"""What Slack says to an app's manifest: why it would refuse it, and what it makes of one that it takes."""

import re
from collections.abc import Iterator
from typing import Any

from tests.slack_town.values import Json

_URL = re.compile(r"https?://\S+")
_TOP = frozenset({"_metadata", "display_information", "features", "oauth_config", "settings"})
_FEATURES = frozenset(
    {"app_home", "bot_user", "agent_view", "assistant_view", "shortcuts", "slash_commands", "unfurl_domains"}
)
_SETTINGS = frozenset(
    {
        "allowed_ip_address_ranges",
        "event_subscriptions",
        "incoming_webhooks",
        "interactivity",
        "is_mcp_enabled",
        "org_deploy_enabled",
        "socket_mode_enabled",
        "token_rotation_enabled",
    }
)
_BUILT_IN = frozenset(
    {"/remind", "/search", "/status", "/msg", "/me", "/invite", "/topic", "/who", "/leave", "/help"}
)

EVENT_SCOPES: dict[str, tuple[str, ...]] = {
    "agent_session_stopped": (),
    "app_context_changed": (),
    "app_home_opened": (),
    "app_mention": ("app_mentions:read",),
    "app_uninstalled": (),
    "file_shared": ("files:read",),
    "member_joined_channel": ("channels:read", "groups:read"),
    "member_left_channel": ("channels:read", "groups:read"),
    "message.channels": ("channels:history",),
    "message.groups": ("groups:history",),
    "message.im": ("im:history",),
    "message.mpim": ("mpim:history",),
    "reaction_added": ("reactions:read",),
    "reaction_removed": ("reactions:read",),
    "tokens_revoked": (),
}
"""What an app may subscribe to, and one of which scopes it needs for that."""


def problems(manifest: Json) -> list[str]:
    """Everything that keeps Slack from taking this manifest, each with its place."""
    return [
        *_unknown("", manifest, _TOP),
        *_display(manifest.get("display_information", {})),
        *_features(manifest.get("features", {})),
        *_settings(manifest.get("settings", {})),
        *_addresses(manifest),
        *_scopes(manifest),
    ]


def bot_scopes(manifest: Json) -> set[str]:
    """The scopes of the bot's token; an agent has `assistant:write` without asking."""
    given = set(_under(manifest, "oauth_config", "scopes").get("bot", []))
    return given | ({"assistant:write"} if "agent_view" in manifest.get("features", {}) else set())


def bot_events(manifest: Json) -> list[str]:
    """The events it subscribes to."""
    found: list[str] = _under(manifest, "settings", "event_subscriptions").get("bot_events", [])
    return found


def _under(manifest: Json, *names: str) -> Json:
    for name in names:
        manifest = manifest.get(name, {})
    return manifest


def _display(shown: Json) -> Iterator[str]:
    yield from _length("display_information.name", shown.get("name"), 1, 35)
    if "description" in shown:
        yield from _length("display_information.description", shown["description"], 1, 140)
    if "long_description" in shown:
        yield from _length("display_information.long_description", shown["long_description"], 175, 4000)
    if not re.fullmatch(r"#[0-9a-fA-F]{3}([0-9a-fA-F]{3})?", shown.get("background_color", "#000")):
        yield "display_information.background_color: no colour"


def _features(features: Json) -> Iterator[str]:
    yield from _unknown("features.", features, _FEATURES)
    yield from _length("features.bot_user.display_name", _under(features, "bot_user").get("display_name"), 1, 80)
    if "agent_view" in features and "assistant_view" in features:
        yield "features.agent_view: not beside assistant_view"
    if "agent_view" in features:
        yield from _agent(features["agent_view"])
    yield from _few("features.shortcuts", features.get("shortcuts", []), 10)
    for shortcut in features.get("shortcuts", []):
        yield from _shortcut(shortcut)
    yield from _few("features.slash_commands", features.get("slash_commands", []), 50)
    for command in features.get("slash_commands", []):
        yield from _command(command)


def _agent(view: Json) -> Iterator[str]:
    yield from _length("features.agent_view.agent_description", view.get("agent_description"), 1, 300)
    prompts = view.get("suggested_prompts", [])
    yield from _few("features.agent_view.suggested_prompts", prompts, 4)
    if not all(one.get("title") and one.get("message") for one in prompts):
        yield "features.agent_view.suggested_prompts: each needs a title and a message"


def _shortcut(one: Json) -> Iterator[str]:
    where = f"features.shortcuts.{one.get('callback_id')}"
    yield from _length(f"{where}.name", one.get("name"), 1, 24)
    yield from _length(f"{where}.callback_id", one.get("callback_id"), 1, 255)
    yield from _length(f"{where}.description", one.get("description"), 1, 150)
    if one.get("type") not in ("message", "global"):
        yield f"{where}.type: message or global"


def _command(one: Json) -> Iterator[str]:
    name = str(one.get("command", ""))
    yield from _length(f"features.slash_commands.{name}", name, 2, 32)
    yield from _length(f"features.slash_commands.{name}.description", one.get("description"), 1, 2000)
    if "usage_hint" in one:
        yield from _length(f"features.slash_commands.{name}.usage_hint", one["usage_hint"], 1, 1000)
    if not name.startswith("/") or name in _BUILT_IN:
        yield f"features.slash_commands.{name}: not a name for a command of an app"


def _settings(settings: Json) -> Iterator[str]:
    yield from _unknown("settings.", settings, _SETTINGS)
    events = _under(settings, "event_subscriptions").get("bot_events", [])
    if len(set(events)) < len(events):
        yield "settings.event_subscriptions.bot_events: the same twice"
    for one in events:
        if one not in EVENT_SCOPES:
            yield f"settings.event_subscriptions.bot_events: {one} is no event"


def _addresses(manifest: Json) -> Iterator[str]:
    """Without Socket Mode every way in needs an address."""
    if _under(manifest, "settings").get("socket_mode_enabled"):
        return
    wanted = {}
    if bot_events(manifest):
        wanted["event_subscriptions"] = _under(manifest, "settings", "event_subscriptions").get("request_url")
    interactivity = _under(manifest, "settings", "interactivity")
    if interactivity.get("is_enabled"):
        wanted["interactivity"] = interactivity.get("request_url")
    for one in _under(manifest, "features").get("slash_commands", []):
        wanted[one.get("command", "")] = one.get("url")
    for name, url in wanted.items():
        if not _URL.fullmatch(url or ""):
            yield f"{name}: needs an address where Socket Mode is off"


def _scopes(manifest: Json) -> Iterator[str]:
    has = bot_scopes(manifest)
    for event in bot_events(manifest):
        needed = EVENT_SCOPES.get(event, ())
        if needed and has.isdisjoint(needed):
            yield f"settings.event_subscriptions.bot_events: {event} needs the scope {' or '.join(needed)}"
    features = _under(manifest, "features")
    if (features.get("slash_commands") or features.get("shortcuts")) and "commands" not in has:
        yield "features: commands and shortcuts need the scope commands"


def _unknown(where: str, given: Json, known: frozenset[str]) -> Iterator[str]:
    for name in sorted(given.keys() - known):
        yield f"{where}{name}: unknown"


def _length(where: str, text: Any, least: int, most: int) -> Iterator[str]:
    if not isinstance(text, str) or not least <= len(text) <= most:
        yield f"{where}: needs {least} to {most} characters"


def _few(where: str, things: list[Any], most: int) -> Iterator[str]:
    if len(things) > most:
        yield f"{where}: no more than {most}"
