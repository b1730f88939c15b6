"""What Discord does with a text: whom it notifies where `allowed_mentions` lets it, which links it unfolds."""

import re

from tests.discord_town.rights import Right, rights_in
from tests.discord_town.world import Channel, Json, Pings, User

_CODE = re.compile(r"(`{3,}).*?(?:\1|\Z)|(`+)[^`].*?\2", re.DOTALL)
_USER = re.compile(r"<@!?(\d+)>")
_ROLE = re.compile(r"<@&(\d+)>")
_LINK = re.compile(r"(?<!<)https?://[^\s<>]+")
_EVERYONE = re.compile(r"@(?:everyone|here)\b")


def named_in(text: str) -> Pings:
    """Everybody whom a text would notify if nothing forbade it; what is written as code notifies nobody."""
    plain = _CODE.sub(" ", text)
    return Pings(
        users=frozenset(map(int, _USER.findall(plain))),
        roles=frozenset(map(int, _ROLE.findall(plain))),
        everyone=bool(_EVERYONE.search(plain)),
    )


def unfolds(text: str) -> bool:
    """Whether there is a link that Discord shows a preview of: outside of code and of angle brackets."""
    return bool(_LINK.search(_CODE.sub(" ", text)))


def pings(
    text: str,
    allowed: Json | None,
    channel: Channel,
    author: User,
    now: float,
    *,
    replied: User | None = None,
    by_webhook: bool = False,
) -> Pings:
    """Who is notified. Without `allowed` all is parsed, for webhooks and interactions only users."""
    if allowed is None:
        allowed = {"parse": ["users"] if by_webhook else ["users", "roles", "everyone"], "replied_user": True}
    named, parse = named_in(text), set(allowed.get("parse", ()))
    users = named.users if "users" in parse else named.users & _ids(allowed, "users")
    if replied is not None and allowed.get("replied_user", False):
        users |= {replied.id}
    roles = named.roles if "roles" in parse else named.roles & _ids(allowed, "roles")
    everyone = named.everyone and "everyone" in parse
    may_shout = bool(rights_in(channel, author, now) & Right.MENTION_EVERYONE) and channel.guild is not None
    mentionable = (
        {r.id for r in channel.guild.roles.values() if r.mentionable or may_shout} if channel.guild else set()
    )
    return Pings(users, frozenset(roles & mentionable), everyone and may_shout)


def _ids(allowed: Json, key: str) -> frozenset[int]:
    return frozenset(map(int, allowed.get(key, ())))
