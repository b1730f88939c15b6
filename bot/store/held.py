"""Which kept files anybody still refers to: conversations and the page."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from bot.store import page
from bot.store.schema import files


def held_files(conn: Connection) -> set[str]:
    """The hashes of all files in use."""
    return set(conn.scalars(select(files.c.sha256))) | page.held_files(conn)


def unheld(conn: Connection, hashes: Collection[str]) -> tuple[str, ...]:
    """Those of these hashes that nobody refers to."""
    ours = set(conn.scalars(select(files.c.sha256).where(files.c.sha256.in_(hashes))))
    return tuple(sorted(set(hashes) - ours - page.held_files(conn, hashes)))
