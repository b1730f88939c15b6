"""What is on the page, searched: the playground's own small search."""

from collections.abc import Sequence

from adapters.web import workspace
from bot.messages import Hit, Query
from bot.ports import PageMessages


async def searched(messages: PageMessages, query: Query) -> Sequence[Hit]:
    """The messages that hold all the words, newest first. A channel stands for its threads as well."""
    channels = list(dict.fromkeys(place.channel for place in query.places if place.thread is None))
    found = await messages.holding(channels, query.words.split(), query.limit)
    return [
        Hit(
            message.place,
            message.id,
            message.person,
            message.sent_at,
            message.text,
            workspace.link(message.place, message.id),
            tuple(file.name for file in message.files),
        )
        for message in found
    ]
