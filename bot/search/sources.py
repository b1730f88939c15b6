"""Where messages are looked for, all at the same time: each has its time, and what it can't do it says."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import structlog

from bot.errors import GatepostError, SearchNotReady
from bot.messages import Hit, PastMessage, Person, Place, Query
from bot.ports import Adapter, LinksMessages, ReadsSince, SearchesMessages, offers
from bot.store.words import Words, terms_in, words_of

log = structlog.get_logger(__name__)

Source: TypeAlias = Callable[[Query], Awaitable[Sequence[Hit]]]

SECONDS = 6.0
"""How long a source may take."""

RECENT = 200
"""Messages of one place that are read through where they stand."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What one source found, best first, or why it found nothing. `ours` are rows of our own index."""

    hits: tuple[Hit, ...] = ()
    note: str = ""
    ours: bool = False


async def ask(sources: Mapping[str, Source], query: Query, adapter: Adapter) -> Sequence[Answered]:
    """What each source finds. The names are how people read of them."""
    return await asyncio.gather(*(_ask(name, source, query, adapter) for name, source in sources.items()))


async def _ask(name: str, source: Source, query: Query, adapter: Adapter) -> Answered:
    try:
        async with asyncio.timeout(SECONDS):
            return Answered(tuple(await source(query)), ours=name == OURS)
    except SearchNotReady as error:
        return Answered(note=error.said)
    except TimeoutError:
        log.warning("search too slow", source=name, platform=adapter.platform)
        return Answered(note=f"{name} did not answer in time.")
    except GatepostError as error:
        log.warning("search failed", source=name, platform=adapter.platform, error=str(error))
        return Answered(note=f"{name} could not be searched just now.")


OURS = "What I have kept"
PLATFORMS = "The platform's own search"
RECENTLY = "What was said there lately"


def sources_for(
    adapter: Adapter, kept: Source, person: Person, here: Place | None, handle: str | None
) -> Mapping[str, Source]:
    """What is `kept`, the platform's own search, what was said lately in one place: as far as it can be had."""
    sources: dict[str, Source] = {OURS: kept}
    if offers(adapter, SearchesMessages):
        searching = adapter
        sources[PLATFORMS] = lambda query: searching.search(person, query, handle)
    if here is not None and offers(adapter, ReadsSince):
        reading = adapter
        sources[RECENTLY] = lambda query: _recently(reading, here, query)
    return sources


async def _recently(source: ReadsSince, here: Place, query: Query) -> Sequence[Hit]:
    """The last messages of a place that hold all the words: the platform's index may not have them yet."""
    said = await source.past_since(here, query.after or 0.0, RECENT, lambda _: None)
    terms = terms_in(query.words)
    if query.words.strip() and not terms:
        return ()
    fitting = await asyncio.to_thread(lambda: [one for one in reversed(said) if holds(one.text, terms)])
    return [_hit(source, one, here) for one in fitting]


def holds(text: str, terms: Sequence[Words]) -> bool:
    """Whether a text holds every term; the last word of each may go on."""
    said = words_of(text)
    return all(
        all(any(word.startswith(wanted) for word in said.words) for wanted in term.words)
        and all(letter in said.letters for letter in term.letters)
        for term in terms
    )


def _hit(source: object, said: PastMessage, here: Place) -> Hit:
    place = said.place or here
    link = source.link(place, said.message_id) if offers(source, LinksMessages) else None
    files = tuple(one.name for one in said.attachments)
    return Hit(place, said.message_id, said.person, said.sent_at, said.text, link, files)
