"""Commands, presses, shortcuts and submissions as the app gets them."""

from typing import TYPE_CHECKING

from tests.slack_town.shapes import message_json, view_json
from tests.slack_town.values import APP, TEAM, Channel, Json, Message, User, View

if TYPE_CHECKING:
    from tests.slack_town.world import World


def command(world: "World", user: User, channel: Channel, line: str, response_url: str) -> Json:
    """A slash command; all its fields are text, as they come in a form."""
    name, _, text = line.partition(" ")
    return {
        "token": "verification-token-of-old",
        "team_id": TEAM,
        "team_domain": "town",
        "channel_id": channel.id,
        "channel_name": _channel_name(channel),
        "user_id": user.id,
        "user_name": user.name.lower(),
        "command": name,
        "text": text,
        "api_app_id": APP,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": world.new_trigger(user.id),
    }


def press(world: "World", user: User, message: Message, action: Json, response_url: str) -> Json:
    """`block_actions` on a message."""
    channel = world.channels[message.channel]
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": bool(message.ephemeral_for),
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    payload = _outer(world, "block_actions", user) | {
        "container": container,
        "channel": {"id": channel.id, "name": _channel_name(channel)},
        "state": {"values": _state(action)},
        "response_url": response_url,
        "actions": [action],
    }
    if not message.ephemeral_for:
        payload["message"] = message_json(world, message)
    return payload


def press_in_view(world: "World", user: User, view: View, action: Json) -> Json:
    """`block_actions` in an App Home or a modal."""
    return _outer(world, "block_actions", user) | {
        "container": {"type": "view", "view_id": view.id},
        "view": view_json(view),
        "state": {"values": _state(action)},
        "actions": [action],
    }


def suggestion(world: "World", user: User, place: Message | View, block: Json, element: Json, typed: str) -> Json:
    """`block_suggestion`: what might be meant by what was typed into a select."""
    payload = _outer(world, "block_suggestion", user) | {
        "action_id": element["action_id"],
        "block_id": block.get("block_id", ""),
        "value": typed,
    }
    if isinstance(place, View):
        return payload | {"container": {"type": "view", "view_id": place.id}, "view": view_json(place)}
    channel = world.channels[place.channel]
    return payload | {
        "container": {"type": "message", "message_ts": place.ts, "channel_id": channel.id, "is_ephemeral": False},
        "channel": {"id": channel.id, "name": _channel_name(channel)},
        "message": message_json(world, place),
    }


def shortcut(world: "World", user: User, callback_id: str) -> Json:
    """A global shortcut."""
    return _outer(world, "shortcut", user) | {"callback_id": callback_id, "action_ts": world.new_ts()}


def message_shortcut(world: "World", user: User, callback_id: str, message: Message, response_url: str) -> Json:
    """A shortcut from the menu of a message."""
    channel = world.channels[message.channel]
    return _outer(world, "message_action", user) | {
        "callback_id": callback_id,
        "action_ts": world.new_ts(),
        "message_ts": message.ts,
        "channel": {"id": channel.id, "name": _channel_name(channel)},
        "message": message_json(world, message),
        "response_url": response_url,
    }


def submission(world: "World", user: User, view: View, values: Json) -> Json:
    """`view_submission`; `values` by block id, then action id."""
    return _outer(world, "view_submission", user) | {
        "view": view_json(view) | {"state": {"values": values}},
        "response_urls": [],
    }


def closing(world: "World", user: User, view: View) -> Json:
    """`view_closed`."""
    payload = _outer(world, "view_closed", user) | {"view": view_json(view), "is_cleared": False}
    payload.pop("trigger_id")
    return payload


def action(block: Json, element: Json, chosen: Json, ts: str) -> Json:
    """One action as it is reported: the element, and what was chosen with it."""
    kept = ("type", "action_id", "text", "value", "style")
    shape = {name: element[name] for name in kept if name in element}
    return shape | {"block_id": block.get("block_id", "made-up"), "action_ts": ts} | chosen


def _outer(world: "World", kind: str, user: User) -> Json:
    return {
        "type": kind,
        "user": {"id": user.id, "username": user.name.lower(), "name": user.name.lower(), "team_id": user.team},
        "api_app_id": APP,
        "token": "verification-token-of-old",
        "team": {"id": TEAM, "domain": "town"},
        "enterprise": None,
        "is_enterprise_install": False,
        "trigger_id": world.new_trigger(user.id),
    }


def _state(action: Json) -> Json:
    if not any(name.startswith("selected_") for name in action):
        return {}
    return {action["block_id"]: {action["action_id"]: action}}


def _channel_name(channel: Channel) -> str:
    return {"im": "directmessage", "group": "privategroup"}.get(channel.kind, channel.name)
