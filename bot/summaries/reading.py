"""What was said in a place, as it is there now: read for a summary, by whoever may read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import structlog

from bot.errors import PlatformError, SummaryRefused
from bot.messages import PastMessage, Person, Place
from bot.ports import Adapter, KnowsRights, Progress, ReadsSince, offers
from bot.search.audience import Discretion
from bot.store.intents.summaries import OwnPosts
from bot.summaries import wording

log = structlog.get_logger(__name__)

MOST_MESSAGES = 5_000
"""The most messages that are read for one summary; of more, the newest."""


async def require_reader(adapter: Adapter, person: Person, place: Place) -> None:
    """Raises SummaryRefused for somebody who can't open the place by themselves at this moment."""
    if not await Discretion(adapter).can_read(person, place):
        raise SummaryRefused("I can't find out that you may read that, so I don't summarise it.")


@dataclass(frozen=True, slots=True)
class Said:
    """What was read, oldest first. Up to `whole_until` nothing will be added later on: there stands the first
    message of ours that is still being written, which is not among these."""

    messages: Sequence[PastMessage]
    whole_until: float = inf


async def read_since(adapter: Adapter, place: Place, since: float, ours: OwnPosts, progress: Progress) -> Said:
    """What was said since then; without what says nothing, and without our own summaries.

    Raises SummaryRefused where it can't be read.
    """
    if not offers(adapter, ReadsSince):
        raise SummaryRefused("Earlier messages can't be read here, so there is nothing to summarise.")
    try:
        read = await adapter.past_since(place, since, MOST_MESSAGES, lambda n: progress(wording.reading(n)))
    except PlatformError as error:
        log.warning("history refused", place=place.key, failure=error.failure.kind)
        raise SummaryRefused(f"{adapter.platform.capitalize()} does not let me read that just now.") from error
    said = [one for one in read if one.text.strip() or one.attachments]
    unwritten = (one.sent_at for one in read if one.message_id in ours.written)
    left_out = ours.summaries | ours.written
    return Said([one for one in said if one.message_id not in left_out], min(unwritten, default=inf))


def nothing_said(adapter: object, place: Place) -> str:
    """Why there is nothing to summarise: nothing was said, as far as we can read it."""
    lacks = adapter.standing(place).lacks if offers(adapter, KnowsRights) else ()
    for lack in lacks:
        if lack.blinds:
            return f"I can't read what was said there, so there is nothing to summarise: {lack.what}."
    return "Nothing was said there in that time, so there is nothing to summarise."
