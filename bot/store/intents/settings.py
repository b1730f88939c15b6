"""What people chose, by scope: a place's key, a person's or a workspace's."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, or_, select, update

from bot.messages import Place
from bot.personas import PERSONA, mark_of, stays_private
from bot.preferences.scopes import NEAREST_FIRST, Scope, scope_keys
from bot.store.prepared import Prepared
from bot.store.schema import settings

MODEL = "model"
"""The name under which a model is chosen."""

_CHOSEN = Prepared(
    select(settings).where(or_(*(settings.c.scope == bindparam(scope.value) for scope in NEAREST_FIRST)))
)


@dataclass(frozen=True, slots=True)
class By:
    """Who made a choice, and when. `person` is a person's key, `name` what they were called then."""

    person: str
    name: str
    at: float


@dataclass(frozen=True, slots=True)
class Chosen:
    """A choice, the scope it was made for, and by whom, where that is known.

    `aloud` says that whoever chose their own words for themselves lets them be used where others read, too.
    """

    value: str
    scope: Scope
    by: By | None = None
    aloud: bool = False


def chosen_where(conn: Connection, place: Place, asker: str) -> Mapping[str, Chosen]:
    """What is in force for this person in this place, by name; the nearest wins. `asker` is a person's key.

    Somebody's own words for themselves are in force where nobody else reads, and elsewhere if they have said so.
    """
    keys = scope_keys(place, asker)
    rows = _CHOSEN(conn, {scope.value: key for scope, key in keys.items()}).all()
    found: dict[str, Chosen] = {}
    for scope in NEAREST_FIRST:
        for row in rows:
            if row.scope == keys[scope] and (row.aloud or not stays_private(row.name, row.value, scope, place)):
                found.setdefault(row.name, _chosen(row, scope))
    return found


def choices_of(conn: Connection, place: Place, asker: str, name: str) -> Mapping[Scope, Chosen]:
    """What is chosen under one name in every scope that holds for this person in this place."""
    keys = scope_keys(place, asker)
    rows = _CHOSEN(conn, {scope.value: key for scope, key in keys.items()}).all()
    mine = {row.scope: row for row in rows if row.name == name}
    return {scope: _chosen(mine[key], scope) for scope, key in keys.items() if key in mine}


def _chosen(row: Row[Any], scope: Scope) -> Chosen:
    by = None if row.person is None else By(row.person, row.person_name or "", row.at or 0.0)
    return Chosen(row.value, scope, by, bool(row.aloud))


def in_force(conn: Connection, place: Place, asker: str) -> Mapping[str, str]:
    """The values of `chosen_where` alone."""
    return {name: chosen.value for name, chosen in chosen_where(conn, place, asker).items()}


def choose(conn: Connection, scope: str, name: str, value: str | None, by: By | None = None) -> None:
    """Set a setting for a scope's key; None goes back to the default."""
    conn.execute(settings.delete().where(settings.c.scope == scope, settings.c.name == name))
    if value is not None:
        who = {} if by is None else {"person": by.person, "person_name": by.name, "at": by.at}
        conn.execute(insert(settings).values(scope=scope, name=name, value=value, aloud=0, **who))


def use_aloud(conn: Connection, person: str, mark: str) -> bool:
    """Let a person's own words about who we are to be, those with this mark, be used where others read.

    `person` is the key of whoever says so. False where they have chosen something else since.
    """
    mine = (settings.c.scope == person, settings.c.name == PERSONA.name)
    words = conn.execute(select(settings.c.value).where(*mine)).scalar()
    if words is None or mark_of(words) != mark:
        return False
    conn.execute(update(settings).where(*mine).values(aloud=1))
    return True


def take_back(conn: Connection, place: Place, asker: str, name: str, value: str) -> bool:
    """Undo a choice that can't hold any more, in every scope that holds for this person in this place."""
    keys = tuple(scope_keys(place, asker).values())
    same = (settings.c.scope.in_(keys), settings.c.name == name, settings.c.value == value)
    return conn.execute(delete(settings).where(*same)).rowcount > 0
