"""Finds messages that people wrote. What not everybody may see who reads the answer goes to the asker alone."""

import structlog
from pydantic import BaseModel, Field

from bot.errors import PlatformError, TimeUnclear, ToolFailed
from bot.messages import Hit, PlaceKind, Rendered, account_of
from bot.ports import ListsReadable, RepliesPrivately, offers
from bot.search.finder import Finder, NoSuchChannel
from bot.search.saying import NO_CHANNEL, for_model, for_people
from bot.search.wish import MOST, Asker, Found, Wish
from bot.tools.base import Tool, ToolContext, where_offered

log = structlog.get_logger(__name__)

ALONE = "Found for you. Only you see this, as not everybody can read it where you asked:\n\n"


class SearchMessages(BaseModel):
    """Find what people wrote: in this channel, in another one, or in all that the person who asks can read.

    Use a few of the words that they would have written. Name the link of each message that you rely on.
    """

    words: str = Field(
        default="",
        max_length=300,
        description="Words to look for; a phrase in quotes. May be empty with a filter.",
    )
    where: str = Field(
        default="",
        max_length=100,
        description="'here' for this channel, 'everywhere', or a channel's name. Left out: here, and everywhere "
        "from a direct message.",
    )
    author: str = Field(
        default="", max_length=100, description="Only from this person: a name, or 'me' for who asks."
    )
    after: str = Field(
        default="", max_length=60, description="Only later: a date (2026-05-01), 'yesterday', 'last week'."
    )
    before: str = Field(default="", max_length=60, description="Only earlier, written alike.")
    has_file: bool = Field(default=False, description="Only messages with files.")
    count: int = Field(default=10, ge=1, le=MOST)


async def search_messages(context: ToolContext, arguments: SearchMessages) -> str:
    """The messages, or that there are none; the same words whether others were left out or not."""
    wish = Wish(
        arguments.words.strip(),
        arguments.where,
        arguments.author,
        arguments.after,
        arguments.before,
        arguments.has_file,
        arguments.count,
    )
    if not (wish.words or wish.author.strip() or wish.has_file or wish.after or wish.before):
        raise ToolFailed("name words to look for, or a person, a time, or files")
    context.progress("Searching messages…")
    found = await _found(context, wish)
    others_read = context.place.kind is not PlaceKind.DM
    if found.privately:
        await _tell_alone(context, wish, found)
    if found.hidden:
        raise ToolFailed(NO_CHANNEL)
    return for_model(found, wish.words, others_read=others_read)


async def _found(context: ToolContext, wish: Wish) -> Found:
    world, place = context.world, context.place
    finder = Finder(world.adapter, world.store, world.gateway, lambda: context.now, world.recording)
    asker = Asker(
        context.requester,
        place,
        context.asked_in or place,
        context.message_id,
        context.handle,
        account_of(place, context.requester, context.turn_id),
    )
    try:
        return await finder.find(asker, wish)
    except NoSuchChannel as error:
        raise ToolFailed(NO_CHANNEL) from error
    except TimeUnclear as error:
        raise ToolFailed(error.said) from error


async def _tell_alone(context: ToolContext, wish: Wish, found: Found) -> None:
    """Show to the asker what others may not see, once in a turn however often the model asks for it.

    Where that can't be done, nobody is shown it, nor told of it.
    """
    new = [hit for hit in found.privately if _name_of(hit) not in context.told_alone]
    adapter = context.world.adapter
    if not new or not offers(adapter, RepliesPrivately):
        return
    context.told_alone.update(map(_name_of, new))
    said = adapter.render(f"{ALONE}{for_people(new, found, wish.words)}")
    where = context.asked_in or context.place
    try:
        await adapter.reply_privately(context.requester, where, Rendered(said, final=True), context.handle)
    except PlatformError as error:
        log.warning("not told alone", place=where.key, turn=context.turn_id, failure=error.failure.kind)


def _name_of(hit: Hit) -> str:
    return f"{hit.place.parent.key}:{hit.message_id}"


SEARCH_MESSAGES = Tool(
    name="search_messages",
    label="find what people wrote",
    arguments=SearchMessages,
    run=search_messages,
    untrusted=True,
    fleeting=True,
    available=where_offered(ListsReadable),
    seconds=40.0,
    characters=20_000,
)
