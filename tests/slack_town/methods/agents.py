"""assistant.* and agents.sessions.*: what Slack shows of a thread beside its messages, and search."""

from typing import Any

from tests.slack_town.call import Call, Method
from tests.slack_town.errors import Refusal
from tests.slack_town.limits import SPECIAL, TIER_2, TIER_3, TIER_4
from tests.slack_town.methods.conversations import page
from tests.slack_town.values import AgentThread, Channel, Json, Message
from tests.slack_town.world import World

_SESSION_STATES = ("active", "processing", "suspended", "closed")


def set_status(world: World, call: Call) -> Json:
    """assistant.threads.setStatus: shown until a message comes, two minutes are over, or it is set to nothing."""
    thread = _thread(world, call)
    loading: Any = call.args.get("loading_messages") or []
    if not isinstance(loading, list) or len(loading) > 10:
        raise Refusal("invalid_arguments")
    thread.status, thread.status_since = call.text("status"), world.clock.now()
    thread.loading_messages = loading
    thread.statuses.append((world.clock.now(), "assistant.threads.setStatus", thread.status))
    return {}


def set_title(world: World, call: Call) -> Json:
    """assistant.threads.setTitle."""
    _thread(world, call).title = call.needed("title")
    return {}


def set_prompts(world: World, call: Call) -> Json:
    """assistant.threads.setSuggestedPrompts: at most four, for a thread or for the whole Messages tab."""
    prompts: Any = call.args.get("prompts")
    if not isinstance(prompts, list) or not 1 <= len(prompts) <= 4:
        raise Refusal("invalid_arguments")
    if not all(isinstance(one, dict) and one.get("title") and one.get("message") for one in prompts):
        raise Refusal("invalid_arguments")
    channel = world.channel(call.needed("channel_id"))
    if channel.kind != "im":
        raise Refusal("method_not_supported_for_channel_type")
    thread = world.agent_thread(channel.id, call.text("thread_ts"))
    thread.prompts, thread.prompts_title = prompts, call.text("title")
    return {}


def set_session(world: World, call: Call) -> Json:
    """agents.sessions.setStatus: makes the session if there is none. It writes where setStatus writes too."""
    status, title = call.needed("status"), call.text("title")
    if status not in _SESSION_STATES or len(title) > 200:
        raise Refusal("invalid_arguments")
    thread = _thread(world, call)
    if not thread.session and title:
        thread.title = title
    thread.session, thread.status_since = status, world.clock.now()
    thread.status = "is working…" if status == "processing" else ""
    thread.statuses.append((world.clock.now(), "agents.sessions.setStatus", status))
    answer: Json = {"status": status, "agent_status": status, "title": thread.title}
    if "agent_session_stopped" not in world.subscribed:
        warning = "missing_agent_session_stopped_event_subscription"
        answer |= {"warning": warning, "response_metadata": {"warnings": [warning]}}
    return answer


def rename_session(world: World, call: Call) -> Json:
    """agents.sessions.rename."""
    thread, title = _thread(world, call), call.needed("title")
    if not thread.session:
        raise Refusal("session_not_found")
    if len(title) > 200:
        raise Refusal("invalid_arguments")
    thread.title = title
    return {"title": title}


def search_context(world: World, call: Call) -> Json:
    """assistant.search.context: public messages by words, newest first; a bot needs the token of an event."""
    query, asked_by = call.needed("query"), world.action_tokens.get(call.text("action_token"))
    if asked_by is None:
        raise Refusal("invalid_action_token")
    if call.text("channel_types") not in ("", "public_channel"):
        raise Refusal("missing_scope", needed="search:read.private", provided="search:read.public")
    words = query.lower().split()
    after, before = float(call.text("after") or 0), float(call.text("before") or "inf")
    found = [
        (place, one)
        for place in world.channels.values()
        for one in _matching(place, words)
        if after <= float(one.ts) < before
    ]
    found.sort(key=lambda pair: pair[1].ts, reverse=True)
    shown, cursor = page(found, call, 20, 20)
    messages = [_found(world, place, one) for place, one in shown]
    return {"results": {"messages": messages}, "response_metadata": {"next_cursor": cursor}}


def search_info(world: World, call: Call) -> Json:
    """assistant.search.info."""
    return {"is_ai_search_enabled": True}


def _thread(world: World, call: Call) -> AgentThread:
    channel = world.channel(call.needed("channel_id"), member=True)
    root = channel.messages.get(call.needed("thread_ts"))
    if root is None:
        raise Refusal("invalid_thread_ts")
    return world.agent_thread(channel.id, root.root)


def _matching(channel: Channel, words: list[str]) -> list[Message]:
    if channel.kind != "channel":
        return []
    return [one for one in channel.visible() if any(word in one.text.lower() for word in words)]


def _found(world: World, channel: Channel, message: Message) -> Json:
    user = world.users.get(message.user)
    return {
        "author_user_id": message.user,
        "author_name": user.name if user else "",
        "team_id": message.team,
        "channel_id": channel.id,
        "channel_name": channel.name,
        "message_ts": message.ts,
        "content": message.text,
        "is_author_bot": message.bot,
        "permalink": f"https://town.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}",
    }


METHODS = {
    "assistant.threads.setStatus": Method(set_status, SPECIAL, ("chat:write", "assistant:write")),
    "assistant.threads.setTitle": Method(set_title, TIER_4, ("assistant:write",)),
    "assistant.threads.setSuggestedPrompts": Method(set_prompts, TIER_4, ("assistant:write",)),
    "agents.sessions.setStatus": Method(set_session, TIER_3, ("chat:write",)),
    "agents.sessions.rename": Method(rename_session, TIER_3, ("chat:write",)),
    "assistant.search.context": Method(search_context, SPECIAL, ("search:read.public",)),
    "assistant.search.info": Method(search_info, TIER_2, ("search:read.public",)),
}
