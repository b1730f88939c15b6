"""REST routes on messages: post, read, edit, delete, react, type."""

from tests.discord_town import errors, message_shapes, shapes
from tests.discord_town.clock import time_of
from tests.discord_town.drafts import check_nonce, drafted, redrafted
from tests.discord_town.limits import RateLimits
from tests.discord_town.posts import change, delete, post, react
from tests.discord_town.rest import Answer, Ask, Routes, check_sizes
from tests.discord_town.rights import Right, may_write, rights_in
from tests.discord_town.state import Event, State
from tests.discord_town.world import Channel, ChannelType, Json, Message, MessageFlag, MessageType, Reference

NONCE_LIFE = 300.0
OLD = 3600.0
_POSTABLE = (
    ChannelType.TEXT,
    ChannelType.DM,
    ChannelType.VOICE,
    ChannelType.NEWS,
    *(
        ChannelType.PUBLIC_THREAD,
        ChannelType.PRIVATE_THREAD,
    ),
)


def message_routes(limits: RateLimits) -> Routes:
    """The routes; edits of old messages are counted in `limits`."""
    routes = Routes()
    routes("GET", "/channels/{channel_id}/messages")(history)
    routes("GET", "/channels/{channel_id}/messages/{message_id}")(get_message)
    routes("POST", "/channels/{channel_id}/messages")(create_message)
    routes("DELETE", "/channels/{channel_id}/messages/{message_id}")(delete_message)
    routes("POST", "/channels/{channel_id}/messages/bulk-delete")(bulk_delete)
    routes("POST", "/channels/{channel_id}/typing")(typing)
    reactions = "/channels/{channel_id}/messages/{message_id}/reactions/{emoji}"
    routes("PUT", f"{reactions}/@me", name="add_reaction", bucket="reaction")(add_reaction)
    routes("DELETE", f"{reactions}/@me", name="remove_reaction", bucket="reaction")(remove_reaction)

    @routes("PATCH", "/channels/{channel_id}/messages/{message_id}")
    def edit_message(ask: Ask) -> Answer:
        return _edit(ask, limits)

    return routes


def rights_to(state: State, channel: Channel) -> Right:
    """What the bot may do in a channel. Raises 50001 where it cannot look."""
    rights = rights_in(channel, state.me, state.clock())
    if not rights & Right.VIEW_CHANNEL:
        raise errors.missing_access()
    return rights


def found(ask: Ask) -> Message:
    """The message in the path. Raises 50001, 10008."""
    channel = ask.channel
    rights_to(ask.state, channel)
    message = channel.messages.get(ask.id("message_id"))
    if message is None or message.private_to is not None:
        raise errors.unknown_message()
    return message


def told(state: State, message: Message, *, nonce: bool = False) -> Json:
    """A message as REST tells it to the bot."""
    return message_shapes.message(state, message, content=state.application.message_content, nonce=nonce)


def history(ask: Ask) -> Answer:
    """Newest first, up to a hundred; nothing at all without the right to read what was before."""
    channel, limit = ask.channel, ask.number("limit", 50) or 0
    if not 1 <= limit <= 100:
        raise errors.invalid("limit", "NUMBER_TYPE_MAX", "int value should be between 1 and 100.")
    if not rights_to(ask.state, channel) & Right.READ_MESSAGE_HISTORY:
        return []
    messages = [one for one in channel.in_order() if one.private_to is None]
    before, after, around = ask.number("before"), ask.number("after"), ask.number("around")
    if around is not None:
        half = limit // 2
        older = [one for one in messages if one.id < around][-half:] if half else []
        messages = (older + [one for one in messages if one.id >= around])[:limit]
    elif after is not None:
        messages = [one for one in messages if one.id > after][:limit]
    else:
        messages = [one for one in messages if before is None or one.id < before][-limit:]
    return [told(ask.state, one) for one in reversed(messages)]


def get_message(ask: Ask) -> Answer:
    message = found(ask)
    if not rights_to(ask.state, message.channel) & Right.READ_MESSAGE_HISTORY:
        raise errors.missing_access()
    return told(ask.state, message)


def create_message(ask: Ask) -> Answer:
    """Post; the same nonce again within minutes is the same message, or 10008 where that is gone."""
    state, channel = ask.state, ask.channel
    rights = rights_to(state, channel)
    _require_post(state, channel, rights, files=bool(ask.uploads))
    check_sizes(state, ask.uploads)
    nonce = check_nonce(ask.body)
    if nonce is not None and ask.body.get("enforce_nonce"):
        known = _posted_as(channel, state, nonce)
        if known is not None:
            return told(state, known, nonce=True)
    draft = drafted(ask.body, ask.uploads)
    reference = _reference(ask, channel, rights)
    kind = MessageType.REPLY if reference and reference.kind == 0 else MessageType.DEFAULT
    message = post(state, channel, state.me, draft, kind=kind, reference=reference, nonce=nonce)
    return told(state, message, nonce=True)


def _require_post(state: State, channel: Channel, rights: Right, *, files: bool) -> None:
    if channel.kind not in _POSTABLE:
        raise errors.wrong_channel_type()
    if channel.is_dm and any(one.dms_closed for one in channel.recipients if one is not state.me):
        raise errors.closed_dm()
    if not may_write(channel, rights):
        raise errors.missing_permissions()
    if channel.locked and channel.archived and not rights & Right.MANAGE_THREADS:
        raise errors.thread_locked()
    if files and not rights & Right.ATTACH_FILES:
        raise errors.missing_permissions()


def _posted_as(channel: Channel, state: State, nonce: str) -> Message | None:
    for message in [*channel.messages.values(), *channel.gone.values()]:
        fresh = state.clock() - message.at <= NONCE_LIFE
        if message.nonce == nonce and message.author is state.me and fresh:
            if message.deleted_at is not None:
                raise errors.unknown_message()
            return message
    return None


def _reference(ask: Ask, channel: Channel, rights: Right) -> Reference | None:
    told_reference = ask.body.get("message_reference")
    if not told_reference:
        return None
    if not rights & Right.READ_MESSAGE_HISTORY:
        raise errors.no_history_to_reply()
    target = int(told_reference["message_id"])
    if target in channel.messages:
        return Reference(channel.id, target)
    if told_reference.get("fail_if_not_exists", True):
        raise errors.invalid("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
    return None


def _edit(ask: Ask, limits: RateLimits) -> Answer:
    message, state = found(ask), ask.state
    if message.author is not state.me:
        raise errors.not_the_author()
    if message.channel.archived:
        raise errors.thread_archived()
    if message.flags & MessageFlag.IS_VOICE_MESSAGE:
        raise errors.voice_message_edit()
    check_sizes(state, ask.uploads)
    draft = redrafted(message, ask.body, ask.uploads)
    if ask.now - time_of(message.id) > OLD:
        wait = limits.take_old_edit(str(message.channel.id), ask.now)
        if wait is not None:
            raise errors.too_many_old_edits(wait)
    change(state, message, draft)
    return told(state, message)


def delete_message(ask: Ask) -> Answer:
    message = found(ask)
    if message.author is not ask.state.me and not _moderates(ask, message.channel):
        raise errors.missing_permissions()
    if message.channel.archived:
        raise errors.thread_archived()
    delete(ask.state, message)
    return None


def bulk_delete(ask: Ask) -> Answer:
    channel = ask.channel
    if not _moderates(ask, channel):
        raise errors.missing_permissions()
    named = [channel.messages[int(key)] for key in ask.body["messages"] if int(key) in channel.messages]
    if named:
        delete(ask.state, *named)
    return None


def _moderates(ask: Ask, channel: Channel) -> bool:
    return not channel.is_dm and bool(rights_to(ask.state, channel) & Right.MANAGE_MESSAGES)


def typing(ask: Ask) -> Answer:
    channel = ask.channel
    if not may_write(channel, rights_to(ask.state, channel)):
        raise errors.missing_permissions()
    tell_typing(ask.state, channel, ask.state.me.id)
    return None


def tell_typing(state: State, channel: Channel, user_id: int) -> None:
    """Somebody is writing; it shows for ten seconds."""
    channel.typed.append((state.clock(), user_id))
    body: Json = {"channel_id": str(channel.id), "user_id": str(user_id), "timestamp": int(state.clock())}
    if channel.guild is not None:
        body |= {"guild_id": str(channel.guild.id), "member": shapes.member(channel.guild.members[user_id])}
    state.publish(Event("TYPING_START", body, channel.guild, channel))


def add_reaction(ask: Ask) -> Answer:
    message = found(ask)
    if message.channel.archived:
        raise errors.thread_archived()
    if not rights_to(ask.state, message.channel) & Right.ADD_REACTIONS:
        raise errors.missing_permissions()
    react(ask.state, message, ask.state.me, ask.params["emoji"], on=True)
    return None


def remove_reaction(ask: Ask) -> Answer:
    react(ask.state, found(ask), ask.state.me, ask.params["emoji"], on=False)
    return None
