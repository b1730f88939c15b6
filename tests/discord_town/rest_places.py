"""REST routes on places and people: the bot itself, guilds, channels, threads, direct messages, members."""

from tests.discord_town import errors, shapes
from tests.discord_town.posts import join, open_thread, update_thread
from tests.discord_town.rest import Answer, Ask, Routes
from tests.discord_town.rest_messages import found, rights_to
from tests.discord_town.rights import Right, sees
from tests.discord_town.state import Event
from tests.discord_town.world import Channel, Json

routes = Routes()
AUTO_ARCHIVES = (60, 1440, 4320, 10080)


@routes("GET", "/gateway", public=True)
def gateway(ask: Ask) -> Answer:
    return {"url": gateway_url(ask)}


@routes("GET", "/gateway/bot")
def gateway_bot(ask: Ask) -> Answer:
    starts = {"total": 1000, "remaining": 999, "reset_after": 86_400_000, "max_concurrency": 1}
    return {"url": gateway_url(ask), "shards": 1, "session_start_limit": starts}


def gateway_url(ask: Ask) -> str:
    return ask.state.base_url.replace("http", "ws", 1) + "/gw/"


@routes("GET", "/users/@me")
def current_user(ask: Ask) -> Answer:
    return shapes.user(ask.state.me) | {"verified": True, "mfa_enabled": False, "locale": "en-US", "email": None}


@routes("GET", "/users/{user_id}")
def get_user(ask: Ask) -> Answer:
    return shapes.user(ask.state.user(ask.id("user_id")))


@routes("GET", "/oauth2/applications/@me")
def oauth_application(ask: Ask) -> Answer:
    return shapes.application(ask.state)


@routes("GET", "/applications/@me")
def application(ask: Ask) -> Answer:
    return shapes.application(ask.state)


@routes("POST", "/users/@me/channels")
def open_dm(ask: Ask) -> Answer:
    return shapes.channel(ask.state, ask.state.dm_with(ask.state.user(int(ask.body["recipient_id"]))))


@routes("GET", "/users/@me/guilds")
def own_guilds(ask: Ask) -> Answer:
    mine = [one for one in ask.state.guilds.values() if ask.state.me.id in one.members]
    return [{"id": str(one.id), "name": one.name, "icon": None, "owner": False, "features": []} for one in mine]


@routes("DELETE", "/users/@me/guilds/{guild_id}")
def leave_guild(ask: Ask) -> Answer:
    guild = ask.state.guild(ask.id("guild_id"))
    del guild.members[ask.state.me.id]
    ask.state.publish(Event("GUILD_DELETE", {"id": str(guild.id)}, guild))
    return None


@routes("GET", "/guilds/{guild_id}")
def get_guild(ask: Ask) -> Answer:
    guild = ask.state.guild(ask.id("guild_id"))
    return shapes.guild(ask.state, guild) | {"approximate_member_count": len(guild.members)}


@routes("GET", "/guilds/{guild_id}/channels")
def guild_channels(ask: Ask) -> Answer:
    guild = ask.state.guild(ask.id("guild_id"))
    return [shapes.channel(ask.state, one) for one in guild.channels.values()]


@routes("GET", "/guilds/{guild_id}/roles")
def guild_roles(ask: Ask) -> Answer:
    return [shapes.role(one) for one in ask.state.guild(ask.id("guild_id")).roles.values()]


@routes("GET", "/guilds/{guild_id}/threads/active")
def active_threads(ask: Ask) -> Answer:
    guild = ask.state.guild(ask.id("guild_id"))
    return _threads(ask, [one for one in guild.threads.values() if not one.archived])


@routes("GET", "/guilds/{guild_id}/members")
def guild_members(ask: Ask) -> Answer:
    if not ask.state.application.members:
        raise errors.missing_access()
    guild, after = ask.state.guild(ask.id("guild_id")), ask.number("after", 0) or 0
    later = sorted(key for key in guild.members if key > after)
    return [shapes.member(guild.members[key]) for key in later[: ask.number("limit", 1)]]


@routes("GET", "/guilds/{guild_id}/members/search")
def search_members(ask: Ask) -> Answer:
    """Members by the beginning of their name; open without the members intent."""
    guild, wanted = ask.state.guild(ask.id("guild_id")), ask.query.get("query", "").lower()
    found = [one for one in guild.members.values() if one.user.name.lower().startswith(wanted)]
    return [shapes.member(one) for one in found[: ask.number("limit", 1)]]


@routes("GET", "/guilds/{guild_id}/members/{user_id}")
def get_member(ask: Ask) -> Answer:
    guild = ask.state.guild(ask.id("guild_id"))
    member = guild.members.get(ask.id("user_id"))
    if member is None:
        raise errors.unknown_member()
    return shapes.member(member)


@routes("GET", "/channels/{channel_id}")
def get_channel(ask: Ask) -> Answer:
    channel = ask.channel
    rights_to(ask.state, channel)
    return shapes.channel(ask.state, channel)


@routes("PATCH", "/channels/{channel_id}")
def edit_channel(ask: Ask) -> Answer:
    """Change a thread; ordinary channels are not the bot's to change."""
    thread, body = ask.channel, ask.body
    rights = rights_to(ask.state, thread)
    if not thread.is_thread:
        raise errors.missing_permissions()
    own = thread.owner_id == ask.state.me.id and not thread.locked
    if not (own or rights & Right.MANAGE_THREADS) or ("locked" in body and not rights & Right.MANAGE_THREADS):
        raise errors.missing_permissions()
    if thread.archived and body.get("archived", True):
        raise errors.thread_archived()
    thread.name = _thread_name(body) if "name" in body else thread.name
    thread.archived = bool(body.get("archived", thread.archived))
    thread.locked = bool(body.get("locked", thread.locked))
    thread.auto_archive = int(body.get("auto_archive_duration", thread.auto_archive))
    update_thread(ask.state, thread)
    return shapes.thread(ask.state, thread)


@routes("POST", "/channels/{channel_id}/messages/{message_id}/threads", bucket="open_thread")
def thread_from_message(ask: Ask) -> Answer:
    """Open a thread whose id is the message's. Raises 160004 when there is one."""
    message, state = found(ask), ask.state
    channel = message.channel
    if channel.is_dm or channel.is_thread:
        raise errors.wrong_channel_type()
    if not rights_to(state, channel) & Right.CREATE_PUBLIC_THREADS:
        raise errors.missing_permissions()
    name, archive = _thread_name(ask.body), _auto_archive(ask.body)
    if message.thread is not None or message.id in state.channels:
        raise errors.thread_exists()
    return shapes.thread(state, open_thread(state, channel, state.me, name, message=message, auto_archive=archive))


@routes("POST", "/channels/{channel_id}/threads", bucket="open_thread")
def thread_alone(ask: Ask) -> Answer:
    """Open a thread without a message; a private one where the type says so."""
    channel, state = ask.channel, ask.state
    private = int(ask.body.get("type", 12)) == 12
    needed = Right.CREATE_PRIVATE_THREADS if private else Right.CREATE_PUBLIC_THREADS
    if channel.is_dm or channel.is_thread:
        raise errors.wrong_channel_type()
    if not rights_to(state, channel) & needed:
        raise errors.missing_permissions()
    name, archive = _thread_name(ask.body), _auto_archive(ask.body)
    thread = open_thread(state, channel, state.me, name, private=private, auto_archive=archive)
    return shapes.thread(state, thread)


@routes("GET", "/channels/{channel_id}/threads/archived/public")
def archived_threads(ask: Ask) -> Answer:
    channel = ask.channel
    rights_to(ask.state, channel)
    assert channel.guild is not None
    gone = [one for one in channel.guild.threads.values() if one.parent is channel and one.archived]
    return _threads(ask, gone) | {"has_more": False}


@routes("GET", "/channels/{channel_id}/thread-members")
def thread_members(ask: Ask) -> Answer:
    thread = _thread(ask)
    return [shapes.thread_member(thread, key) for key in thread.members]


@routes("GET", "/channels/{channel_id}/thread-members/{user_id}")
def thread_member(ask: Ask) -> Answer:
    thread, user_id = _thread(ask), ask.id("user_id")
    if user_id not in thread.members:
        raise errors.unknown_member()
    return shapes.thread_member(thread, user_id)


@routes("PUT", "/channels/{channel_id}/thread-members/@me")
def join_thread(ask: Ask) -> Answer:
    thread = _thread(ask)
    if thread.archived:
        raise errors.thread_archived()
    join(ask.state, thread, ask.state.me)
    return None


@routes("PUT", "/channels/{channel_id}/thread-members/{user_id}")
def add_thread_member(ask: Ask) -> Answer:
    thread, user = _thread(ask), ask.state.user(ask.id("user_id"))
    if thread.archived:
        raise errors.thread_archived()
    join(ask.state, thread, user)
    return None


def _thread(ask: Ask) -> Channel:
    thread = ask.channel
    rights_to(ask.state, thread)
    if not thread.is_thread:
        raise errors.wrong_channel_type()
    return thread


def _threads(ask: Ask, threads: list[Channel]) -> Json:
    state = ask.state
    seen = [one for one in threads if sees(one, state.me, ask.now)]
    joined = [one for one in seen if state.me.id in one.members]
    return {
        "threads": [shapes.thread(state, one) for one in seen],
        "members": [shapes.thread_member(one, state.me.id) for one in joined],
    }


def _thread_name(body: Json) -> str:
    name = str(body.get("name") or "").strip()
    if not 1 <= len(name) <= 100:
        raise errors.invalid("name", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
    return name


def _auto_archive(body: Json) -> int:
    duration = int(body.get("auto_archive_duration") or 1440)
    if duration not in AUTO_ARCHIVES:
        raise errors.invalid(
            "auto_archive_duration", "BASE_TYPE_CHOICES", f"Value must be one of {AUTO_ARCHIVES}."
        )
    return duration
