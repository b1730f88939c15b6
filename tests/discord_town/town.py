"""The local Discord as a test holds it: `async with discord_town() as town`."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from tests.discord_town import cdn, rest_interactions, rest_places, rest_search, shapes
from tests.discord_town.calls import Calls
from tests.discord_town.clock import TownClock
from tests.discord_town.faults import Faults
from tests.discord_town.gateway import PATH, RESUME_PATH, Gateway
from tests.discord_town.limits import RateLimits
from tests.discord_town.people import Person
from tests.discord_town.posts import tell_update
from tests.discord_town.rest import API, Rest
from tests.discord_town.rest_messages import message_routes
from tests.discord_town.rights import ALL, USUAL, Right
from tests.discord_town.state import FOUNDED, Event, State
from tests.discord_town.world import Channel, ChannelType, Guild, Member, Message, Overwrite, Role, User


class DiscordTown:
    """A Discord with one bot. `faults`, `limits`, `calls` and `gateway` say what goes wrong and what happened."""

    def __init__(self, start: float | None = None) -> None:
        self.clock = TownClock(start)
        self.state = State(self.clock)
        self.rest = Rest(self.state)
        self.gateway = Gateway(self.state)
        self.cdn = cdn.Cdn(self.state, self.rest.calls, self.rest.faults)
        self._changed: asyncio.Future[None] | None = None
        self.state.touched.append(self._wake)

    @property
    def base_url(self) -> str:
        """What `DISCORD_API_BASE_URL` is set to."""
        return self.state.base_url + API

    @property
    def token(self) -> str:
        """What `DISCORD_BOT_TOKEN` is set to."""
        return self.state.application.token

    @property
    def limits(self) -> RateLimits:
        """How many calls it allows."""
        return self.rest.limits

    @property
    def faults(self) -> Faults:
        """What is planned to go wrong."""
        return self.rest.faults

    @property
    def calls(self) -> Calls:
        """Everything that was asked of it."""
        return self.rest.calls

    @property
    def gateway_url(self) -> str:
        return self.state.base_url.replace("http", "ws", 1) + PATH

    @property
    def me(self) -> User:
        """The bot."""
        return self.state.me

    # --- who and what is here --------------------------------------------------------------------

    def person(self, name: str, *guilds: Guild, roles: tuple[Role, ...] = ()) -> Person:
        """Somebody new, a member of these guilds."""
        user = self.state.add_user(name)
        for guild in guilds:
            self.joins(user, guild, *roles)
        return Person(self.state, user)

    def guild(self, name: str = "Town", *, bot: bool = True, rights: int = USUAL) -> Guild:
        """A new guild, owned by nobody who matters. With `bot` the bot is a member from the start."""
        guild_id = self.state.snowflake(FOUNDED)
        owner = self.state.add_user(f"owner of {name}")
        guild = Guild(guild_id, name, owner.id, {guild_id: Role(guild_id, "@everyone", int(rights))})
        self.state.guilds[guild_id] = guild
        for user in (owner, self.me) if bot else (owner,):
            guild.members[user.id] = Member(user, FOUNDED)
        return guild

    def channel(
        self,
        guild: Guild,
        name: str,
        *,
        kind: ChannelType = ChannelType.TEXT,
        overwrites: tuple[Overwrite, ...] = (),
        nsfw: bool = False,
    ) -> Channel:
        """A new channel."""
        channel = Channel(self.state.snowflake(FOUNDED), kind, name, guild, overwrites=list(overwrites), nsfw=nsfw)
        self.state.channels[channel.id] = guild.channels[channel.id] = channel
        self.state.publish(Event("CHANNEL_CREATE", shapes.channel(self.state, channel), guild, channel))
        return channel

    def role(self, guild: Guild, name: str, rights: int = 0, *, mentionable: bool = False) -> Role:
        """A new role."""
        role = self.state.add_role(guild, name, rights, mentionable=mentionable)
        body = {"guild_id": str(guild.id), "role": shapes.role(role)}
        self.state.publish(Event("GUILD_ROLE_CREATE", body, guild))
        return role

    def moderators(self, guild: Guild) -> Role:
        """A role that may do everything."""
        return self.role(guild, "moderators", ALL)

    def joins(self, user: User, guild: Guild, *roles: Role) -> None:
        """Make somebody a member of a guild; the bot, when it is added."""
        guild.members[user.id] = Member(user, self.clock(), {one.id for one in roles})
        if user is self.me:
            self.state.publish(Event("GUILD_CREATE", shapes.whole_guild(self.state, guild), guild))
        else:
            body = shapes.member(guild.members[user.id]) | {"guild_id": str(guild.id)}
            self.state.publish(Event("GUILD_MEMBER_ADD", body, guild))

    def sets_roles(self, user: User, guild: Guild, *roles: Role) -> None:
        """Change the roles of a member; the bot is always told of its own."""
        guild.members[user.id].roles = {one.id for one in roles}
        self._tell_member(user, guild)

    def times_out(self, user: User, guild: Guild, seconds: float) -> None:
        """Let a member only read for a while."""
        guild.members[user.id].timed_out_until = self.clock() + seconds
        self._tell_member(user, guild)

    def _tell_member(self, user: User, guild: Guild) -> None:
        body = shapes.member(guild.members[user.id]) | {"guild_id": str(guild.id)}
        self.state.publish(Event("GUILD_MEMBER_UPDATE", body, guild))

    def outage(self, guild: Guild) -> None:
        """Let a guild be unavailable."""
        guild.available = False
        self.state.publish(Event("GUILD_DELETE", {"id": str(guild.id), "unavailable": True}, guild))

    def recovers(self, guild: Guild) -> None:
        """End its outage."""
        guild.available = True
        body = shapes.whole_guild(self.state, guild) | {"unavailable": False}
        self.state.publish(Event("GUILD_CREATE", body, guild))

    def leaves(self, user: User, guild: Guild) -> None:
        """Take somebody out of a guild; the bot, when it is thrown out."""
        del guild.members[user.id]
        if user is self.me:
            self.state.publish(Event("GUILD_DELETE", {"id": str(guild.id)}, guild))
        else:
            body = {"guild_id": str(guild.id), "user": shapes.user(user)}
            self.state.publish(Event("GUILD_MEMBER_REMOVE", body, guild))

    def set_overwrites(self, channel: Channel, *overwrites: Overwrite) -> None:
        """Change who may do what in a channel."""
        channel.overwrites = list(overwrites)
        self.state.publish(Event("CHANNEL_UPDATE", shapes.channel(self.state, channel), channel.guild, channel))

    def forbids(self, channel: Channel, right: Right, user: User | None = None) -> None:
        """Take a right in a channel from somebody, from the bot if nobody is named."""
        self.set_overwrites(channel, *channel.overwrites, Overwrite((user or self.me).id, 1, deny=int(right)))

    def remove_channel(self, channel: Channel) -> None:
        """Delete a channel or a thread with all that is in it."""
        assert channel.guild is not None
        name = "THREAD_DELETE" if channel.is_thread else "CHANNEL_DELETE"
        self.state.publish(Event(name, shapes.channel(self.state, channel), channel.guild, channel))
        for one in [t for t in channel.guild.threads.values() if t.parent is channel] + [channel]:
            self.state.channels.pop(one.id, None)
            channel.guild.threads.pop(one.id, None)
        channel.guild.channels.pop(channel.id, None)

    def unfolds(self, message: Message) -> None:
        """Let a link's preview come: Discord tells it as a change that nobody made."""
        message.embeds = [{"type": "link", "url": "https://example.org/", "title": "Example"}]
        tell_update(self.state, message)

    # --- waiting ---------------------------------------------------------------------------------

    async def until(self, holds: Callable[[], object], seconds: float = 30.0) -> None:
        """Wait until it holds, asking again whenever anything changed."""
        async with asyncio.timeout(seconds):
            while not holds():
                if self._changed is None:
                    self._changed = asyncio.get_running_loop().create_future()
                await asyncio.shield(self._changed)

    def _wake(self) -> None:
        if self._changed is not None and not self._changed.done():
            self._changed.set_result(None)
        self._changed = None

    # --- the server ------------------------------------------------------------------------------

    def application(self) -> web.Application:
        """Everything it serves."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        tables = (
            message_routes(self.rest.limits),
            rest_places.routes,
            rest_interactions.routes,
            rest_search.routes,
            cdn.routes,
        )
        for route in [one for table in tables for one in table.all]:
            app.router.add_route(route.method, API + route.path, self.rest.handler(route))
        app.router.add_get(PATH, self.gateway.serve)
        app.router.add_get(RESUME_PATH, self.gateway.serve)
        app.router.add_get("/attachments/{channel_id}/{attachment_id}/{name}", self.cdn.serve)
        app.router.add_route("*", "/{path:.*}", self.rest.no_route)
        return app


@asynccontextmanager
async def discord_town(*, start: float | None = None, port: int = 0) -> AsyncIterator[DiscordTown]:
    """Open a town on 127.0.0.1; whatever broke in the town itself is raised at the end."""
    town = DiscordTown(start)
    runner = web.AppRunner(town.application(), access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    host, bound = runner.addresses[0][:2]
    town.state.base_url = f"http://{host}:{bound}"
    try:
        yield town
    finally:
        await town.gateway.close()
        await runner.cleanup()
    problems = town.rest.problems + town.gateway.problems
    if problems:
        raise ExceptionGroup("in the town", problems)
