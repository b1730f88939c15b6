"""New databases for tests: made once by what the program makes its own with, then copied."""

import tempfile
from functools import cache
from pathlib import Path

from bot.store import sqlite
from bot.store.upgrade import bring_up_to_date


def new_database(path: Path) -> str:
    """The URL of the database there; where there is none yet, it is one as the program makes it."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_made())
    return f"sqlite:///{path}"


@cache
def _made() -> bytes:
    with tempfile.TemporaryDirectory(prefix="gatepost-database-") as directory:
        path = Path(directory) / "gatepost.db"
        engine = sqlite.writing_engine(path)
        bring_up_to_date(engine, path)
        engine.dispose()
        return path.read_bytes()
