"""What delivery has to have on the disk: which posts are meant, made, and final."""

from collections.abc import Mapping

from bot.delivery.pump import Post
from bot.messages import Place
from bot.store.engine import Store
from bot.store.intents.posts import intend_post, record_post, settle_posts


class StorePostLog:
    """Implements `bot.delivery.pump.PostLog` over the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def intend(self, post: Post, place: Place) -> None:
        """Before a message is posted."""
        await self._store.write(intend_post, post.key, post.turn_id, place, post.n)

    async def posted(self, key: str, message_id: str) -> None:
        """The platform's receipt."""
        await self._store.write(record_post, key, message_id)

    async def settled(self, turn_id: str, outcomes: Mapping[str, str], receipts: Mapping[str, str]) -> None:
        """Every part of an answer is where it belongs, or never will be."""
        await self._store.write(settle_posts, turn_id, outcomes, receipts)
