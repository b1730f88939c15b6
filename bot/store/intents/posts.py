"""The messages we show or mean to show: intended before they are posted, receipted after, settled at the end."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, insert, select, update

from bot.messages import Place, TurnState
from bot.store.codec import dump
from bot.store.prepared import Prepared
from bot.store.schema import conversations, posts, turns

OPEN = (TurnState.WAITING, TurnState.RUNNING)
ENDED = (TurnState.DONE, TurnState.STOPPED, TurnState.INTERRUPTED, TurnState.FAILED, TurnState.CANCELLED)


_POST = Prepared(select(posts.c.key).where(posts.c.key == bindparam("post")))
_FIRST = Prepared(select(posts).where(posts.c.turn_id == bindparam("turn_id")).order_by(posts.c.n).limit(1))
_ADD_POST = Prepared(insert(posts))
_RECEIPT = Prepared(update(posts).where(posts.c.key == bindparam("post")).values(message_id=bindparam("receipt")))
_OUTCOME = Prepared(
    update(posts)
    .where(posts.c.key == bindparam("post"), posts.c.state != "gone")
    .values(state=bindparam("outcome"))
)
_DELIVERED = Prepared(
    update(turns)
    .where(turns.c.id == bindparam("turn_id"), *(turns.c.state != state for state in OPEN))
    .values(delivered=1)
)
_OF_TURN = Prepared(
    select(posts).where(posts.c.turn_id == bindparam("turn_id"), posts.c.state != "gone").order_by(posts.c.n)
)


@dataclass(frozen=True, slots=True)
class PostRow:
    """One message we show or mean to show."""

    key: str
    n: int
    message_id: str | None


def intend_post(conn: Connection, key: str, turn_id: str, place: Place, n: int) -> None:
    """Store that a message is about to be posted, with the key that makes it one message. Twice is once."""
    if _POST(conn, {"post": key}).first() is None:
        add_post(conn, key, turn_id, place, n)


def first_post(conn: Connection, key: str, turn_id: str, place: Place) -> PostRow:
    """Intend the first message of an answer, unless it has one already; the one it has."""
    known = _FIRST(conn, {"turn_id": turn_id}).first()
    if known is not None:
        return PostRow(known.key, known.n, known.message_id)
    add_post(conn, key, turn_id, place, 0)
    return PostRow(key, 0, None)


def add_post(conn: Connection, key: str, turn_id: str, place: Place, n: int) -> None:
    """Store a post under a key that is new."""
    post = {
        "key": key,
        "turn_id": turn_id,
        "place": dump(place),
        "place_key": place.key,
        "n": n,
        "state": "open",
    }
    _ADD_POST.change(conn, post)


def record_post(conn: Connection, key: str, message_id: str) -> None:
    """Store the platform's receipt for a post."""
    _RECEIPT.change(conn, {"post": key, "receipt": message_id})


def settle_posts(conn: Connection, turn_id: str, outcomes: Mapping[str, str], receipts: Mapping[str, str]) -> None:
    """Store that the platform shows the final form, part by part, or why it never will.

    `receipts` are message ids that were not stored before.
    """
    for key, outcome in outcomes.items():
        if key in receipts:
            record_post(conn, key, receipts[key])
        _OUTCOME.change(conn, {"post": key, "outcome": outcome})
    _DELIVERED.change(conn, {"turn_id": turn_id})


def answer_in(conn: Connection, turn_id: str, place: Place) -> None:
    """Let a turn be answered in another place, and its conversation go on there: nothing of it is shown yet."""
    here = {"place": dump(place)}
    conversation = conn.scalar(
        update(turns).where(turns.c.id == turn_id).values(**here).returning(turns.c.conversation)
    )
    conn.execute(update(conversations).where(conversations.c.key == conversation).values(**here))
    conn.execute(update(posts).where(posts.c.turn_id == turn_id).values(place_key=place.key, **here))


def asked_at(conn: Connection, turn_id: str) -> float | None:
    """When a turn was asked for; None for one that is not known."""
    return conn.scalar(select(turns.c.created_at).where(turns.c.id == turn_id))


def posts_of(conn: Connection, turn_id: str) -> tuple[PostRow, ...]:
    """The messages of a turn's answer."""
    return tuple(PostRow(row.key, row.n, row.message_id) for row in _OF_TURN(conn, {"turn_id": turn_id}))
