"""What this installation alone knows: random values, made once and kept for as long as the database is."""

from sqlalchemy import Connection, insert, select

from bot.store.schema import secrets


def secret(conn: Connection, name: str, fresh: str) -> str:
    """The secret of this name; where there is none yet, `fresh` is it from here on."""
    kept = conn.scalar(select(secrets.c.value).where(secrets.c.name == name))
    if kept is None:
        conn.execute(insert(secrets).values(name=name, value=fresh))
    return kept or fresh
