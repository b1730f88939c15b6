"""Makes summaries: reads what was said, asks for what is new, part by part where it is much, and keeps each part.

What a summary has cost is never paid again: parts that are done stay when a later one fails, is not paid for, or
dies with the process, and the next request goes on from there.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from bot.errors import BudgetReached, GatepostError, SummaryRefused
from bot.messages import Digest, KeptDigest, PastMessage, Summarised, Usage
from bot.ports import Adapter, Clock, Gateway
from bot.store.engine import Store
from bot.store.intents.summaries import keep_digest, kept_digests, own_posts
from bot.summaries import wording
from bot.summaries.asking import VERSION
from bot.summaries.planning import Stretch, marks_of, parts_of, prefix, stretches
from bot.summaries.reading import MOST_MESSAGES, nothing_said, read_since, require_reader
from bot.summaries.work import Order, Work

AT_ONCE = 3
"""Parts of one summary that are asked for at the same time."""

GOES_ON = "What is done of the summary is kept: ask again later, and I go on from there."


class Summaries:
    """All summaries of one program, over its store and its gateway."""

    def __init__(self, store: Store, gateway: Gateway, clock: Clock) -> None:
        self._store = store
        self._gateway = gateway
        self._clock = clock
        self._began = clock()
        self._missed: dict[str, float] = {}
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def missed(self, platform: str) -> None:
        """Edits and deletions may have passed us by: what was kept until now is compared before it is used."""
        self._missed[platform] = self._clock()

    async def make(self, order: Order, adapter: Adapter) -> Summarised:
        """The summary, up to the last message there is.

        Raises SummaryRefused where somebody may not read there, or there is nothing to read, BudgetReached, or the
        `GatewayError` of a request.
        """
        await require_reader(adapter, order.person, order.place)
        async with self._alone(order.place.key):
            return await self._make(order, adapter)

    @asynccontextmanager
    async def _alone(self, place: str) -> AsyncIterator[None]:
        """Two who want the same wait for each other, and it is paid for once."""
        lock = self._locks.get(place)
        if lock is None:
            lock = self._locks[place] = asyncio.Lock()
        async with lock:
            yield

    async def _make(self, order: Order, adapter: Adapter) -> Summarised:
        kept = await self._store.read(kept_digests, order.place.key, VERSION)
        ours = await self._store.read(own_posts, order.place.key)
        known = next((one for one in kept if self._is_current(one, order)), None)
        since = order.since if known is None else known.last_at
        read_at = self._clock()
        said = await read_since(adapter, order.place, since, ours, order.progress)
        work = _Making(order, Work(order, self._gateway), self._store, self._clock, read_at, said.whole_until)
        if known is not None:
            return await work.onward(known, [one for one in said.messages if one.message_id not in known.messages])
        messages = _from(said.messages, order.begins)
        if not messages:
            raise SummaryRefused(nothing_said(adapter, order.place))
        return await work.whole(messages, kept)

    def _is_current(self, kept: KeptDigest, order: Order) -> bool:
        """Whether a digest surely holds all that was said up to its last message, so that only news is read."""
        trusted_since = max(self._began, self._missed.get(order.place.platform, 0.0))
        begins = order.begins is not None and kept.begins == order.begins
        return begins and not kept.part and kept.made_at > trusted_since


def _from(messages: Sequence[PastMessage], begins: str | None) -> Sequence[PastMessage]:
    """Without what stands before the message that was named, at the same moment."""
    start = next((n for n, one in enumerate(messages) if begins and one.message_id == begins), 0)
    return messages[start:]


class _Making:
    """One summary in the making, of what was read at `read_at` and is whole up to `whole_until`."""

    def __init__(
        self, order: Order, work: Work, store: Store, clock: Clock, read_at: float, whole_until: float
    ) -> None:
        self._order = order
        self._work = work
        self._store = store
        self._clock = clock
        self._read_at = read_at
        self._whole_until = whole_until

    async def whole(self, messages: Sequence[PastMessage], kept: Sequence[KeptDigest]) -> Summarised:
        """Of all these messages; what is known of them as they are now is not asked for again."""
        known = prefix(messages, [one for one in kept if not one.part])
        if known is not None:
            return await self.onward(known, messages[len(known.messages) :])
        laid_out = stretches(messages, [one for one in kept if one.part], self._work.room.part)
        digest = await self._one_digest(laid_out)
        newest_only = len(messages) >= MOST_MESSAGES
        return await self._kept(digest, messages, newest_only=newest_only)

    async def onward(self, known: KeptDigest, fresh: Sequence[PastMessage]) -> Summarised:
        """Of what is known, and these messages that follow."""
        if not fresh:
            return Summarised(
                known.digest, len(known.messages), known.first_at, known.last_at, known.newest_only, self._used
            )
        parts = parts_of(fresh, self._work.room.part)
        if len(parts) == 1:
            self._order.progress(wording.progress(0, 1))
            digest = await self._work.onward(known.digest, fresh)
        else:
            digest = await self._one_digest([Stretch((), known.digest), *map(Stretch, parts)])
        return await self._kept(digest, fresh, known, newest_only=known.newest_only)

    @property
    def _used(self) -> tuple[Usage, ...]:
        return tuple(self._work.used)

    async def _one_digest(self, laid_out: Sequence[Stretch]) -> Digest:
        digests = await self._digests(laid_out)
        if len(digests) > 1:
            self._order.progress(wording.TOGETHER)
        return await self._work.combine(digests)

    async def _digests(self, laid_out: Sequence[Stretch]) -> list[Digest]:
        """Each stretch's, a few at a time. After the first failure none is begun; those under way are kept."""
        several, free = len(laid_out) > 1, asyncio.Semaphore(AT_ONCE)
        digests = [one.digest for one in laid_out]
        failed: list[GatepostError] = []

        def told() -> None:
            self._order.progress(wording.progress(sum(one is not None for one in digests), len(digests)))

        async def one(n: int, messages: Sequence[PastMessage]) -> None:
            async with free:
                if failed:
                    return
                try:
                    digests[n] = await self._part(messages, keep=several)
                    told()
                except GatepostError as error:
                    failed.append(error)

        told()
        await asyncio.gather(*(one(n, each.messages) for n, each in enumerate(laid_out) if each.digest is None))
        if failed:
            raise _with_hope(failed[0], done=any(digests))
        return [one for one in digests if one is not None]

    async def _part(self, messages: Sequence[PastMessage], *, keep: bool) -> Digest:
        digest = await self._work.digest(messages)
        if keep:
            await self._store.write(
                keep_digest, self._as_kept(digest, messages, marks_of(messages), part=True), self._read_at
            )
        return digest

    async def _kept(
        self,
        digest: Digest,
        messages: Sequence[PastMessage],
        before: KeptDigest | None = None,
        *,
        newest_only: bool,
    ) -> Summarised:
        """The summary, once it is kept."""
        marks = (dict(before.messages) if before is not None else {}) | marks_of(messages)
        kept = self._as_kept(digest, messages, marks, before, newest_only=newest_only)
        await self._store.write(keep_digest, kept, self._read_at)
        return Summarised(digest, len(marks), kept.first_at, kept.last_at, newest_only, self._used)

    def _as_kept(
        self,
        digest: Digest,
        messages: Sequence[PastMessage],
        marks: Mapping[str, str],
        before: KeptDigest | None = None,
        *,
        part: bool = False,
        newest_only: bool = False,
    ) -> KeptDigest:
        place, known = self._order.place, before.people if before is not None else ()
        return KeptDigest(
            place=place.key,
            channel=place.parent.key,
            messages=marks,
            people=tuple(dict.fromkeys([*known, *(one.person.id for one in messages)])),
            first_at=before.first_at if before is not None else messages[0].sent_at,
            last_at=min(messages[-1].sent_at, self._whole_until),
            digest=digest,
            model=self._order.model,
            version=VERSION,
            made_at=self._clock(),
            begins=None if part else self._order.begins,
            part=part,
            newest_only=newest_only,
        )


def _with_hope(error: GatepostError, *, done: bool) -> GatepostError:
    """The error, and for one that time heals that what is done is not lost."""
    if done and isinstance(error, BudgetReached):
        return BudgetReached(f"{error.said} {GOES_ON}", error.cheaper)
    return error
