"""How everything in a town looks as JSON."""

from tests.discord_town.clock import iso, time_of
from tests.discord_town.rights import rights_in
from tests.discord_town.state import State
from tests.discord_town.world import (
    Channel,
    ChannelType,
    Guild,
    Json,
    Member,
    Role,
    User,
)


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
