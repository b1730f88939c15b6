"""What happened on Discord, as the core takes it in. Pure."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

import discord

from adapters.discord.outbound import texts_of, without_status
from bot.messages import (
    MODERATOR,
    Attachment,
    Inbound,
    InboundKind,
    PastMessage,
    Person,
    PersonKind,
    Place,
    PlaceKind,
)

PLATFORM = "discord"
DIRECT = "dm"
"""The workspace of direct messages."""

SPOKEN = frozenset(
    {
        discord.MessageType.default,
        discord.MessageType.reply,
        discord.MessageType.chat_input_command,
        discord.MessageType.context_menu_command,
    }
)
"""Messages that say something; all others only tell of an event."""

_PEOPLES = frozenset({discord.MessageType.default, discord.MessageType.reply})
_NAMED = re.compile(r"<(?P<sort>@!?|@&|#)(?P<id>\d+)>|<a?(?P<emoji>:\w+:)\d+>|<(?P<command>/[^:<>]+):\d+>")
_FIRST_NAMED = re.compile(r"\s*<@(?P<role>&?)!?(?P<id>\d+)>[\s,:]*")
_TO_OTHERS = re.compile(r"\s*(?:<@[&!]?\d+>|@everyone\b|@here\b)")
KEPT_BACK = (
    "I can't read this reply, as my message content intent is off and Discord shows me only what mentions me: "
    "leave the ping on when you reply to me, or mention me."
)
_NOT_SHOWN = "(Discord does not show me what this message says: the message content intent is off.)"
_UNKNOWN = Person("", "somebody, forwarded", PersonKind.HUMAN)


def person_of(user: discord.abc.User, me: int, *, moderates: bool = False) -> Person:
    """Who it is. Programs and webhooks are no people."""
    kind = PersonKind.SELF if user.id == me else PersonKind.BOT if user.bot else PersonKind.HUMAN
    return Person(str(user.id), user.display_name, kind, (MODERATOR,) if moderates else ())


def moderates(permissions: discord.Permissions) -> bool:
    """Whether somebody with these rights keeps order in a place."""
    return permissions.manage_messages or permissions.manage_channels or permissions.manage_guild


def place_of(guild: int | None, channel: int, thread: int | None = None) -> Place:
    """The place with these ids."""
    if guild is None:
        return Place(PLATFORM, DIRECT, str(channel), kind=PlaceKind.DM)
    kind = PlaceKind.CHANNEL if thread is None else PlaceKind.THREAD
    return Place(PLATFORM, str(guild), str(channel), None if thread is None else str(thread), kind)


def message_link(place: Place, message_id: str) -> str:
    """The address of a message in a channel, a thread or a direct message."""
    guild = "@me" if place.kind is PlaceKind.DM else place.workspace
    return f"https://discord.com/channels/{guild}/{place.thread or place.channel}/{message_id}"


def heard(
    message: discord.Message,
    place: Place,
    me: int,
    *,
    took_part: bool,
    content: bool,
    kind: InboundKind = InboundKind.MESSAGE,
) -> Inbound | None:
    """A message that was written, or written anew; None for what only tells of an event, and for what is blank
    to us and said to nobody in particular. `content` is whether we have the message content intent.

    Programs speak to nobody in particular.
    """
    if message.type not in _PEOPLES:
        return None
    bots = message.author.bot or message.webhook_id is not None
    addressed = not bots and is_addressed(message, place, me, took_part=took_part)
    blank = not content and place.kind is not PlaceKind.DM and not says_something(message)
    if blank and not addressed:
        return None
    moderator = addressed and _may_moderate(message)
    return Inbound(
        key=_key(message, kind),
        kind=kind,
        place=place,
        message_id=str(message.id),
        person=_program(message) if bots else person_of(message.author, me, moderates=moderator),
        sent_at=message.created_at.timestamp(),
        text=written(message) if bots else _said(message, me),
        addressed=addressed,
        reply_to=_replied_to(message),
        attachments=attachments(message),
        quotes=tuple(_quotes(message, place, me, content=content)),
        kept_back=KEPT_BACK if blank else "",
    )


def _program(message: discord.Message) -> Person:
    return Person(str(message.author.id), message.author.display_name, PersonKind.BOT)


def deleted(message_id: int, place: Place, now: float) -> Inbound:
    """A message that somebody took away; Discord does not say who."""
    key = f"{PLATFORM}:delete:{message_id}"
    return Inbound(key, InboundKind.DELETE, place, str(message_id), Person("", ""), now)


def past(message: discord.Message, place: Place, me: int) -> PastMessage | None:
    """A message as history tells of it; None for what only tells of an event."""
    if message.type not in SPOKEN:
        return None
    who = person_of(message.author, me)
    text = written(message)
    if who.kind is PersonKind.SELF:
        text = without_status(text)
    said = PastMessage(str(message.id), who, text, message.created_at.timestamp(), attachments(message), place)
    return replace(said, has_thread=message.flags.has_thread or message.thread is not None)


def is_addressed(message: discord.Message, place: Place, me: int, *, took_part: bool) -> bool:
    """Whether we are spoken to: alone with us, by name, by a reply to us, or in a thread in which we took part.

    Whoever begins by naming somebody else, or all, or replies to somebody else, does not speak to us.
    Without the message content intent Discord blanks what is said in our threads; that is left alone.
    """
    if place.kind is PlaceKind.DM:
        return True
    ours = _our_roles(message, me)
    if re.search(rf"<@!?{me}>", message.content) or any(f"<@&{one}>" in message.content for one in ours):
        return True
    if _TO_OTHERS.match(message.content):
        return False
    replied = _replied_author(message)
    if replied is not None:
        return replied == me or (took_part and replied == message.author.id)
    named = any(user.id == me for user in message.mentions)
    return named or (took_part and says_something(message))


def says_something(message: "discord.Message | discord.MessageSnapshot") -> bool:
    """Whether there is anything to read in a message, or in what it forwards."""
    forwarded = message.message_snapshots if isinstance(message, discord.Message) else ()
    shown = message.content or message.attachments or message.stickers or message.embeds or message.components
    return bool(shown) or any(map(says_something, forwarded))


def written(message: discord.Message) -> str:
    """All that is written in a message, with names instead of ids."""
    text = message.content
    if not text and message.components:
        text = texts_of([one.to_dict() for one in message.components])
    if not text and message.author.bot:
        texts = ((embed.title, embed.description) for embed in message.embeds)
        text = "\n".join(part for pair in texts for part in pair if part)
    stickers = [f"(sticker: {one.name})" for one in message.stickers]
    return "\n".join([*([with_names(message, text)] if text else []), *stickers])


def with_names(message: discord.Message, text: str) -> str:
    """The text with names in it where Discord has ids."""
    people = {str(one.id): one.display_name for one in message.mentions}
    roles = {str(one.id): one.name for one in message.role_mentions}
    channels = {str(one.id): one.name for one in message.channel_mentions}

    def name(found: "re.Match[str]") -> str:
        if found["emoji"] or found["command"]:
            return found["emoji"] or found["command"]
        known = roles if found["sort"] == "@&" else channels if found["sort"] == "#" else people
        sign = "#" if found["sort"] == "#" else "@"
        return f"{sign}{known[found['id']]}" if found["id"] in known else found.group()

    return _NAMED.sub(name, text)


def attachments(message: "discord.Message | discord.MessageSnapshot", where: str = "") -> tuple[Attachment, ...]:
    """Its files. The id names where the file's address can be asked for again: channel, message, file."""
    if isinstance(message, discord.Message):
        where = f"{message.channel.id}/{message.id}"
    return tuple(
        Attachment(
            f"{where}/{one.id}",
            one.filename,
            one.size,
            one.content_type,
            one.url,
            voice=message.flags.voice or one.is_voice_message(),
        )
        for one in message.attachments
    )


def _said(message: discord.Message, me: int) -> str:
    """What is said to us: without our name in front, unless nothing else is said."""
    if message.message_snapshots and not message.content:
        return "(forwarded a message)"
    text = message.content
    ours = {me, *_our_roles(message, me)}
    while (first := _FIRST_NAMED.match(text)) and int(first["id"]) in ours:
        text = text[first.end() :]
    rest = with_names(message, text)
    stickers = [f"(sticker: {one.name})" for one in message.stickers]
    return "\n".join([*([rest] if rest else []), *stickers])


def _quotes(message: discord.Message, place: Place, me: int, *, content: bool) -> Iterable[PastMessage]:
    """The message that is replied to, or what was forwarded; it says so where that is kept from us."""
    reference = message.reference
    for snapshot in message.message_snapshots:
        where = f"{message.channel.id}/{message.id}"
        source = str(reference.message_id) if reference and reference.message_id else f"forwarded-{message.id}"
        sent_at = snapshot.created_at.timestamp()
        yield PastMessage(source, _UNKNOWN, snapshot.content, sent_at, attachments(snapshot, where), place)
    if reference is not None and isinstance(reference.resolved, discord.Message):
        quoted = past(reference.resolved, place, me)
        if quoted is not None:
            shown = content or says_something(reference.resolved)
            yield quoted if shown else replace(quoted, text=_NOT_SHOWN)


def _replied_to(message: discord.Message) -> str | None:
    reference = message.reference
    if reference is None or message.type is not discord.MessageType.reply or reference.message_id is None:
        return None
    return str(reference.message_id)


def _replied_author(message: discord.Message) -> int | None:
    reference = message.reference
    resolved = reference.resolved if reference is not None else None
    return resolved.author.id if isinstance(resolved, discord.Message) else None


def _our_roles(message: discord.Message, me: int) -> list[int]:
    """Roles that stand for us alone: people take them for us when they type our name."""
    tagged = ((one.id, one.tags) for one in message.role_mentions)
    return [role for role, tags in tagged if tags is not None and tags.bot_id == me]


def _may_moderate(message: discord.Message) -> bool:
    author, channel = message.author, message.channel
    if not isinstance(author, discord.Member):
        return False
    permissions_for: Callable[[discord.Member], discord.Permissions] | None
    permissions_for = getattr(channel, "permissions_for", None)
    try:
        return permissions_for is not None and moderates(permissions_for(author))
    except discord.ClientException:  # a thread whose channel is not known
        return False


def _key(message: discord.Message, kind: InboundKind) -> str:
    if kind is InboundKind.MESSAGE or message.edited_at is None:
        return f"{PLATFORM}:message:{message.id}"
    return f"{PLATFORM}:edit:{message.id}:{message.edited_at.timestamp():.3f}"
