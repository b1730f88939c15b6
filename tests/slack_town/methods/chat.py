"""chat.*: posts, edits, deletes."""

import math
from typing import Any

from tests.slack_town import blocks as block_kit
from tests.slack_town.call import Call, Method
from tests.slack_town.errors import Refusal
from tests.slack_town.limits import SPECIAL, TIER_3, TIER_4
from tests.slack_town.shapes import message_json
from tests.slack_town.values import BOT_ID, BOT_USER, Channel, Json, Message
from tests.slack_town.world import World

_METADATA_BYTES = 8_000


def post_message(world: World, call: Call) -> Json:
    """chat.postMessage. A `client_msg_id` does nothing: Slack promises no idempotency by it."""
    channel = _open_place(world, call)
    message = Message(channel.id, world.new_ts(), BOT_USER, "", bot=True, bot_id=BOT_ID)
    message.thread_ts = thread_root(channel, call)
    message.broadcast = bool(message.thread_ts) and call.flag("reply_broadcast")
    message.username = call.text("username")
    message.unfurls = call.flag("unfurl_links", default=True) or call.flag("unfurl_media", default=True)
    message.metadata = metadata(call)
    message.attachments = call.args.get("attachments") or []
    write(message, call)
    world.post(message)
    return {"channel": channel.id, "ts": message.ts, "message": message_json(world, message, metadata=True)} | (
        _warning(call)
    )


def update(world: World, call: Call) -> Json:
    """chat.update: only messages of one's own, and none that is being streamed."""
    message = own_message(world, call, "cant_update_message")
    if message.streaming:
        raise Refusal("streaming_state_conflict")
    if world.channels[message.channel].archived:
        raise Refusal("is_inactive")
    if world.edit_window_closed:
        raise Refusal("edit_window_closed")
    given = metadata(call)
    if "metadata" in call.args:
        message.metadata = given
    by_text = "text" in call.args and "blocks" not in call.args
    write(message, call, block_kit.UPDATE_TEXT)
    message.rewritten = True
    world.edit(message, shown_as_edited=by_text, again=False)
    shape = message_json(world, message, metadata=True)
    return {"channel": message.channel, "ts": message.ts, "text": message.text, "message": shape}


def delete(world: World, call: Call) -> Json:
    """chat.delete: only messages of one's own, and none that is being streamed."""
    message = own_message(world, call, "cant_delete_message")
    if message.streaming:
        raise Refusal("cant_delete_message")
    world.delete(message)
    return {"channel": message.channel, "ts": message.ts}


def post_ephemeral(world: World, call: Call) -> Json:
    """chat.postEphemeral: for one person, never stored, never edited."""
    channel = _open_place(world, call)
    user = call.needed("user")
    if user not in channel.members:
        raise Refusal("user_not_in_channel")
    message = Message(channel.id, world.new_ts(), BOT_USER, "", bot=True, bot_id=BOT_ID)
    message.thread_ts = thread_root(channel, call)
    message.ephemeral_for = user
    write(message, call)
    world.whisper(message)
    return {"message_ts": message.ts}


def get_permalink(world: World, call: Call) -> Json:
    """chat.getPermalink."""
    message = world.message(call.needed("channel"), call.needed("message_ts"))
    link = f"https://town.slack.com/archives/{message.channel}/p{message.ts.replace('.', '')}"
    if message.thread_ts:
        link += f"?thread_ts={message.thread_ts}&cid={message.channel}"
    return {"channel": message.channel, "permalink": link}


def add_reaction(world: World, call: Call) -> Json:
    """reactions.add."""
    message = world.message(call.needed("channel"), call.needed("timestamp"))
    users = message.reactions.setdefault(call.needed("name"), [])
    if BOT_USER in users:
        raise Refusal("already_reacted")
    users.append(BOT_USER)
    return {}


def remove_reaction(world: World, call: Call) -> Json:
    """reactions.remove."""
    message = world.message(call.needed("channel"), call.needed("timestamp"))
    if BOT_USER not in message.reactions.get(call.needed("name"), []):
        raise Refusal("no_reaction")
    message.reactions[call.text("name")].remove(BOT_USER)
    return {}


# --- what the methods that write have in common --------------------------------------------------


def postable(world: World, channel: Channel) -> Channel:
    """A place that takes posts. Raises Refusal."""
    if BOT_USER not in channel.members:
        raise Refusal("not_in_channel")
    if channel.archived:
        raise Refusal("is_archived")
    if channel.refuses:
        raise Refusal(channel.refuses)
    if channel.kind == "im" and not world.messages_tab:
        raise Refusal("messages_tab_disabled")
    return channel


def _open_place(world: World, call: Call) -> Channel:
    name = call.needed("channel")
    channel = world.dm(name) if name in world.users else world.channel(name)
    return postable(world, channel)


def thread_root(channel: Channel, call: Call) -> str:
    """The thread to write in.

    Where the message that it hangs on is gone Slack does not refuse: it shows the reply in the channel itself, and
    only the answer, which has no `thread_ts` then, betrays it (slack-go #1571).
    """
    found = channel.messages.get(call.text("thread_ts"))
    if found is None or (found.deleted and not channel.replies(found.root)):
        return ""
    return found.root


def own_message(world: World, call: Call, otherwise: str) -> Message:
    """A message of the app's. Raises Refusal."""
    message = world.message(call.needed("channel"), call.needed("ts"))
    if not message.bot:
        raise Refusal(otherwise)
    return message


def write(message: Message, call: Call, text_limit: float = math.inf) -> None:
    """Put the words of a call into a message; Slack cuts off what is longer than any message. Raises Refusal."""
    markdown, text, given = call.text("markdown_text"), call.text("text"), call.args.get("blocks")
    if markdown and (text or given):
        raise Refusal("markdown_text_conflict")
    if len(markdown) > block_kit.MARKDOWN_TEXT or len(text) > text_limit:
        raise Refusal("msg_too_long")
    text = text[: block_kit.POST_TEXT]
    if not (markdown or text.strip() or given or message.attachments):
        raise Refusal("no_text")
    checked = block_kit.check(given) if given else []
    if markdown:
        checked = [{"type": "markdown", "text": markdown}]
    message.text = text or markdown or block_text(checked)
    message.blocks = checked


def block_text(blocks: list[Json]) -> str:
    """What Slack puts into `text` when it got blocks only."""
    first = next((one.get("text") for one in blocks if one.get("text")), "")
    return str(first.get("text", "")) if isinstance(first, dict) else str(first or "")


def metadata(call: Call) -> Json | None:
    """The metadata of a call. Raises Refusal."""
    given: Any = call.args.get("metadata")
    if not given:
        return None
    if not isinstance(given, dict):
        raise Refusal("invalid_metadata_format")
    if not isinstance(given.get("event_type"), str) or not isinstance(given.get("event_payload"), dict):
        raise Refusal("invalid_metadata_schema")
    if len(str(given)) > _METADATA_BYTES:
        raise Refusal("metadata_too_large")
    return {"event_type": given["event_type"], "event_payload": given["event_payload"]}


def _warning(call: Call) -> Json:
    if call.text("text") or call.text("markdown_text"):
        return {}
    warning = "missing_text_in_message"
    return {"warning": warning, "response_metadata": {"warnings": [warning]}}


_WRITE = ("chat:write",)

METHODS = {
    "chat.postMessage": Method(post_message, SPECIAL, _WRITE),
    "chat.update": Method(update, TIER_3, _WRITE),
    "chat.delete": Method(delete, TIER_3, _WRITE),
    "chat.postEphemeral": Method(post_ephemeral, TIER_4, _WRITE),
    "chat.getPermalink": Method(get_permalink, SPECIAL),
    "reactions.add": Method(add_reaction, TIER_3, ("reactions:write",)),
    "reactions.remove": Method(remove_reaction, TIER_3, ("reactions:write",)),
}
