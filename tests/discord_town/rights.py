"""Who may do what in a channel: Discord's permission bits and how they add up."""

from enum import IntFlag

from tests.discord_town.world import Channel, ChannelType, Guild, User


class Right(IntFlag):
    """The bits that matter to somebody who writes."""

    ADMINISTRATOR = 1 << 3
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    SEND_MESSAGES_IN_THREADS = 1 << 38


ALL = Right((1 << 53) - 1)
USUAL = (
    Right.ADD_REACTIONS
    | Right.VIEW_CHANNEL
    | Right.SEND_MESSAGES
    | Right.EMBED_LINKS
    | Right.ATTACH_FILES
    | Right.READ_MESSAGE_HISTORY
    | Right.USE_APPLICATION_COMMANDS
    | Right.CREATE_PUBLIC_THREADS
    | Right.SEND_MESSAGES_IN_THREADS
)
"""What @everyone may do in a new guild of a town."""

_WHILE_TIMED_OUT = Right.VIEW_CHANNEL | Right.READ_MESSAGE_HISTORY


def rights_in(channel: Channel, user: User, now: float) -> Right:
    """What somebody may do in a channel: none outside their guilds and direct messages."""
    if channel.guild is None:
        return ALL if user in channel.recipients else Right(0)
    place = channel.parent if channel.is_thread and channel.parent else channel
    rights = _in_place(channel.guild, place, user, now)
    if channel.kind is ChannelType.PRIVATE_THREAD and not rights & Right.MANAGE_THREADS:
        return rights if user.id in channel.members else Right(0)
    return rights


def sees(channel: Channel, user: User, now: float) -> bool:
    """Whether somebody can open the channel at all."""
    return bool(rights_in(channel, user, now) & Right.VIEW_CHANNEL)


def may_write(channel: Channel, rights: Right) -> bool:
    """Whether these rights are enough to post."""
    needed = Right.SEND_MESSAGES_IN_THREADS if channel.is_thread else Right.SEND_MESSAGES
    return bool(rights & needed)


def _in_place(guild: Guild, place: Channel, user: User, now: float) -> Right:
    member = guild.members.get(user.id)
    if member is None:
        return Right(0)
    base = guild.everyone.permissions
    for role_id in member.roles:
        base |= guild.roles[role_id].permissions
    if guild.owner_id == user.id or base & Right.ADMINISTRATOR:
        return ALL
    rights = _overwritten(place, base, guild.id, member.roles, user.id)
    if not rights & Right.VIEW_CHANNEL:
        return Right(0)
    timed_out = member.timed_out_until is not None and member.timed_out_until > now
    return Right(rights) & _WHILE_TIMED_OUT if timed_out else Right(rights)


def _overwritten(place: Channel, base: int, guild_id: int, roles: set[int], user_id: int) -> int:
    for one in (o for o in place.overwrites if o.id == guild_id):
        base = base & ~one.deny | one.allow
    of_roles = [o for o in place.overwrites if o.kind == 0 and o.id in roles]
    for one in of_roles:
        base &= ~one.deny
    for one in of_roles:
        base |= one.allow
    for one in (o for o in place.overwrites if o.kind == 1 and o.id == user_id):
        base = base & ~one.deny | one.allow
    return base
