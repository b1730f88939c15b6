"""What people chose, by scope: a place's key or a person's."""

from sqlalchemy import Connection, insert, select

from bot.messages import Place
from bot.store.schema import settings


def chosen_model(conn: Connection, place: Place) -> str | None:
    """The model chosen for a place, or else for the channel it hangs in."""
    scopes = [place.key, place.parent.key]
    found = conn.execute(
        select(settings.c.scope, settings.c.value).where(settings.c.name == "model", settings.c.scope.in_(scopes))
    )
    rows = {row.scope: str(row.value) for row in found}
    return next((rows[scope] for scope in scopes if scope in rows), None)


def choose(conn: Connection, scope: str, name: str, value: str | None) -> None:
    """Set a setting for a scope; None goes back to the default."""
    conn.execute(settings.delete().where(settings.c.scope == scope, settings.c.name == name))
    if value is not None:
        conn.execute(insert(settings).values(scope=scope, name=name, value=value))
