"""What people chose, by scope: a place's key, a person's or a workspace's."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, insert, or_, select

from bot.messages import Place
from bot.preferences import NEAREST_FIRST, Scope, scope_keys
from bot.store.prepared import Prepared
from bot.store.schema import settings

MODEL = "model"
"""The name under which a model is chosen."""

_CHOSEN = Prepared(
    select(settings.c.scope, settings.c.name, settings.c.value).where(
        or_(*(settings.c.scope == bindparam(scope.value) for scope in NEAREST_FIRST))
    )
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A choice that is in force, and the scope it was made for."""

    value: str
    scope: Scope


def chosen_where(conn: Connection, place: Place, asker: str) -> Mapping[str, Chosen]:
    """What is in force for this person in this place, by name; the nearest wins. `asker` is a person's key."""
    keys = scope_keys(place, asker)
    rows = _CHOSEN(conn, {scope.value: key for scope, key in keys.items()}).all()
    found: dict[str, Chosen] = {}
    for scope in NEAREST_FIRST:
        for row in rows:
            if row.scope == keys[scope]:
                found.setdefault(row.name, Chosen(row.value, scope))
    return found


def in_force(conn: Connection, place: Place, asker: str) -> Mapping[str, str]:
    """The values of `chosen_where` alone."""
    return {name: chosen.value for name, chosen in chosen_where(conn, place, asker).items()}


def choose(conn: Connection, scope: str, name: str, value: str | None) -> None:
    """Set a setting for a scope's key; None goes back to the default."""
    conn.execute(settings.delete().where(settings.c.scope == scope, settings.c.name == name))
    if value is not None:
        conn.execute(insert(settings).values(scope=scope, name=name, value=value))
