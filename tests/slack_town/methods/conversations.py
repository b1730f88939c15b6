"""conversations.*: where people talk, who is there, what was said."""

import re
from collections.abc import Sequence
from typing import Any

from tests.slack_town.call import Call, Method
from tests.slack_town.errors import Refusal
from tests.slack_town.limits import TIER_2, TIER_3, TIER_4
from tests.slack_town.shapes import channel_json, message_json
from tests.slack_town.values import BOT_USER, Channel, Json, Message
from tests.slack_town.world import World

_TIME = re.compile(r"\d+(\.\d{1,6})?")
_KINDS = {"public_channel": "channel", "private_channel": "group", "im": "im", "mpim": "mpim"}


def history(world: World, call: Call) -> Json:
    """conversations.history: what is not hidden in threads, newest first.

    With `oldest` alone the pages begin with what is nearest to it, though each is told newest first.
    """
    channel = world.channel(call.needed("channel"), member=True)
    top = _between([one for one in _kept(channel) if not one.thread_ts or one.broadcast], call)
    forward = call.text("oldest") and not call.text("latest")
    shown, cursor = page(top if forward else top[::-1], call, 100, 999, world.history_page)
    return {
        "messages": [_json(world, one, call) for one in (shown[::-1] if forward else shown)],
        "has_more": bool(cursor),
        "pin_count": 0,
        "response_metadata": {"next_cursor": cursor},
    }


def replies(world: World, call: Call) -> Json:
    """conversations.replies: the root, on the first page, and what hangs on it, oldest first."""
    channel = world.channel(call.needed("channel"), member=True)
    named = channel.messages.get(call.needed("ts"))
    if named is None or (named.deleted and named.subtype != "tombstone"):
        raise Refusal("thread_not_found")
    thread = [named] if named.thread_ts else [one for one in _kept(channel) if one.root == named.ts]
    root = [one for one in thread if one is named]
    rest = _between([one for one in thread if one is not named], call)
    shown, cursor = page(root + rest, call, 1000, 1000, world.history_page)
    return {
        "messages": [_json(world, one, call) for one in shown],
        "has_more": bool(cursor),
        "response_metadata": {"next_cursor": cursor},
    }


def info(world: World, call: Call) -> Json:
    """conversations.info."""
    return {"channel": channel_json(world.channel(call.needed("channel")))}


def list_all(world: World, call: Call) -> Json:
    """conversations.list: what the app may see."""
    return _list(world, call, [one for one in world.channels.values() if _seen(one)])


def list_own(world: World, call: Call) -> Json:
    """users.conversations: where somebody is, of what the app may see."""
    user = call.text("user") or BOT_USER
    return _list(world, call, [one for one in world.channels.values() if _seen(one) and user in one.members])


def members(world: World, call: Call) -> Json:
    """conversations.members."""
    channel = world.channel(call.needed("channel"))
    shown, cursor = page(sorted(channel.members), call, 100, 1000)
    return {"members": list(shown), "response_metadata": {"next_cursor": cursor}}


def open_dm(world: World, call: Call) -> Json:
    """conversations.open: the place where the app and somebody talk alone."""
    if call.text("channel"):
        return {"channel": channel_json(world.channel(call.text("channel")))}
    users = call.needed("users").split(",")
    if any(one not in world.users for one in users):
        raise Refusal("user_not_found")
    if len(users) > 1:
        raise Refusal("not_enough_users")
    if world.users[users[0]].is_stranger:
        raise Refusal("user_not_visible")
    known = any(one.members == {users[0], BOT_USER} for one in world.channels.values() if one.kind == "im")
    channel = world.dm(users[0])
    shape = channel_json(channel) if call.flag("return_im") else {"id": channel.id}
    return {"channel": shape} | ({"no_op": True, "already_open": True} if known else {})


def join(world: World, call: Call) -> Json:
    """conversations.join: public channels only."""
    channel = world.channel(call.needed("channel"))
    if channel.kind != "channel":
        raise Refusal("method_not_supported_for_channel_type")
    if channel.archived:
        raise Refusal("is_archived")
    channel.members.add(BOT_USER)
    return {"channel": channel_json(channel)}


def page(
    things: Sequence[Any], call: Call, default: int, most: int, given: int = 1000
) -> tuple[Sequence[Any], str]:
    """The things that a call asked for, `given` at most, and the cursor to the next ones. Raises Refusal."""
    limit = call.number("limit", default) or default
    if not 1 <= limit <= most:
        raise Refusal("invalid_limit")
    limit = min(limit, given)
    cursor = call.text("cursor")
    if cursor and not cursor.removeprefix("from:").isdecimal():
        raise Refusal("invalid_cursor")
    first = int(cursor.removeprefix("from:")) if cursor else 0
    left = len(things) > first + limit
    return things[first : first + limit], f"from:{first + limit}" if left else ""


def _seen(channel: Channel) -> bool:
    return channel.kind == "channel" or BOT_USER in channel.members


def _list(world: World, call: Call, channels: list[Channel]) -> Json:
    wanted = {_KINDS.get(one) for one in (call.text("types") or "public_channel").split(",")}
    if None in wanted:
        raise Refusal("invalid_types")
    found = [one for one in channels if one.kind in wanted]
    if call.flag("exclude_archived"):
        found = [one for one in found if not one.archived]
    shown, cursor = page(found, call, 100, 1000)
    return {"channels": [channel_json(one) for one in shown], "response_metadata": {"next_cursor": cursor}}


def _kept(channel: Channel) -> list[Message]:
    """What history still knows: messages, and the tombstones of roots."""
    return [one for one in channel.messages.values() if not one.deleted or one.subtype == "tombstone"]


def _between(messages: list[Message], call: Call) -> list[Message]:
    oldest, latest, inclusive = call.text("oldest") or "0", call.text("latest"), call.flag("inclusive")
    for name in ("oldest", "latest"):
        if call.text(name) and not _TIME.fullmatch(call.text(name)):
            raise Refusal(f"invalid_ts_{name}")

    def wanted(message: Message) -> bool:
        ts = float(message.ts)
        if inclusive and message.ts in (oldest, latest):
            return True
        return ts > float(oldest) and (not latest or ts < float(latest))

    return [one for one in messages if wanted(one)]


def _json(world: World, message: Message, call: Call) -> Json:
    return message_json(world, message, metadata=call.flag("include_all_metadata"))


_HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")
_READ = ("channels:read", "groups:read", "im:read", "mpim:read")

METHODS = {
    "conversations.history": Method(history, TIER_3, _HISTORY),
    "conversations.replies": Method(replies, TIER_3, _HISTORY),
    "conversations.info": Method(info, TIER_3, _READ),
    "conversations.list": Method(list_all, TIER_2, _READ),
    "conversations.members": Method(members, TIER_4, _READ),
    "conversations.open": Method(open_dm, TIER_3, ("im:write", "mpim:write")),
    "conversations.join": Method(join, TIER_3, ("channels:join",)),
    "users.conversations": Method(list_own, TIER_3, _READ),
}
