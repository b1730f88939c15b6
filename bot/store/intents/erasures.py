"""Requests to forget somebody: asked for, confirmed, carried out piece by piece, each piece one commit."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from sqlalchemy import Connection, delete, insert, select, update

from bot.messages import Inbound, Person, Place, person_key
from bot.store.codec import dump, load_or_skip
from bot.store.intents.accounts import day_of
from bot.store.intents.inbox import record, seen
from bot.store.intents.keeping import Taken, Theirs
from bot.store.intents.kept import entries_for
from bot.store.intents.kept_words import ANSWERS, is_waiting
from bot.store.schema import erasures

GOOD_FOR = 3_600.0
"""Seconds for which a request may be confirmed."""


class ErasureState(StrEnum):
    """How far a request has come. `TOLD`: only what had to wait is left."""

    ASKED = "asked"
    WANTED = "wanted"
    TOLD = "told"


@dataclass(frozen=True, slots=True)
class Erasure:
    """A request to forget somebody, everywhere or within a place. `confirmed` is the button that said yes.

    `removed` counts what went, by the name of its entry.
    """

    id: str
    person: Person
    platform: str
    within: Place | None
    asked_at: float
    confirmed: Inbound | None = None
    confirmed_at: float = 0.0
    removed: Mapping[str, int] = field(default_factory=dict)

    def theirs(self, now: float) -> Theirs:
        """What it is about, looked at now."""
        within = self.within.key if self.within is not None else None
        return Theirs(person_key(self.platform, self.person), self.confirmed_at or self.asked_at, now, within)


def ask_erasure(conn: Connection, erasure: Erasure) -> None:
    """Keep a request until it is confirmed. Twice is once."""
    if _find(conn, erasure.id) is None:
        row = {"id": erasure.id, "state": ErasureState.ASKED, "body": dump(erasure), "at": erasure.asked_at}
        conn.execute(insert(erasures).values(**row))


def decide_erasure(
    conn: Connection, inbound: Inbound, erasure_id: str, now: float, *, wanted: bool
) -> bool | None:
    """Take in whether it is wanted, by the person themselves. False for an event taken in before.

    None where there is nothing to decide any more, or for somebody else.
    """
    asked = _find(conn, erasure_id, ErasureState.ASKED)
    mine = asked is not None and (asked.platform, asked.person.id) == (inbound.place.platform, inbound.person.id)
    if asked is None or not mine or now > asked.asked_at + GOOD_FOR:
        return False if seen(conn, inbound) else None
    record(conn, inbound, now)
    if not wanted:
        conn.execute(delete(erasures).where(erasures.c.id == erasure_id))
        return True
    said = replace(asked, confirmed=inbound, confirmed_at=now)
    _keep(conn, said, ErasureState.WANTED, now)
    return True


def erase_some(conn: Connection, erasure_id: str, name: str, now: float) -> Taken:
    """Take away a piece of what one entry keeps, and count it."""
    erasure = _find(conn, erasure_id)
    entry = next((one for one in entries_for(erasure.theirs(now)) if one.name == name), None) if erasure else None
    if erasure is None or entry is None:
        return Taken()
    taken = entry.forget(conn, erasure.theirs(now))
    if taken.rows or taken.answers:
        removed = dict(erasure.removed)
        for kind, gone in ((name, taken.rows), (ANSWERS.name, taken.answers)):
            removed[kind] = removed.get(kind, 0) + gone
        body = dump(replace(erasure, removed=removed))
        conn.execute(update(erasures).where(erasures.c.id == erasure_id).values(body=body))
    return taken


def has_to_wait(conn: Connection, erasure_id: str, now: float) -> bool:
    """Whether something of it is still being answered."""
    erasure = _find(conn, erasure_id)
    return erasure is not None and is_waiting(conn, erasure.theirs(now))


def find_erasure(conn: Connection, erasure_id: str) -> Erasure | None:
    """The request with this id."""
    return _find(conn, erasure_id)


def tell_erasure(conn: Connection, erasure_id: str, now: float) -> None:
    """Note that the person knows. What had to wait goes with `end_erasure`."""
    conn.execute(update(erasures).where(erasures.c.id == erasure_id).values(state=ErasureState.TOLD, at=now))


def end_erasure(conn: Connection, erasure_id: str, now: float) -> bool:
    """Let go of a request once nothing of it is left: the day is over whose money was still counted."""
    erasure = _find(conn, erasure_id)
    if erasure is None:
        return True
    over = day_of(now) > day_of(erasure.confirmed_at) and not is_waiting(conn, erasure.theirs(now))
    if over:
        conn.execute(delete(erasures).where(erasures.c.id == erasure_id))
    return over


def erasures_in(conn: Connection, state: ErasureState) -> tuple[str, ...]:
    """The requests that have come so far, oldest first, by id."""
    rows = conn.scalars(select(erasures.c.id).where(erasures.c.state == state).order_by(erasures.c.at))
    return tuple(rows)


def drop_unconfirmed(conn: Connection, now: float) -> None:
    """Requests that nobody confirmed in time go."""
    old = (erasures.c.state == ErasureState.ASKED, erasures.c.at < now - GOOD_FOR)
    conn.execute(delete(erasures).where(*old))


def _find(conn: Connection, erasure_id: str, state: ErasureState | None = None) -> Erasure | None:
    query = select(erasures.c.body).where(erasures.c.id == erasure_id)
    body = conn.scalar(query if state is None else query.where(erasures.c.state == state))
    return load_or_skip(Erasure, body, erasure_id) if body else None


def _keep(conn: Connection, erasure: Erasure, state: ErasureState, now: float) -> None:
    values = {"state": state, "body": dump(erasure), "at": now}
    conn.execute(update(erasures).where(erasures.c.id == erasure.id).values(**values))
