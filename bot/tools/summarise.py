"""Summarises what people said: a whole thread, or the last hours of a channel."""

from typing import Literal

from pydantic import BaseModel, Field

from bot.errors import SummaryRefused, ToolFailed
from bot.messages import Place, PlaceKind, account_of
from bot.ports import ReadsSince, offers
from bot.search.audience import Discretion
from bot.summaries.summariser import Summaries
from bot.summaries.wording import whole
from bot.summaries.work import Order
from bot.tools.base import Surroundings, Tool, ToolContext

DAY = 24


class Summarise(BaseModel):
    """Summarise what people said in this very place, or in the channel that this thread hangs in: who said what,
    what was decided, what is open, with a link to each message. Of any length; of a channel the last hours.

    Put the links into your answer as they stand, behind what they belong to.
    """

    where: Literal["here", "channel"] = "here"
    hours: int | None = Field(
        default=None, ge=1, le=24 * 30, description="How far back; without it, a thread's all."
    )


async def summarise(context: ToolContext, arguments: Summarise) -> str:
    """The summary, with its links."""
    summaries, adapter = _summaries(context), context.world.adapter
    place = _place(context, arguments.where)
    if not await Discretion(adapter).may_show(place, context.place, context.requester):
        raise ToolFailed("that may not be shown here, where others read; `/summary` shows it to them alone")
    hours = arguments.hours or (DAY if place.kind is PlaceKind.CHANNEL else None)
    order = Order(
        place,
        context.requester,
        account_of(context.place, context.requester, context.turn_id),
        context.model,
        context.routing,
        since=context.now - hours * 3600 if hours else 0.0,
        begins=None if hours else "",
        progress=context.progress,
    )
    try:
        made = await summaries.make(order, adapter)
    except SummaryRefused as error:
        raise ToolFailed(error.said) from error
    return whole(made, place, adapter)


def _summaries(context: ToolContext) -> Summaries:
    found = context.world.summaries
    if found is None:
        raise ToolFailed("nothing can be summarised here")
    return found


def _place(context: ToolContext, where: str) -> Place:
    here = context.asked_in
    if here is None:
        raise ToolFailed("there is nothing here to summarise")
    return here if where == "here" else here.parent


def _available(here: Surroundings) -> bool:
    return here.ports.summaries is not None and offers(here.ports.adapter, ReadsSince)


SUMMARISE = Tool(
    name="summarise",
    label="summarise threads and channels",
    arguments=Summarise,
    run=summarise,
    untrusted=True,
    fleeting=True,
    available=_available,
    seconds=900.0,
    characters=24_000,
)
