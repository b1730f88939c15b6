"""How everything in a town looks as JSON."""

import hashlib
import hmac
from urllib.parse import quote

from tests.discord_town.clock import iso, time_of
from tests.discord_town.interactions import Interaction
from tests.discord_town.pictures import size_of
from tests.discord_town.rights import rights_in
from tests.discord_town.state import State
from tests.discord_town.world import (
    Channel,
    ChannelType,
    Guild,
    Json,
    Member,
    Message,
    MessageFlag,
    MessageType,
    Role,
    Upload,
    User,
)

_SIGNING_KEY = b"attachments"


def user(one: User) -> Json:
    return {
        "id": str(one.id),
        "username": one.name,
        "global_name": one.global_name,
        "discriminator": "0",
        "avatar": None,
        "bot": one.bot,
        "public_flags": 0,
        "flags": 0,
    }


def role(one: Role) -> Json:
    return {
        "id": str(one.id),
        "name": one.name,
        "permissions": str(int(one.permissions)),
        "position": one.position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": False,
        "mentionable": one.mentionable,
        "flags": 0,
    }


def member(one: Member, *, whole: bool = True) -> Json:
    """A member; beside a message or a mention it comes without its user."""
    shape: Json = {
        "nick": one.nick,
        "avatar": None,
        "roles": [str(key) for key in sorted(one.roles)],
        "joined_at": iso(one.joined_at),
        "premium_since": None,
        "deaf": False,
        "mute": False,
        "pending": False,
        "flags": 0,
        "communication_disabled_until": iso(one.timed_out_until),
    }
    return {"user": user(one.user), **shape} if whole else shape


def signed_url(state: State, path: str) -> str:
    """The address of a file, good for the life of attachments from now on."""
    issued = int(state.clock())
    expires = int(state.clock() + state.attachment_life)
    return (
        f"{state.base_url}{path}?ex={expires:x}&is={issued:x}&hm={signature(path, f'{expires:x}', f'{issued:x}')}&"
    )


def signature(path: str, expires: str, issued: str) -> str:
    """What proves that an address was given out here: of the file's ids, as names are written in many ways."""
    ids = "/".join(path.split("/")[:4])
    return hmac.new(_SIGNING_KEY, f"{ids}?{expires}?{issued}".encode(), hashlib.sha256).hexdigest()


def path_of(upload: Upload) -> str:
    return f"/attachments/{upload.channel_id}/{upload.id}/{quote(upload.filename)}"


def attachment(state: State, one: Upload, *, ephemeral: bool = False) -> Json:
    url = signed_url(state, path_of(one))
    shape: Json = {
        "id": str(one.id),
        "filename": one.filename,
        "size": len(one.data),
        "url": url,
        "proxy_url": url,
        "content_type": one.content_type,
    }
    if one.content_type.startswith("image/"):
        shape["width"], shape["height"] = size_of(one.data)
    if one.description is not None:
        shape["description"] = one.description
    if one.duration is not None:
        shape |= {"duration_secs": one.duration, "waveform": "AAAA"}
    return {**shape, "ephemeral": True} if ephemeral else shape


def readable(state: State, message: Message, *, content: bool) -> bool:
    """Whether the bot is given what a message says; `content` is whether it has the intent for all of them."""
    return (
        content
        or message.author is state.me
        or message.channel.is_dm
        or state.me.id in message.pings.users
        or message.private_to is not None
    )


def message(
    state: State, one: Message, *, content: bool, event: bool = False, nonce: bool = False, nested: bool = False
) -> Json:
    """A message. Events carry the guild and the author's membership; answers do not."""
    guild = one.channel.guild
    shape: Json = {
        "id": str(one.id),
        "channel_id": str(one.channel.id),
        "type": int(one.kind),
        "author": user(one.author),
        "timestamp": iso(one.at),
        "edited_timestamp": iso(one.edited_at),
        "tts": False,
        "pinned": False,
        "flags": one.flags,
        "mention_everyone": one.pings.everyone,
        "mentions": [
            _mention(state, key, guild, event=event) for key in sorted(one.pings.users & set(state.users))
        ],
        "mention_roles": [str(key) for key in sorted(one.pings.roles)],
        **_said(state, one, content=content),
        **_reactions(state, one),
        **_interaction_of(one),
    }
    if event and guild is not None:
        shape["guild_id"] = str(guild.id)
        if one.author.id in guild.members and one.webhook_id is None:
            shape["member"] = member(guild.members[one.author.id], whole=False)
    if nonce and one.nonce is not None:
        shape["nonce"] = one.nonce
    if one.thread is not None:
        shape["thread"] = thread(state, one.thread)
    return shape if nested else shape | _reference(state, one, content=content)


def _said(state: State, one: Message, *, content: bool) -> Json:
    if not readable(state, one, content=content):
        return {"content": "", "embeds": [], "attachments": [], "components": []}
    return {
        "content": one.content,
        "embeds": one.embeds if not one.flags & MessageFlag.SUPPRESS_EMBEDS else [],
        "attachments": [attachment(state, file, ephemeral=one.ephemeral) for file in one.attachments],
        "components": one.components,
    }


def _mention(state: State, user_id: int, guild: Guild | None, *, event: bool) -> Json:
    shape = user(state.users[user_id])
    if event and guild is not None and user_id in guild.members:
        shape["member"] = member(guild.members[user_id], whole=False)
    return shape


def _reactions(state: State, one: Message) -> Json:
    counted = [
        {
            "emoji": {"id": None, "name": emoji},
            "count": len(by),
            "count_details": {"burst": 0, "normal": len(by)},
            "burst_colors": [],
            "me_burst": False,
            "me": state.me.id in by,
        }
        for emoji, by in one.reactions.items()
        if by
    ]
    return {"reactions": counted} if counted else {}


def _interaction_of(one: Message) -> Json:
    shape: Json = {}
    if one.webhook_id is not None:
        shape |= {"webhook_id": str(one.webhook_id), "application_id": str(one.webhook_id)}
    return {**shape, "interaction_metadata": one.interaction} if one.interaction else shape


def _reference(state: State, one: Message, *, content: bool) -> Json:
    if one.reference is None:
        return {}
    target = state.channels.get(one.reference.channel_id)
    points: Json = {"type": one.reference.kind, "channel_id": str(one.reference.channel_id)}
    if one.reference.message_id is not None:
        points["message_id"] = str(one.reference.message_id)
    if target is not None and target.guild is not None:
        points["guild_id"] = str(target.guild.id)
    shape: Json = {"message_reference": points}
    if one.snapshot is not None:
        return {**shape, "message_snapshots": [{"message": _snapshot(state, one, one.snapshot, content=content)}]}
    if one.kind in (MessageType.REPLY, MessageType.THREAD_STARTER):
        found = target.messages.get(one.reference.message_id or 0) if target else None
        told = message(state, found, content=content, nested=True) if found else None
        shape["referenced_message"] = told
    return shape


def _snapshot(state: State, holder: Message, one: Message, *, content: bool) -> Json:
    """What was forwarded: readable where the message that carries it is; it has no author."""
    full = readable(state, holder, content=content)
    shape = message(state, one, content=True, nested=True)
    kept = ("type", "timestamp", "edited_timestamp", "flags", "mentions", "mention_roles")
    said = ("content", "embeds", "attachments", "components")
    empty: Json = {"content": "", "embeds": [], "attachments": [], "components": []}
    return {key: shape[key] for key in kept} | ({key: shape[key] for key in said} if full else empty)


def channel(state: State, one: Channel) -> Json:
    """A channel of a guild, a thread or direct messages."""
    if one.is_thread:
        return thread(state, one)
    last = str(max(one.messages)) if one.messages else None
    shape: Json = {"id": str(one.id), "type": int(one.kind), "last_message_id": last, "flags": 0}
    if one.is_dm:
        return shape | {"recipients": [user(other) for other in one.recipients if other is not state.me]}
    assert one.guild is not None
    return shape | {
        "guild_id": str(one.guild.id),
        "name": one.name,
        "topic": one.topic,
        "position": list(one.guild.channels).index(one.id) if one.id in one.guild.channels else 0,
        "parent_id": str(one.parent.id) if one.parent else None,
        "nsfw": one.nsfw,
        "rate_limit_per_user": 0,
        "permission_overwrites": [
            {"id": str(o.id), "type": o.kind, "allow": str(int(o.allow)), "deny": str(int(o.deny))}
            for o in one.overwrites
        ],
        **({"bitrate": 64000, "user_limit": 0} if one.kind is ChannelType.VOICE else {}),
        **({"available_tags": []} if one.kind is ChannelType.FORUM else {}),
    }


def thread_member(one: Channel, user_id: int) -> Json:
    return {"id": str(one.id), "user_id": str(user_id), "join_timestamp": iso(one.members[user_id]), "flags": 0}


def thread(state: State, one: Channel) -> Json:
    """A thread, with the bot's membership where it is a member."""
    assert one.guild is not None
    assert one.parent is not None
    shape: Json = {
        "id": str(one.id),
        "type": int(one.kind),
        "guild_id": str(one.guild.id),
        "parent_id": str(one.parent.id),
        "owner_id": str(one.owner_id),
        "name": one.name,
        "last_message_id": str(max(one.messages)) if one.messages else None,
        "message_count": one.sent,
        "total_message_sent": one.sent,
        "member_count": len(one.members),
        "rate_limit_per_user": 0,
        "flags": 0,
        "thread_metadata": {
            "archived": one.archived,
            "archive_timestamp": iso(time_of(one.id)),
            "auto_archive_duration": one.auto_archive,
            "locked": one.locked,
            "create_timestamp": iso(time_of(one.id)),
            **({"invitable": True} if one.kind is ChannelType.PRIVATE_THREAD else {}),
        },
    }
    return {**shape, "member": thread_member(one, state.me.id)} if state.me.id in one.members else shape


def guild(state: State, one: Guild) -> Json:
    """A guild as REST tells it."""
    return {
        "id": str(one.id),
        "name": one.name,
        "icon": None,
        "splash": None,
        "discovery_splash": None,
        "banner": None,
        "description": None,
        "owner_id": str(one.owner_id),
        "afk_channel_id": None,
        "afk_timeout": 300,
        "verification_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "mfa_level": 0,
        "nsfw_level": 0,
        "system_channel_id": next((str(key) for key in one.channels), None),
        "system_channel_flags": 0,
        "rules_channel_id": None,
        "public_updates_channel_id": None,
        "preferred_locale": "en-US",
        "premium_tier": 0,
        "features": [],
        "emojis": [],
        "stickers": [],
        "roles": [role(each) for each in one.roles.values()],
        "vanity_url_code": None,
        "premium_progress_bar_enabled": False,
    }


def whole_guild(state: State, one: Guild) -> Json:
    """A guild as the gateway tells it, with what the bot sees of it."""
    open_threads = [t for t in one.threads.values() if not t.archived and rights_in(t, state.me, state.clock())]
    return guild(state, one) | {
        "joined_at": iso(one.members[state.me.id].joined_at),
        "large": False,
        "unavailable": False,
        "member_count": len(one.members),
        "members": [member(one.members[state.me.id])],
        "channels": [channel(state, each) for each in one.channels.values()],
        "threads": [thread(state, each) for each in open_threads],
        "presences": [],
        "voice_states": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def application(state: State) -> Json:
    owner = next(one for one in state.users.values() if not one.bot) if len(state.users) > 1 else state.me
    app = state.application
    return {
        "id": str(app.id),
        "name": app.name,
        "icon": None,
        "description": "",
        "summary": "",
        "bot_public": app.public,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": app.flags,
        "owner": user(owner),
        "team": None,
        "bot": user(state.me),
    }


def interaction(state: State, one: Interaction) -> Json:
    """What the gateway tells of an act; member and rights come with it."""
    now, guild_of = state.clock(), one.channel.guild
    rights = str(int(rights_in(one.channel, one.user, now)))
    shape: Json = {
        "id": str(one.id),
        "application_id": str(state.application.id),
        "type": int(one.kind),
        "data": one.data,
        "token": one.token,
        "version": 1,
        "locale": "en-US",
        "channel_id": str(one.channel.id),
        "channel": channel(state, one.channel) | {"permissions": rights},
        "app_permissions": str(int(rights_in(one.channel, state.me, now))),
        "entitlements": [],
        "attachment_size_limit": state.file_limit,
        "authorizing_integration_owners": {"0": str(guild_of.id) if guild_of else "0"},
        "context": 0 if guild_of else 1,
    }
    if guild_of is None:
        shape["user"] = user(one.user)
    else:
        shape["guild_id"] = str(guild_of.id)
        shape["guild"] = {"id": str(guild_of.id), "locale": "en-US", "features": []}
        shape["guild_locale"] = "en-US"
        shape["member"] = member(guild_of.members[one.user.id]) | {"permissions": rights}
    if one.message is not None:
        shape["message"] = message(state, one.message, content=True)
    return shape
