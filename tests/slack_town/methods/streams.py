"""chat.startStream, appendStream, stopStream: a message that grows by what is appended."""

from typing import Any

from tests.slack_town import blocks as block_kit
from tests.slack_town.call import Call, Method
from tests.slack_town.errors import Refusal
from tests.slack_town.limits import TIER_2, TIER_4
from tests.slack_town.methods.chat import metadata, own_message, postable, thread_root
from tests.slack_town.values import BOT_ID, BOT_USER, Json, Message, Stream
from tests.slack_town.world import World

_TASK_FIELD = 256
_TASK_STATES = ("pending", "in_progress", "complete", "error")
_SESSION_STATES = ("active", "processing", "suspended", "closed")


def start(world: World, call: Call) -> Json:
    """chat.startStream. It needs to know for whom; without a thread it works in channels only."""
    channel = postable(world, world.channel(call.needed("channel")))
    if world.streaming_off:
        raise Refusal(world.streaming_off)
    recipient, team = _recipient(world, call)
    now = world.clock.now()
    message = Message(channel.id, "", BOT_USER, "", bot=True, bot_id=BOT_ID)
    message.thread_ts = thread_root(channel, call)
    if not message.thread_ts and channel.kind == "im":
        call.needed("thread_ts")
    message.stream = Stream(now, now + world.stream_life, recipient=recipient, recipient_team=team)
    message.stream.task_display_mode = call.text("task_display_mode") or "timeline"
    message.username = call.text("username")
    _append(world, message, call)
    message.ts = world.new_ts()
    world.growing.add(message)
    if message.thread_ts:
        _session(world, message, "processing")
    world.post(message)
    return {"channel": channel.id, "ts": message.ts}


def append(world: World, call: Call) -> Json:
    """chat.appendStream."""
    message = _stream(world, call)
    if not call.text("markdown_text") and not call.args.get("chunks"):
        raise Refusal("markdown_text_or_chunks_required")
    _append(world, message, call)
    world.grow(message)
    return {"channel": message.channel, "ts": message.ts}


def stop(world: World, call: Call) -> Json:
    """chat.stopStream: a last piece, blocks beneath it, metadata; from here on it is an ordinary message."""
    message = _stream(world, call)
    status = call.text("session_status") or "active"
    if status not in _SESSION_STATES:
        raise Refusal("invalid_arguments")
    beneath = block_kit.check(call.args["blocks"]) if call.args.get("blocks") else []
    given = metadata(call)
    _append(world, message, call)
    message.metadata = given or message.metadata
    message.blocks = [*_markdown(message), *message.blocks, *beneath]
    world.end_stream(message, "stopped")
    if message.thread_ts:
        _session(world, message, status)
    world.grow(message, tell=True)
    return {"channel": message.channel, "ts": message.ts}


def _recipient(world: World, call: Call) -> tuple[str, str]:
    """For whom it grows. The documentation asks for both in channels only, others found both needed in DMs too."""
    user, team = call.text("recipient_user_id"), call.text("recipient_team_id")
    if not team:
        raise Refusal("missing_recipient_team_id")
    if not user:
        raise Refusal("missing_recipient_user_id")
    found = world.users.get(user)
    if found is None:
        raise Refusal("user_not_found")
    if found.team != team:
        raise Refusal("team_not_found")
    return user, team


def _stream(world: World, call: Call) -> Message:
    message = own_message(world, call, "message_not_owned_by_app")
    state = message.stream.state if message.stream is not None else ""
    if state == "stopped_by_user" and call.method == "chat.appendStream":
        raise Refusal("stopped_by_user")
    if not message.streaming:
        raise Refusal("message_not_in_streaming_state")
    postable(world, world.channels[message.channel])
    return message


def _append(world: World, message: Message, call: Call) -> None:
    """Let a message grow by what a call brings, or by nothing if any of it is bad. Raises Refusal."""
    stream = message.stream
    assert stream is not None
    text, chunks = call.text("markdown_text"), call.args.get("chunks") or []
    if text and chunks:
        raise Refusal("cannot_provide_both_markdown_text_and_chunks")
    mode = "markdown_text" if text else "chunks" if chunks else ""
    if mode and stream.mode and mode != stream.mode:
        raise Refusal("streaming_mode_mismatch")
    pieces = [text] if text else [_text(one) for one in _checked(chunks) if one["type"] == "markdown_text"]
    if any(len(one) > block_kit.MARKDOWN_TEXT for one in pieces):
        raise Refusal("msg_too_long")
    if len(message.text) + sum(map(len, pieces)) > block_kit.STREAM_TEXT:
        raise Refusal("msg_too_long")
    added = [block for one in chunks if one["type"] == "blocks" for block in one["blocks"]]
    message.blocks = block_kit.check([*message.blocks, *added])
    stream.mode = mode or stream.mode
    message.text += "".join(pieces)
    stream.appended.append((world.clock.now(), "".join(pieces)))
    for one in chunks:
        _task_or_plan(stream, one)


def _checked(chunks: Any) -> list[Json]:
    if not isinstance(chunks, list):
        raise Refusal("invalid_chunks")
    for one in chunks:
        kind = one.get("type") if isinstance(one, dict) else None
        if kind == "markdown_text":
            good = isinstance(one.get("text"), str)
        elif kind == "task_update":
            good = _good_task(one)
        elif kind == "plan_update":
            good = isinstance(one.get("title"), str) and len(one["title"]) <= _TASK_FIELD
        else:
            good = kind == "blocks" and isinstance(one.get("blocks"), list)
        if not good:
            raise Refusal("invalid_chunks")
    return chunks


def _good_task(one: Json) -> bool:
    texts = [one.get(name, "") for name in ("title", "details", "output")]
    return (
        isinstance(one.get("id"), str)
        and isinstance(one.get("title"), str)
        and one.get("status", "pending") in _TASK_STATES
        and all(isinstance(text, str) and len(text) <= _TASK_FIELD for text in texts)
    )


def _text(chunk: Json) -> str:
    return str(chunk["text"])


def _task_or_plan(stream: Stream, chunk: Json) -> None:
    """Title and status of a task replace what was there, its details and its output are appended."""
    if chunk["type"] == "plan_update":
        stream.plan_title = chunk["title"]
    elif chunk["type"] == "task_update":
        task = stream.tasks.setdefault(chunk["id"], {"details": "", "output": ""})
        grown = {name: task[name] + chunk.get(name, "") for name in ("details", "output")}
        task |= {name: value for name, value in chunk.items() if name != "type"} | grown


def _markdown(message: Message) -> list[Json]:
    return [{"type": "markdown", "text": message.text}] if message.text else []


def _session(world: World, message: Message, status: str) -> None:
    thread = world.agent_thread(message.channel, message.thread_ts)
    thread.session = status
    thread.statuses.append((world.clock.now(), "stream", status))


_WRITE = ("chat:write",)

METHODS = {
    "chat.startStream": Method(start, TIER_2, _WRITE),
    "chat.appendStream": Method(append, TIER_4, _WRITE),
    "chat.stopStream": Method(stop, TIER_2, _WRITE),
}
