"""All that a town knows, the bot's application included, and the events that tell of a change."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.discord_town import errors
from tests.discord_town.clock import Snowflakes, TownClock
from tests.discord_town.interactions import Interaction
from tests.discord_town.world import Channel, ChannelType, Guild, Json, Message, Role, Upload, User

TOKEN = "MTQ1NjA3NDQ0Mzk4MDgwMDAwMQ.town.of-the-bot"
"""The bot's token: its first part is the bot's id, as in every token of Discord's."""

FOUNDED = 1_767_225_600.0
"""When everything that is there from the start was made: 2026-01-01. So its ids are the same in every town."""

FILE_LIMIT = 10 * 1024 * 1024
REQUEST_LIMIT = 25 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Event:
    """Something that the gateway tells. `message` is rendered for whoever is told, by their intents."""

    name: str
    body: Json
    guild: Guild | None = None
    channel: Channel | None = None
    message: Message | None = None


@dataclass
class Application:
    """The bot's application as its owner has set it up."""

    id: int
    token: str
    name: str = "Gatepost"
    message_content: bool = True
    members: bool = False
    presences: bool = False
    public: bool = True
    commands: dict[int, list[Json]] = field(default_factory=dict)
    """Commands by guild id; 0 is everywhere."""

    @property
    def flags(self) -> int:
        return self.presences << 13 | self.members << 15 | self.message_content << 19


class State:
    """The town itself. What changes it tells it through `publish` and `touch`."""

    def __init__(self, clock: TownClock) -> None:
        self.clock = clock
        self.snowflake = Snowflakes()
        self.base_url = ""
        self.file_limit = FILE_LIMIT
        self.attachment_life = 86_400.0
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.interactions: dict[str, Interaction] = {}
        self.handed_over: dict[int, Upload] = {}
        """Files that came with a command, by id."""
        self.search_index_ready = True
        self.told: list[Callable[[Event], None]] = []
        self.touched: list[Callable[[], None]] = []
        self.me = self.add_user("gatepost", bot=True)
        self.application = Application(self.me.id, TOKEN)

    def publish(self, event: Event) -> None:
        """Tell an event to the gateway, and those who wait that something changed."""
        for tell in self.told:
            tell(event)
        self.touch()

    def touch(self) -> None:
        """Tell those who wait that something changed."""
        for tell in self.touched:
            tell()

    def add_user(self, name: str, *, bot: bool = False) -> User:
        """Somebody with an account."""
        user = User(self.snowflake(FOUNDED), name, bot, None if bot else name)
        self.users[user.id] = user
        return user

    def channel(self, channel_id: int) -> Channel:
        """The channel with this id. Raises 10003."""
        if channel_id not in self.channels:
            raise errors.unknown_channel()
        return self.channels[channel_id]

    def guild(self, guild_id: int) -> Guild:
        """The guild with this id, if the bot is in it. Raises 10004."""
        guild = self.guilds.get(guild_id)
        if guild is None or self.me.id not in guild.members:
            raise errors.unknown_guild()
        return guild

    def user(self, user_id: int) -> User:
        """The user with this id. Raises 10013."""
        if user_id not in self.users:
            raise errors.unknown_user()
        return self.users[user_id]

    def dm_with(self, user: User) -> Channel:
        """The direct messages between the bot and somebody, opened when first asked for."""
        for channel in self.channels.values():
            if channel.is_dm and user in channel.recipients:
                return channel
        channel = Channel(self.snowflake(FOUNDED), ChannelType.DM, recipients=[self.me, user])
        self.channels[channel.id] = channel
        return channel

    def add_role(self, guild: Guild, name: str, permissions: int, *, mentionable: bool = False) -> Role:
        """A role in a guild."""
        role = Role(self.snowflake(FOUNDED), name, int(permissions), len(guild.roles), mentionable)
        guild.roles[role.id] = role
        return role
