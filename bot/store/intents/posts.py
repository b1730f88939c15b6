"""The messages we show or mean to show: intended before they are posted, receipted after, settled at the end."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from bot.messages import Place, TurnState
from bot.store.codec import dump
from bot.store.schema import posts, turns

ENDED = (TurnState.DONE, TurnState.STOPPED, TurnState.INTERRUPTED, TurnState.FAILED, TurnState.CANCELLED)


@dataclass(frozen=True, slots=True)
class PostRow:
    """One message we show or mean to show."""

    key: str
    n: int
    message_id: str | None


def intend_post(conn: Connection, key: str, turn_id: str, place: Place, n: int) -> None:
    """Store that a message is about to be posted, with the key that makes it one message. Twice is once."""
    if conn.scalar(select(posts.c.key).where(posts.c.key == key)) is not None:
        return
    conn.execute(
        insert(posts).values(key=key, turn_id=turn_id, place=dump(place), place_key=place.key, n=n, state="open")
    )


def first_post(conn: Connection, key: str, turn_id: str, place: Place) -> str:
    """Intend the first message of an answer, unless it has one already; the key it has."""
    known = conn.scalar(select(posts.c.key).where(posts.c.turn_id == turn_id).order_by(posts.c.n).limit(1))
    if known is not None:
        return str(known)
    intend_post(conn, key, turn_id, place, 0)
    return key


def record_post(conn: Connection, key: str, message_id: str) -> None:
    """Store the platform's receipt for a post."""
    conn.execute(update(posts).where(posts.c.key == key).values(message_id=message_id))


def settle_posts(conn: Connection, turn_id: str, outcomes: Mapping[str, str], receipts: Mapping[str, str]) -> None:
    """Store that the platform shows the final form, part by part, or why it never will.

    `receipts` are message ids that were not stored before.
    """
    for key, state in outcomes.items():
        values: dict[str, str] = {"state": state}
        if key in receipts:
            values["message_id"] = receipts[key]
        conn.execute(update(posts).where(posts.c.key == key, posts.c.state != "gone").values(**values))
    conn.execute(update(turns).where(turns.c.id == turn_id, turns.c.state.in_(ENDED)).values(delivered=1))


def posts_of(conn: Connection, turn_id: str) -> tuple[PostRow, ...]:
    """The messages of a turn's answer."""
    rows = conn.execute(
        select(posts).where(posts.c.turn_id == turn_id, posts.c.state != "gone").order_by(posts.c.n)
    )
    return tuple(PostRow(row.key, row.n, row.message_id) for row in rows)
