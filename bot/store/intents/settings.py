"""What people chose, by scope: a place's key or a person's."""

from sqlalchemy import Connection, bindparam, insert, select

from bot.messages import Place
from bot.store.schema import settings

_MODELS = select(settings.c.scope, settings.c.value).where(
    settings.c.name == "model", settings.c.scope.in_((bindparam("place"), bindparam("channel")))
)


def chosen_model(conn: Connection, place: Place) -> str | None:
    """The model chosen for a place, or else for the channel it hangs in."""
    scopes = {"place": place.key, "channel": place.parent.key}
    found = {row.scope: str(row.value) for row in conn.execute(_MODELS, scopes)}
    return next((found[scope] for scope in scopes.values() if scope in found), None)


def choose(conn: Connection, scope: str, name: str, value: str | None) -> None:
    """Set a setting for a scope; None goes back to the default."""
    conn.execute(settings.delete().where(settings.c.scope == scope, settings.c.name == name))
    if value is not None:
        conn.execute(insert(settings).values(scope=scope, name=name, value=value))
