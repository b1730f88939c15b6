"""Our conversations' items, taken into the index some time after they were said, and out of it at once."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

from sqlalchemy import Connection, Row, delete, insert, select

from bot.messages import Item, PastMessage, PersonKind, Place, PlaceKind, Role
from bot.store import fulltext
from bot.store.codec import load
from bot.store.indexing import SELF, Fresh, Rows, entry_of, find_row, insert_rows, place_at, select_rows, take_out
from bot.store.intents.vectors import Owner, forget_vectors
from bot.store.schema import conversations, index_marks, indexed_messages, indexed_places, items


def unindexed_places(conn: Connection, most: int) -> tuple[int, tuple[Place, ...]]:
    """The last of the next items to be indexed, and the places they stand in that are not known to be open."""
    rows = _next_items(conn, most)
    places = {place.key: place for place in map(_place_of_item, rows)}
    known = select(indexed_places.c.key).where(indexed_places.c.key.in_(places), indexed_places.c.apart == 0)
    opened = set(conn.scalars(known))
    return rows[-1].id if rows else 0, tuple(place for key, place in places.items() if key not in opened)


def index_items(conn: Connection, last: int, most: int, apart: Collection[str] = ()) -> int:
    """Take the next items of our conversations in, up to the one with this id; how many were looked at.

    `apart` is as in `record`. What tools said is no message, and is not found.
    """
    rows = [row for row in _next_items(conn, most) if row.id <= last]
    for row in rows:
        if row.role != Role.TOOL and not row.erased:
            _index_item(conn, row, apart)
    if rows:
        conn.execute(delete(index_marks).where(index_marks.c.name == items.name))
        conn.execute(insert(index_marks).values(name=items.name, done=rows[-1].id))
    return len(rows)


def _next_items(conn: Connection, most: int) -> Rows:
    done = conn.scalar(select(index_marks.c.done).where(index_marks.c.name == items.name)) or 0
    return conn.execute(
        select(items, conversations.c.place.label("home"))
        .join(conversations, conversations.c.key == items.c.conversation)
        .where(items.c.id > done)
        .order_by(items.c.id)
        .limit(most)
    ).all()


def _index_item(conn: Connection, row: Row[Any], apart: Collection[str]) -> None:
    item = load(Item, row.body)
    person = SELF if item.role is Role.ASSISTANT else item.person
    sent_at = item.sent_at or row.at
    if not item.text.strip() or person is None or sent_at is None or (item.message_id is None) != (person is SELF):
        return
    if person.kind is PersonKind.SELF and person is not SELF:
        return  # an answer of ours, read again from the platform
    place = _place_of_item(row)
    at = place_at(conn, place, apart)
    before = find_row(conn, at.id, item.message_id) if item.message_id else None
    if before is not None and before.item_id is not None:
        return
    recorded = before is not None
    if before is not None:
        take_out(conn, [before])
    names = [*(one.name for one in item.attachments), *(one.name for one in item.files)]
    said = PastMessage(item.message_id or "", person, item.text, sent_at)
    insert_rows(conn, [Fresh(said, place, at, names, row.id, recorded)])


def _place_of_item(row: Row[Any]) -> Place:
    """Where an item stands: in its conversation's place, in the channel of it, or in another place."""
    home = load(Place, row.home)
    if row.place is None or row.place == home.key:
        return home
    if row.place == home.parent.key:
        return home.parent
    platform, workspace, channel, *thread = map(unquote, row.place.split(":"))
    kind = PlaceKind.DM if home.kind is PlaceKind.DM else PlaceKind.THREAD if thread else PlaceKind.CHANNEL
    return Place(platform, workspace, channel, thread[0] if thread else None, kind)


def forget_items(conn: Connection, item_ids: Collection[int]) -> None:
    """Take items out that are about to be blanked."""
    take_out(conn, select_rows(conn, indexed_messages.c.item_id.in_(tuple(item_ids))))


@contextmanager
def reworded(conn: Connection, item_ids: Collection[int]) -> Iterator[None]:
    """Let items be found by what they say once this is left, and no longer by what they said before."""
    mine = indexed_messages.c.item_id.in_(tuple(item_ids))
    rows = select_rows(conn, mine)
    fulltext.remove(conn, map(entry_of, rows))
    forget_vectors(conn, Owner.MESSAGE, [row.id for row in rows])
    yield
    fulltext.add(conn, map(entry_of, select_rows(conn, mine)))
