"""Events as the app gets them: what happened, and the envelope around it."""

from typing import TYPE_CHECKING

from tests.slack_town.shapes import message_json
from tests.slack_town.values import APP, BOT_USER, TEAM, Channel, Json, Message

if TYPE_CHECKING:
    from tests.slack_town.world import World


def posted(world: "World", message: Message) -> Json:
    """`message`: somebody posted."""
    channel = world.channels[message.channel]
    shape = message_json(world, message) | _where(channel, message.ts)
    for field in ("reply_count", "reply_users_count", "reply_users", "latest_reply", "is_locked", "subscribed"):
        shape.pop(field, None)
    if not message.thread_ts:
        shape.pop("thread_ts", None)
    author = world.users.get(message.user)
    if channel.shared and author is not None:
        shape |= {"user_team": author.team, "source_team": author.team}
    if channel.kind == "im" and not message.bot:
        shape["assistant_thread"] = {"action_token": world.action_token(message)}
        if message.entities:
            shape["app_context"] = {"entities": message.entities}
    return shape


def mentioned(world: "World", message: Message, ts: str = "") -> Json:
    """`app_mention`: the same post once more. `ts` is when the event was made, if not by the post itself."""
    shape = posted(world, message) | {"type": "app_mention", "action_token": world.action_token(message)}
    shape.pop("channel_type", None)
    shape.pop("subtype", None)
    shape.pop("assistant_thread", None)
    return shape | {"event_ts": ts or message.ts}


def changed(world: "World", message: Message, before: Json, ts: str) -> Json:
    """`message_changed`: an edit, an unfurled link, a tombstone."""
    return {
        "type": "message",
        "subtype": "message_changed",
        "hidden": True,
        "message": message_json(world, message) | {"source_team": TEAM, "user_team": TEAM},
        "previous_message": before,
        "ts": ts,
    } | _where(world.channels[message.channel], ts)


def removed(world: "World", message: Message, before: Json, ts: str) -> Json:
    """`message_deleted`."""
    return {
        "type": "message",
        "subtype": "message_deleted",
        "hidden": True,
        "deleted_ts": message.ts,
        "previous_message": before,
        "ts": ts,
    } | _where(world.channels[message.channel], ts)


def _where(channel: Channel, ts: str) -> Json:
    return {"channel": channel.id, "channel_type": channel.kind, "event_ts": ts}


def callback(event: Json, event_id: str, at: float, *, shared: bool = False) -> Json:
    """The outer part of an event."""
    return {
        "token": "verification-token-of-old",
        "team_id": TEAM,
        "context_team_id": TEAM,
        "context_enterprise_id": None,
        "api_app_id": APP,
        "event": event,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": int(at),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": TEAM,
                "user_id": BOT_USER,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": shared,
        "event_context": f"4-{event_id}",
    }


def subscription(event: Json) -> str:
    """The name under which an app subscribes to an event of this kind."""
    if event["type"] != "message":
        return str(event["type"])
    return {"channel": "message.channels", "group": "message.groups"}.get(
        event["channel_type"], f"message.{event['channel_type']}"
    )
