"""The reply of a turn: opened where it is begun or tried again, and shown once more where only that is left."""

from collections.abc import Sequence
from dataclasses import replace

import structlog

from bot.conversation.drawings import shown
from bot.conversation.ports import Ports
from bot.conversation.unposted import show_end
from bot.delivery.pump import Post, Showing
from bot.messages import Inbound, InboundKind, PlaceKind, Turn
from bot.ports import Adapter
from bot.store.intents.claims import Claim
from bot.store.intents.posts import PostRow, settle_posts
from bot.store.intents.recovery import Undelivered

log = structlog.get_logger(__name__)


def reply_of(ports: Ports, adapter: Adapter, claimed: Claim, fresh_key: str) -> Showing:
    """The reply of a turn that is being begun, or tried again."""
    reply = open_reply(ports, adapter, claimed.turn, claimed.posts, claimed.said, fresh_key=fresh_key)
    point_at_question(reply, claimed.asked)
    return reply


def point_at_question(reply: Showing, asked: Sequence[Inbound]) -> None:
    """Let an answer in the channel of its question reply to what was asked, or to what was asked about."""
    said = [inbound for inbound in asked if inbound.kind is not InboundKind.COMMAND]
    if said and said[0].place.kind is PlaceKind.CHANNEL:
        reply.answers(said[0].about, askers=said[0].about == said[0].message_id)


def open_reply(
    ports: Ports, adapter: Adapter, turn: Turn, posts: tuple[PostRow, ...], said: str, *, fresh_key: str = ""
) -> Showing:
    """The reply of a turn, with the messages it has already.

    `fresh_key` was stored by this process and never used; any other key without a message may have become one.
    """
    asker = turn.requester.id
    if [row.key for row in posts] == [fresh_key]:
        return ports.pump.open(adapter, turn.place, turn.id, asker=asker, key=fresh_key, text=said)
    known = tuple(Post(row.key, turn.id, row.n, row.message_id) for row in posts)
    return ports.pump.open(adapter, turn.place, turn.id, asker=asker, posts=known, text=said)


async def show_final(ports: Ports, left: Undelivered) -> None:
    """Show the final form again; without one the turn was withdrawn, and its messages go."""
    turn, final = left.turn, left.turn.final
    adapter = ports.adapters[turn.place.platform]
    try:
        if final is None:
            await open_reply(ports, adapter, turn, left.posts, "").abandon()
            await ports.store.write(settle_posts, turn.id, {}, {})
            return
        reply = open_reply(ports, adapter, turn, left.posts, final.text)
        files = await shown(ports, left.made)
        reply.finish(final.status, final.actions, files)
        await show_end(reply, adapter, turn, replace(final, files=files))
    except Exception:
        log.exception("answer not shown", place=turn.place.key, turn=turn.id)
