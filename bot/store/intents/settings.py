"""What people chose, by scope: a place's key or a person's."""

from sqlalchemy import ColumnElement, Connection, bindparam, func, insert, select

from bot.messages import Place
from bot.store.schema import settings


def _model_at(scope: str) -> ColumnElement[str]:
    chosen = select(settings.c.value).where(settings.c.scope == bindparam(scope), settings.c.name == "model")
    return chosen.scalar_subquery()


MODEL = func.coalesce(_model_at("here"), _model_at("channel"))
"""The model chosen for a place, or else for the channel it hangs in; takes the `scopes` of the place."""

_MODEL = select(MODEL)


def scopes(place: Place) -> dict[str, str]:
    """Where settings for a place are looked for."""
    return {"here": place.key, "channel": place.parent.key}


def chosen_model(conn: Connection, place: Place) -> str | None:
    """The model chosen for a place, or else for the channel it hangs in."""
    return conn.scalar(_MODEL, scopes(place))


def choose(conn: Connection, scope: str, name: str, value: str | None) -> None:
    """Set a setting for a scope; None goes back to the default."""
    conn.execute(settings.delete().where(settings.c.scope == scope, settings.c.name == name))
    if value is not None:
        conn.execute(insert(settings).values(scope=scope, name=name, value=value))
