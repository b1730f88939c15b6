"""Puts a question to everybody in the place: natively where the platform has polls, with buttons elsewhere."""

import hashlib
from typing import Annotated

import structlog
from pydantic import BaseModel, Field, StringConstraints

from bot.errors import PlatformError, ToolFailed
from bot.messages import MOST_CHOICES, Poll, PollResult, person_key
from bot.polls import shown_poll
from bot.ports import OffersPolls, offers
from bot.store.intents.polls import open_poll
from bot.tools.base import Surroundings, Tool, ToolContext

log = structlog.get_logger(__name__)

Choice = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=55)]


class CreatePoll(BaseModel):
    """Put a question with choices to everybody here, as a message of its own. Only when asked for a poll."""

    question: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
    choices: list[Choice] = Field(min_length=2, max_length=MOST_CHOICES)
    multiple: bool = Field(default=False, description="Whether people may choose several.")
    hours: int = Field(default=24, ge=1, le=720, description="How long it is open.")


async def create_poll(context: ToolContext, arguments: CreatePoll) -> str:
    """Post it, once for the call."""
    poll_id = hashlib.sha256(context.key.encode()).hexdigest()[:20]
    choices = tuple(dict.fromkeys(" ".join(one.split()) for one in arguments.choices))
    if len(choices) < 2:
        raise ToolFailed("a poll needs two choices that differ")
    question = " ".join(arguments.question.split())
    closes_at = context.now + arguments.hours * 3_600
    poll = Poll(poll_id, question, choices, arguments.multiple, arguments.hours, closes_at)
    adapter, key = context.world.adapter, f"poll:{poll_id}"
    try:
        if offers(adapter, OffersPolls):
            await adapter.post_poll(context.place, poll, key)
            return "The poll stands in this place as a message of its own; people vote there."
        empty = PollResult(poll, (0,) * len(choices), 0)
        message_id = await adapter.post(context.place, shown_poll(adapter, empty), key)
    except PlatformError as error:
        log.warning("poll refused", place=context.place.key, failure=error.failure.kind)
        raise ToolFailed("the platform did not take the poll") from error
    asker = person_key(context.place.platform, context.requester)
    await context.world.store.write(open_poll, poll, context.place, message_id, asker)
    return "The poll stands in this place as a message of its own; people vote by its buttons, each once."


def _available(here: Surroundings) -> bool:
    return here.ports.adapter.capabilities.buttons or offers(here.ports.adapter, OffersPolls)


CREATE_POLL = Tool(
    name="create_poll",
    label="run polls",
    arguments=CreatePoll,
    run=create_poll,
    effects=True,
    summary=lambda asked: f"start the poll “{asked.question}” with {', '.join(asked.choices)}",
    available=_available,
)
