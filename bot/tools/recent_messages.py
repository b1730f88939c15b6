"""Reads what was said last in the place where the question was asked."""

from datetime import UTC, datetime
from typing import Literal

import structlog
from pydantic import BaseModel, Field

from bot.errors import PlatformError, ToolFailed
from bot.messages import PastMessage, Place
from bot.ports import ReadsHistory, offers
from bot.search.audience import Discretion
from bot.tools.base import Tool, ToolContext, where_offered

log = structlog.get_logger(__name__)

_NAME = 40


class RecentMessages(BaseModel):
    """Read the messages before this question: in this very place, or in the channel that this thread hangs in."""

    where: Literal["here", "channel"] = "here"
    count: int = Field(default=30, ge=1, le=100)


async def recent_messages(context: ToolContext, arguments: RecentMessages) -> str:
    """A line or more for each message, oldest first."""
    place = _place(context, arguments.where)
    if place != context.asked_in and not await _may_show(context, place):
        raise ToolFailed("what is said in the channel may not be shown here, or can't be read just now")
    source = _history_of(context)
    try:
        past = await source.history(place, context.message_id, arguments.count)
    except PlatformError as error:
        log.warning("history refused", place=place.key, failure=error.failure.kind)
        raise ToolFailed("the platform does not let me read that just now") from error
    return "\n".join(map(_said, past)) or "Nothing was said before."


def _place(context: ToolContext, where: str) -> Place:
    here = context.asked_in
    if here is None or not context.message_id:
        raise ToolFailed("there is no message here to look back from")
    return here if where == "here" else here.parent


async def _may_show(context: ToolContext, place: Place) -> bool:
    """Whether the asker can read there, and everybody who reads the answer."""
    return await Discretion(context.world.adapter).may_show(place, context.place, context.requester)


def _history_of(context: ToolContext) -> ReadsHistory:
    adapter = context.world.adapter
    if not offers(adapter, ReadsHistory):
        raise ToolFailed("earlier messages can't be read here")
    return adapter


def _said(message: PastMessage) -> str:
    name = " ".join(message.person.name.split())[:_NAME]
    files = "".join(f" (file: {one.name})" for one in message.attachments)
    return f"[{datetime.fromtimestamp(message.sent_at, UTC):%Y-%m-%d %H:%M} UTC] {name}: {message.text}{files}"


RECENT_MESSAGES = Tool(
    name="recent_messages",
    label="read what was said here before",
    arguments=RecentMessages,
    run=recent_messages,
    untrusted=True,
    fleeting=True,
    available=where_offered(ReadsHistory),
    characters=20_000,
)
