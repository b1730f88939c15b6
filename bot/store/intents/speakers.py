"""Whose words a turn answers."""

from collections.abc import Iterable

from sqlalchemy import Connection, and_, select

from bot.messages import Inbound, Person
from bot.store.codec import load
from bot.store.intents.rows import LINE
from bot.store.prepared import Prepared
from bot.store.schema import inbox, turns

_SPEAKERS = Prepared(
    select(turns.c.requester, inbox.c.body)
    .select_from(LINE)
    .join(turns, turns.c.id == LINE.c.id)
    .outerjoin(inbox, and_(inbox.c.turn_id == turns.c.id, inbox.c.body != ""))
    .order_by(LINE.c.back, inbox.c.id)
)


def speakers(conn: Connection, turn_id: str) -> tuple[Person, ...]:
    """Everybody whose words a turn answers, in order, each once; the nearest turns' first."""
    rows = _SPEAKERS(conn, {"turn_id": turn_id}).all()
    pairs = [(load(Person, row.requester), load(Inbound, row.body) if row.body else None) for row in rows]
    return _each_once(person for first, said in pairs for person in (first, *([said.person] if said else [])))


def askers(first: Person, asked: Iterable[Inbound]) -> tuple[Person, ...]:
    """Who asked first and the people behind these messages, in order, each once."""
    return _each_once((first, *(inbound.person for inbound in asked)))


def _each_once(people: Iterable[Person]) -> tuple[Person, ...]:
    return tuple({person.id: person for person in people}.values())
