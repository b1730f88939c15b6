"""What several sources found, made one list: each message once, the best first. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from bot.messages import Hit, PersonKind, Query, is_called
from bot.search.sources import Answered
from bot.store.ranking import Candidate, scores
from bot.store.words import terms_in

NEWEST = 500
"""Messages that are ranked: the newest of those that were found."""

_FOUND_EARLY = 0.5
"""What it is worth to be the first that a source names, against holding all the words."""


_OUR_OWN = 0.5
"""What an answer of ours is worth against what people wrote: it repeats them, and their questions."""


Key: TypeAlias = tuple[str, str, str, str]
"""One for each message: sources may disagree about the thread it stands in."""


@dataclass(frozen=True, slots=True)
class Merged:
    """A message that was found, and where a source put it: 1 for the first. `ours` is a row of our own index."""

    hit: Hit
    rank: int
    ours: bool = False

    @property
    def key(self) -> Key:
        """Which message it is."""
        place = self.hit.place
        return place.platform, place.workspace, place.channel, self.hit.message_id


def merge(answers: Iterable[Answered]) -> list[Merged]:
    """Each message once, the newest first and no more than `NEWEST`: as we keep it ourselves, where we do."""
    found: dict[Key, Merged] = {}
    for answer in answers:
        for rank, hit in enumerate(answer.hits, 1):
            one = Merged(hit, rank, answer.ours)
            known = found.get(one.key)
            found[one.key] = one if known is None else _same(known, one)
    return sorted(found.values(), key=lambda one: -one.hit.sent_at)[:NEWEST]


def _same(known: Merged, other: Merged) -> Merged:
    """Two sources' word of one message. The narrower place counts: a thread may have readers of its own."""
    kept, second = (other, known) if other.ours and not known.ours else (known, other)
    place = kept.hit.place if kept.hit.place.thread is not None else second.hit.place
    hit = replace(
        kept.hit, place=place, link=kept.hit.link or second.hit.link, files=kept.hit.files or second.hit.files
    )
    return Merged(hit, min(known.rank, other.rank), kept.ours or second.ours)


def within(found: Iterable[Merged], query: Query, author: str = "") -> list[Merged]:
    """Those that keep to the question, whatever a source made of it. `author` is a name, where no id is known."""
    after, before = query.after or 0.0, query.before if query.before is not None else float("inf")
    return [
        one
        for one in found
        if after <= one.hit.sent_at < before
        and (one.hit.files or not query.has_file)
        and (query.author is None or one.hit.author.id == query.author)
        and (not author or is_called(one.hit.author.name, author))
    ]


def rank(found: Sequence[Merged], words: str, meanings: Mapping[Key, float] | None = None) -> list[Hit]:
    """The best first: by the words, how close together and how lately, and by where the sources put them.

    `meanings` says how near they are in meaning, from -1 to 1. Nothing counts but the messages themselves and
    which of them a source put before which.
    """
    terms = terms_in(words)
    candidates = [Candidate(one.hit.text, one.hit.sent_at) for one in found]
    fits = scores(candidates, terms, {}, beginnings=True)
    most = max(fits, default=0.0) or 1.0
    early = {rank: n for n, rank in enumerate(sorted({one.rank for one in found}), 1)}
    meant = meanings or {}
    totals = {
        one.key: (fit / most + _FOUND_EARLY / early[one.rank] + 2 * meant.get(one.key, 0.0)) * _worth(one.hit)
        for one, fit in zip(found, fits, strict=True)
    }
    order = sorted(found, key=lambda one: (-totals[one.key], -one.hit.sent_at, one.key))
    return [replace(one.hit, score=totals[one.key]) for one in order]


def _worth(hit: Hit) -> float:
    return _OUR_OWN if hit.author.kind is PersonKind.SELF else 1.0
