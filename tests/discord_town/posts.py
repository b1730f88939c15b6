"""Writing, changing and deleting messages: what happens in a town when anybody does, people and bot alike."""

from tests.discord_town import shapes
from tests.discord_town.drafts import Draft
from tests.discord_town.mentions import pings, unfolds
from tests.discord_town.rights import Right, rights_in
from tests.discord_town.state import Event, State
from tests.discord_town.world import (
    Channel,
    ChannelType,
    Json,
    Member,
    Message,
    MessageFlag,
    MessageType,
    Reference,
    User,
    Version,
)


def post(
    state: State,
    channel: Channel,
    author: User,
    draft: Draft,
    *,
    kind: MessageType = MessageType.DEFAULT,
    reference: Reference | None = None,
    nonce: str | None = None,
    webhook_id: int | None = None,
    interaction: Json | None = None,
    private_to: User | None = None,
) -> Message:
    """Show a new message and tell it. What is private is not told."""
    now = state.clock()
    replied = _replied(state, reference) if kind is MessageType.REPLY else None
    message = Message(
        id=state.snowflake(now),
        channel=channel,
        author=author,
        at=now,
        content=draft.content,
        kind=kind,
        flags=draft.flags,
        embeds=draft.embeds,
        components=draft.components,
        attachments=draft.attachments,
        poll=draft.poll,
        reference=reference,
        pings=pings(
            draft.content,
            draft.allowed,
            channel,
            author,
            now,
            replied=replied.author if replied else None,
            by_webhook=webhook_id is not None,
        ),
        nonce=nonce,
        webhook_id=webhook_id,
        interaction=interaction,
        private_to=private_to,
    )
    show(state, message)
    return message


def show(state: State, message: Message) -> None:
    """Put a message into its channel and tell it."""
    channel = message.channel
    _note(state, message)
    if channel.is_thread:
        _wake_thread(state, channel, message)
    channel.messages[message.id] = message
    if message.private_to is None:
        channel.sent += 1
        state.publish(Event("MESSAGE_CREATE", {}, channel.guild, channel, message))
    else:
        state.touch()


def change(state: State, message: Message, draft: Draft) -> None:
    """Show another version of a message and tell it. Without `allowed_mentions` its mentions are parsed anew."""
    now = state.clock()
    message.content, message.embeds, message.components = draft.content, draft.embeds, draft.components
    message.attachments, message.flags, message.edited_at = draft.attachments, draft.flags, now
    replied = _replied(state, message.reference) if message.kind is MessageType.REPLY else None
    message.pings = pings(
        message.content,
        draft.allowed,
        message.channel,
        message.author,
        now,
        replied=replied.author if replied and replied.author.id in message.pings.users else None,
        by_webhook=message.webhook_id is not None,
    )
    _note(state, message)
    tell_update(state, message)


def tell_update(state: State, message: Message) -> None:
    """Tell that a message changed."""
    if message.private_to is None:
        channel = message.channel
        state.publish(Event("MESSAGE_UPDATE", {}, channel.guild, channel, message))
    else:
        state.touch()


def delete(state: State, *messages: Message) -> None:
    """Take messages of one channel away and tell it, several of them at once."""
    channel = messages[0].channel
    for message in messages:
        message.deleted_at = state.clock()
        channel.messages.pop(message.id, None)
        channel.gone[message.id] = message
    told = [str(one.id) for one in messages if one.private_to is None]
    body: Json = {"channel_id": str(channel.id)}
    if channel.guild is not None:
        body["guild_id"] = str(channel.guild.id)
    if len(told) == 1:
        state.publish(Event("MESSAGE_DELETE", {"id": told[0], **body}, channel.guild, channel))
    elif told:
        state.publish(Event("MESSAGE_DELETE_BULK", {"ids": told, **body}, channel.guild, channel))
    else:
        state.touch()


def react(state: State, message: Message, user: User, emoji: str, *, on: bool) -> None:
    """Put a reaction under a message or take it away, and tell it."""
    by = message.reactions.setdefault(emoji, [])
    if (user.id in by) is on:
        return
    by.append(user.id) if on else by.remove(user.id)
    channel = message.channel
    body: Json = {
        "user_id": str(user.id),
        "channel_id": str(channel.id),
        "message_id": str(message.id),
        "emoji": {"id": None, "name": emoji},
        "burst": False,
        "type": 0,
    }
    if on:
        body["message_author_id"] = str(message.author.id)
    if channel.guild is not None:
        body["guild_id"] = str(channel.guild.id)
        body |= {"member": shapes.member(_member(channel, user))} if on else {}
    state.publish(Event(f"MESSAGE_REACTION_{'ADD' if on else 'REMOVE'}", body, channel.guild, channel))


def open_thread(
    state: State,
    parent: Channel,
    owner: User,
    name: str,
    *,
    message: Message | None = None,
    private: bool = False,
    auto_archive: int = 1440,
) -> Channel:
    """Open a thread, from a message or by itself; a public one is announced as Discord announces it."""
    now = state.clock()
    thread = Channel(
        id=message.id if message else state.snowflake(now),
        kind=ChannelType.PRIVATE_THREAD if private else ChannelType.PUBLIC_THREAD,
        name=name,
        guild=parent.guild,
        parent=parent,
        owner_id=owner.id,
        auto_archive=auto_archive,
        members={owner.id: now},
    )
    assert parent.guild is not None
    state.channels[thread.id] = parent.guild.threads[thread.id] = thread
    body = shapes.thread(state, thread) | {"newly_created": True}
    state.publish(Event("THREAD_CREATE", body, parent.guild, thread))
    if message is not None:
        _start_from(state, thread, owner, message)
    elif not private:
        announcement = Message(
            state.snowflake(now), parent, owner, now, name, MessageType.THREAD_CREATED, thread=thread
        )
        announcement.reference = Reference(thread.id, None)
        show(state, announcement)
    return thread


def join(state: State, thread: Channel, *users: User) -> None:
    """Make users members of a thread and tell it."""
    new = [user for user in users if user.id not in thread.members]
    if not new:
        return
    thread.members |= {user.id: state.clock() for user in new}
    assert thread.guild is not None
    body = {
        "id": str(thread.id),
        "guild_id": str(thread.guild.id),
        "member_count": len(thread.members),
        "added_members": [shapes.thread_member(thread, user.id) for user in new],
    }
    if state.me in new and thread.kind is ChannelType.PRIVATE_THREAD:
        state.publish(Event("THREAD_CREATE", shapes.thread(state, thread), thread.guild, thread))
    state.publish(Event("THREAD_MEMBERS_UPDATE", body, thread.guild, thread))


def update_thread(state: State, thread: Channel) -> None:
    """Tell that a thread's name or state changed."""
    state.publish(Event("THREAD_UPDATE", shapes.thread(state, thread), thread.guild, thread))


def _start_from(state: State, thread: Channel, owner: User, message: Message) -> None:
    message.thread = thread
    message.flags |= MessageFlag.HAS_THREAD
    tell_update(state, message)
    starter = Message(message.id, thread, owner, state.clock(), kind=MessageType.THREAD_STARTER)
    starter.reference = Reference(message.channel.id, message.id)
    show(state, starter)
    thread.sent = 0


def _wake_thread(state: State, thread: Channel, message: Message) -> None:
    if message.kind is MessageType.THREAD_STARTER:
        return
    if thread.archived:
        thread.archived = False
        update_thread(state, thread)
    named = [state.users[key] for key in message.pings.users if key in state.users]
    join(state, thread, message.author, *named)


def _replied(state: State, reference: Reference | None) -> Message | None:
    channel = state.channels.get(reference.channel_id) if reference else None
    return channel.messages.get(reference.message_id or 0) if channel and reference else None


def _note(state: State, message: Message) -> None:
    may = bool(rights_in(message.channel, message.author, state.clock()) & Right.EMBED_LINKS)
    previews = may and unfolds(message.text) and not message.flags & MessageFlag.SUPPRESS_EMBEDS
    files = len(message.attachments)
    message.versions.append(Version(state.clock(), message.text, message.pings, previews, files))


def _member(channel: Channel, user: User) -> Member:
    assert channel.guild is not None
    return channel.guild.members[user.id]
