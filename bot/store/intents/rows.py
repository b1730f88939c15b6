"""Rows to values, and the few steps that several intents share."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import CTE, Connection, Row, bindparam, func, insert, literal, select, update

from bot.messages import (
    Item,
    Person,
    PersonKind,
    Place,
    Reading,
    Rendered,
    Role,
    StoredFile,
    Turn,
    TurnKind,
    TurnState,
    person_key,
)
from bot.store.codec import dump, load
from bot.store.held import unheld
from bot.store.intents.indexed import forget_items
from bot.store.intents.recaps import forget_recaps_of
from bot.store.intents.vectors import Owner, forget_vectors
from bot.store.prepared import Prepared
from bot.store.schema import conversations, files, items, turns

SEED_ROOM = 1_000
"""How many places before the first item are kept free for what was said before we came."""

# Statements of the way of every message are built once: building one takes longer than running it.
_TURN = Prepared(select(turns).where(turns.c.id == bindparam("turn_id")))
_ADD_TURN = Prepared(insert(turns))
_ALIVE = select(literal(1)).select_from(turns).limit(1)
_CONVERSATION = Prepared(select(conversations.c.key).where(conversations.c.key == bindparam("conversation")))
_ADD_CONVERSATION = Prepared(insert(conversations))
_TAKE_NUMBERS = Prepared(
    update(conversations)
    .where(conversations.c.key == bindparam("conversation"))
    .values(next_seq=conversations.c.next_seq + bindparam("count"))
    .returning(conversations.c.next_seq)
)
_ADD_ITEM = Prepared(insert(items).returning(items.c.id))


def _line_of_turns() -> CTE:
    asked = select(turns.c.id, turns.c.origin, literal(0).label("back")).where(turns.c.id == bindparam("turn_id"))
    line = asked.cte("line", recursive=True)
    return line.union_all(select(turns.c.id, turns.c.origin, line.c.back + 1).where(turns.c.id == line.c.origin))


LINE = _line_of_turns()
"""The turn `turn_id`, and those it continues or answers again, which are `back` steps before it."""


def turn_of(row: Row[Any]) -> Turn:
    """A row of `turns` as a value."""
    return Turn(
        id=row.id,
        conversation=row.conversation,
        place=load(Place, row.place),
        kind=TurnKind(row.kind),
        state=TurnState(row.state),
        requester=load(Person, row.requester),
        origin=row.origin,
        model=row.model,
        attempt=row.attempt,
        restarts=row.restarts,
        final=load(Rendered, row.final) if row.final else None,
    )


def add_turn(conn: Connection, turn: Turn, now: float) -> None:
    """Store a turn that is new: one that waits, or one that begins at once."""
    row = {
        "id": turn.id,
        "conversation": turn.conversation,
        "place": dump(turn.place),
        "kind": turn.kind,
        "origin": turn.origin,
        "model": turn.model,
        "state": turn.state,
        "requester": dump(turn.requester),
        "attempt": turn.attempt,
        "restarts": turn.restarts,
        "stopping": 0,
        "delivered": 0,
        "created_at": now,
        "started_at": now if turn.state is TurnState.RUNNING else None,
    }
    _ADD_TURN.change(conn, row)


def find_turn(conn: Connection, turn_id: str) -> Turn | None:
    """The turn with this id."""
    row = _TURN(conn, {"turn_id": turn_id}).first()
    return turn_of(row) if row else None


def last_turn(conn: Connection) -> Turn | None:
    """The newest turn of all."""
    row = conn.execute(select(turns).order_by(turns.c.n.desc()).limit(1)).first()
    return turn_of(row) if row else None


def alive(conn: Connection) -> None:
    """Read the least that proves the database can be read, however much it holds."""
    conn.execute(_ALIVE).first()


def get_turn(conn: Connection, turn_id: str) -> Turn:
    """The turn with this id, which is known to exist."""
    turn = find_turn(conn, turn_id)
    if turn is None:
        raise LookupError(f"no turn {turn_id}")
    return turn


def answer_parts(conn: Connection, turn: Turn) -> tuple[str, ...]:
    """The turns that an answer was written in, newest first: this one, and those it continues or draws again."""
    parts = {turn.id: None}
    before: Turn | None = turn
    joined = (TurnKind.CONTINUE, TurnKind.IMAGINE)
    while before is not None and before.kind in joined and before.origin not in (None, *parts):
        before = find_turn(conn, before.origin or "")
        if before is not None:
            parts[before.id] = None
    return tuple(parts)


def open_conversation(conn: Connection, key: str, place: Place, now: float) -> None:
    """Make sure that the conversation exists."""
    if _CONVERSATION(conn, {"conversation": key}).first() is None:
        add_conversation(conn, key, place, now)


def add_conversation(conn: Connection, key: str, place: Place, now: float) -> None:
    """Begin a conversation that does not exist yet."""
    fresh = {
        "key": key,
        "place": dump(place),
        "start_seq": 0,
        "cut_seq": 0,
        "media_seq": 0,
        "next_seq": SEED_ROOM,
        "prefix_version": 0,
        "seeded": 0,
        "created_at": now,
    }
    _ADD_CONVERSATION.change(conn, fresh)


def append(
    conn: Connection, conversation: str, new: Sequence[Item], place: Place | None, now: float
) -> tuple[Item, ...]:
    """Put items at the end of a conversation; the same items, numbered.

    `place` is where their messages stand, for items that are messages of the platform.
    """
    if not new:
        return ()
    taken = {"conversation": conversation, "count": len(new)}
    first = _TAKE_NUMBERS(conn, taken).scalar_one() - len(new)
    return insert_items(conn, conversation, new, place, range(first, first + len(new)), now)


def insert_items(
    conn: Connection,
    conversation: str,
    new: Sequence[Item],
    place: Place | None,
    seqs: Iterable[int],
    now: float,
) -> tuple[Item, ...]:
    """Put items at given numbers, with references to the files they hold."""
    numbered = tuple(renumber(item, seq) for item, seq in zip(new, seqs, strict=True))
    for item in numbered:
        row = {
            "conversation": conversation,
            "seq": item.seq,
            "role": item.role,
            "place": place.key if place and item.message_id else None,
            "message_id": item.message_id,
            "turn_id": item.turn_id,
            "body": dump(item),
            "erased": 0,
            "person": _author(conversation, item),
            "at": now,
        }
        row_id = _ADD_ITEM(conn, row).scalar_one()
        refer(conn, row_id, item.files)
    return numbered


def _author(conversation: str, item: Item) -> str | None:
    """The key of the person whose words these are. A conversation's key begins with its platform."""
    said = item.person if item.person is not None and item.person.kind is PersonKind.HUMAN else None
    return person_key(conversation.partition(":")[0], said) if said is not None and said.id else None


def renumber(item: Item, seq: int) -> Item:
    """The same item at another number."""
    return replace(item, seq=seq)


def refer(conn: Connection, item_id: int, readings: Iterable[Reading]) -> None:
    """Count the files that an item holds, so that they are kept."""
    held = {file.sha256: file for reading in readings for file in stored_files(reading)}
    if held:
        conn.execute(
            insert(files),
            [
                {"item_id": item_id, "sha256": f.sha256, "size": f.size, "media_type": f.media_type}
                for f in held.values()
            ],
        )


def stored_files(reading: Reading) -> tuple[StoredFile, ...]:
    """The kept bytes a reading names."""
    whole = (file for file in (reading.original, reading.shown) if file is not None)
    return (*reading.pictures, *whole)


def erase_items(conn: Connection, rows: Sequence[Row[Any]]) -> tuple[str, ...]:
    """Blank items for good; the hashes of files that nothing refers to any more.

    A rewritten history is another prefix: the conversations' versions grow.
    """
    if not rows:
        return ()
    ids = [row.id for row in rows]
    hashes = set(conn.scalars(select(files.c.sha256).where(files.c.item_id.in_(ids))))
    conn.execute(files.delete().where(files.c.item_id.in_(ids)))
    forget_vectors(conn, Owner.ITEM, ids)
    forget_recaps_of(conn, rows)
    forget_items(conn, ids)
    conn.execute(update(items).where(items.c.id.in_(ids)).values(body="", erased=1, person=None, at=None))
    bump_prefix(conn, {row.conversation for row in rows})
    return unheld(conn, hashes) if hashes else ()


def bump_prefix(conn: Connection, keys: Iterable[str]) -> None:
    """Say that what was sent before is no longer how these conversations begin."""
    conn.execute(
        update(conversations)
        .where(conversations.c.key.in_(tuple(keys)))
        .values(prefix_version=conversations.c.prefix_version + 1)
    )


def load_item(row: Row[Any]) -> Item:
    """A row of `items` as a value; an erased one as an empty note."""
    if row.erased:
        return Item(seq=row.seq, role=Role(row.role), turn_id=row.turn_id)
    return load(Item, row.body)


def count(conn: Connection, table: Any, *where: Any) -> int:
    """How many rows there are."""
    return conn.scalar(select(func.count()).select_from(table).where(*where)) or 0
