"""The page's store, as the page is given it: every method one intent or query, in a commit of its own."""

from collections.abc import Sequence

from bot.messages import Inbound, PageMessage, Place
from bot.store import page
from bot.store.engine import Store


class PageLog:
    """Implements `bot.ports.PageStore`: every method is the intent or the query of the same name."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def keep(self, inbound: Inbound, message: PageMessage | None) -> Inbound | None:
        return await self._store.write(page.keep, inbound, message)

    async def owed(self) -> Sequence[Inbound]:
        return await self._store.read(page.owed)

    async def settle(self, key: str) -> None:
        await self._store.write(page.settle, key)

    async def post(self, message: PageMessage, key: str) -> str:
        return await self._store.write(page.post, message, key)

    async def change(self, message: PageMessage) -> bool:
        return await self._store.write(page.change, message)

    async def entitle(self, message_id: str, title: str) -> bool:
        return await self._store.write(page.entitle, message_id, title)

    async def find(self, message_id: str) -> PageMessage | None:
        return await self._store.read(page.find, message_id)

    async def posted(self, key: str) -> str | None:
        return await self._store.read(page.posted, key)

    async def newest(self) -> int:
        return await self._store.read(page.newest)

    async def changed(self, channels: Sequence[str], since: int, limit: int) -> Sequence[PageMessage]:
        return await self._store.read(page.changed, channels, since, limit)

    async def said(self, place: Place, before: str | None, limit: int) -> Sequence[PageMessage]:
        return await self._store.read(page.said, place, before, limit)

    async def holding(self, channels: Sequence[str], words: Sequence[str], limit: int) -> Sequence[PageMessage]:
        return await self._store.read(page.holding, channels, words, limit)

    async def grant(self, digest: str, kind: str, now: float) -> None:
        await self._store.write(page.grant, digest, kind, now)

    async def redeem(self, digest: str, kind: str) -> bool:
        return await self._store.write(page.redeem, digest, kind)

    async def holds(self, digest: str, kind: str, not_before: float) -> bool:
        return await self._store.read(page.holds, digest, kind, not_before)
