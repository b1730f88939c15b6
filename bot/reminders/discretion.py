"""What of a reminder its owner is told: nothing from a place in which they can't read any more."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from bot.messages import Person, Place, PlaceKind, Reminder
from bot.ports import Adapter
from bot.search.audience import Discretion

CanRead = Callable[[Person, Place], Awaitable[bool]]

OUT_OF_SIGHT = "(It is from a place that you can’t read any more, so I don’t repeat it.)"
"""What stands for the words of a reminder that a model made of what was said in such a place."""


async def for_owner(reminder: Reminder, can_read: CanRead) -> Reminder:
    """The reminder as its owner may see it at this moment. Their own words are theirs wherever they go."""

    async def hidden(place: Place) -> bool:
        alone = place.kind is PlaceKind.DM  # their own direct messages: reminders are made by their owners
        return not alone and not await can_read(reminder.owner, place)

    if reminder.text and not reminder.own and await hidden(reminder.made_in):
        reminder = replace(reminder, text=OUT_OF_SIGHT)
    if reminder.quote and await hidden(reminder.about_in):
        reminder = replace(reminder, quote="")
    return reminder


def readers_of(adapters: Mapping[str, Adapter]) -> CanRead:
    """Asks the platform of a place. What can't be told counts as a no."""

    async def can_read(person: Person, place: Place) -> bool:
        adapter = adapters.get(place.platform)
        return adapter is not None and await Discretion(adapter).can_read(person, place)

    return can_read
