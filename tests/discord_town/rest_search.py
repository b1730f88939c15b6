"""The REST route that searches a guild: what the bot can see, and nothing while the index is not ready."""

import re

from tests.discord_town import errors, shapes
from tests.discord_town.rest import Accepted, Answer, Ask, Routes
from tests.discord_town.rest_messages import told
from tests.discord_town.rights import Right, rights_in
from tests.discord_town.world import Channel, Guild, Message

routes = Routes()
WARMING_UP = 110000


@routes("GET", "/guilds/{guild_id}/messages/search")
def search_messages(ask: Ask) -> Answer:
    """Up to 25 messages, newest first; 202 while the index is being made."""
    guild = ask.state.guild(ask.id("guild_id"))
    if not ask.state.application.message_content:
        raise errors.missing_access()
    if not ask.state.search_index_ready:
        about = {"message": "Index not yet available. Try again later", "code": WARMING_UP}
        return Accepted(202, {**about, "documents_indexed": 0, "retry_after": 2})
    limit, offset = ask.number("limit", 25) or 25, ask.number("offset", 0) or 0
    if limit > 25 or offset > 9975:
        raise errors.invalid("limit", "NUMBER_TYPE_MAX", "int value should be less than or equal to 25.")
    found = [one for channel in _channels(ask, guild) for one in channel.in_order() if _matches(ask, one)]
    found.sort(key=lambda one: one.id, reverse=ask.query.get("sort_order", "desc") == "desc")
    page = found[offset : offset + limit]
    threads = {one.channel.id: one.channel for one in page if one.channel.is_thread}
    return {
        "doing_deep_historical_index": False,
        "total_results": len(found),
        "messages": [[told(ask.state, one)] for one in page],
        "threads": [shapes.thread(ask.state, one) for one in threads.values()],
        "members": [],
    }


def _channels(ask: Ask, guild: Guild) -> list[Channel]:
    """The channels asked for that the bot can read; all of them when none is named."""
    named = _all(ask, "channel_id")
    grown_up = ask.query.get("include_nsfw", "false") == "true"
    needed = Right.VIEW_CHANNEL | Right.READ_MESSAGE_HISTORY
    return [
        one
        for one in [*guild.channels.values(), *guild.threads.values()]
        if (not named or str(one.id) in named)
        and rights_in(one, ask.state.me, ask.now) & needed == needed
        and (grown_up or not one.nsfw)
    ]


def _matches(ask: Ask, message: Message) -> bool:
    if message.private_to is not None or not (message.text or message.attachments):
        return False
    if "file" in _all(ask, "has") and not message.attachments:
        return False
    words = set(re.findall(r"\w+", message.text.lower()))
    wanted = re.findall(r"\w+", ask.query.get("content", "").lower())
    authors, kinds, mentioned = _all(ask, "author_id"), _all(ask, "author_type"), _all(ask, "mentions")
    low, high = ask.number("min_id"), ask.number("max_id")
    return (
        all(word in words for word in wanted)
        and (not authors or str(message.author.id) in authors)
        and not ("-bot" in kinds and message.author.bot)
        and not ("user" in kinds and message.author.bot)
        and (not mentioned or bool(mentioned & set(map(str, message.pings.users))))
        and (low is None or message.id > low)
        and (high is None or message.id < high)
    )


def _all(ask: Ask, name: str) -> set[str]:
    return {value for key, value in ask.repeated if key in (name, f"{name}[]")}
