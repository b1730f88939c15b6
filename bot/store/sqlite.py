"""Everything that only SQLite can do: how it is opened, locked, copied, and what its errors mean.

Nothing outside this module uses a pragma, a file of the database, or a name of the `sqlite3` module.

An error never carries the values of its statement: they are what people said, and errors are logged.

The write-ahead log is switched on once, when the database is made, and only verified later. Nobody opens the file
by any other means than SQLite while it is in use: closing such a handle would drop SQLite's own locks.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, cast

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError

from bot.errors import StartError, StoreError, StoreFull

Error = sqlite3.Error
"""What the driver itself raises, where SQLAlchemy does not stand between."""

BUSY_SECONDS: Final = 5.0
READERS: Final = 4
_EXAMPLE: Final = "sqlite:////path/to/gatepost.db"

_WRITER = (
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA fullfsync=ON",  # macOS only: its plain fsync leaves the data in the drive's cache
    "PRAGMA secure_delete=ON",  # what is erased is overwritten in the file, however the library was built
    "PRAGMA journal_size_limit=16777216",  # a long read lets the log grow; it shrinks again afterwards
    "PRAGMA temp_store=MEMORY",  # what a savepoint may have to undo; a file for it costs more than the intent
)
_READER = ("PRAGMA query_only=ON",)


def path_of(database_url: str) -> Path:
    """The file an URL like `sqlite:////var/lib/gatepost/gatepost.db` names; StartError for any other kind."""
    try:
        url = make_url(database_url)
    except ArgumentError as error:
        raise StartError(f"The database URL can't be understood; use one like {_EXAMPLE}.") from error
    if url.get_backend_name() == "postgresql":
        raise StartError(f"PostgreSQL is not supported yet; use a URL like {_EXAMPLE}.")
    if url.get_backend_name() != "sqlite" or url.query:
        raise StartError(f"The database URL is not supported; use one like {_EXAMPLE}.")
    if url.database in (None, "", ":memory:"):
        raise StartError(f"The database URL names no file; use one like {_EXAMPLE}.")
    return Path(str(url.database)).absolute()


def writing_engine(path: Path) -> Engine:
    """The engine for the one connection that writes; every transaction takes the write lock as it begins."""
    url = URL.create("sqlite", database=str(path))
    engine = create_engine(url, connect_args=_connect_args(), pool_size=1, hide_parameters=True)
    _prepare(engine, _WRITER, "BEGIN IMMEDIATE")
    return engine


def reading_engine(path: Path) -> Engine:
    """The engine for a few connections that only read; every transaction sees one committed state.

    It awaits aiosqlite, so whoever uses it runs in `greenlet_spawn`: all that SQLAlchemy's own asynchronous engine
    would add is the ORM, 7 MB.
    """
    url = URL.create("sqlite+aiosqlite", database=str(path))
    engine = create_engine(
        url, connect_args=_connect_args(), pool_size=READERS, max_overflow=0, hide_parameters=True
    )
    _prepare(engine, _READER, "BEGIN")
    return engine


def examining_engine(path: Path) -> Engine:
    """An engine for one look at a database that exists, which changes nothing."""
    url = URL.create("sqlite", database=f"file:{path.as_posix()}", query={"mode": "ro", "uri": "true"})
    engine = create_engine(url, connect_args=_connect_args(), hide_parameters=True)
    _prepare(engine, _READER, "BEGIN")
    return engine


def check_lock(path: Path) -> None:
    """Take the write lock and give it back; raises what `start_error` explains when another program keeps it."""
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=0.5)) as opened:
        opened.isolation_level = None
        opened.execute("BEGIN IMMEDIATE")
        opened.execute("ROLLBACK")


def make_durable(engine: Engine) -> None:
    """Switch a database that is being made to the write-ahead log; StartError where its file system can't."""
    with contextlib.closing(engine.raw_connection()) as connection:
        cursor = connection.cursor()
        mode = cursor.execute("PRAGMA journal_mode=WAL").fetchone()[0]
        cursor.close()
    if mode != "wal":
        raise StartError("The data directory's file system can't hold the database; use a local disk.")


def verify_durable(conn: Connection) -> None:
    """StartError unless the database keeps its write-ahead log."""
    if conn.exec_driver_sql("PRAGMA journal_mode").scalar() != "wal":
        raise StartError("The database has lost its write-ahead log; restore it with `gatepost db restore`.")


def driver_of(conn: Connection) -> sqlite3.Connection:
    """The driver's own connection.

    Its `in_transaction` tells whether the database still holds the transaction: on a full disk it may drop all of
    it by itself.
    """
    driver: Any = conn.connection.dbapi_connection
    return cast("sqlite3.Connection", driver)


def direct(conn: Connection) -> sqlite3.Connection | None:
    """The driver's own connection, where a statement may be given to it past SQLAlchemy: in a transaction, and
    unless it belongs to another thread."""
    return driver_of(conn) if not conn.dialect.is_async and conn.in_transaction() else None


def copy_database(source: Path, target: Path) -> None:
    """Copy one committed state, compacted, while others write. `target` must not exist yet.

    Raises StoreError or StoreFull. The copy keeps no log; `make_durable` has to be called before it is used.
    """
    with _opened(source) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))


def empty_log(path: Path) -> bool:
    """Bring the write-ahead log into the database and cut it to nothing; False where that would have to wait.

    Raises StoreError.
    """
    with _opened(path) as connection:
        connection.execute("PRAGMA busy_timeout=0")
        connection.execute("PRAGMA fullfsync=ON")
        busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    return not busy


def check_database(path: Path) -> None:
    """Read every page; StoreError when one of them is damaged."""
    with _opened(path) as connection:
        found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise StoreError(f"integrity check: {found}")


def files_of(path: Path) -> tuple[Path, ...]:
    """The database's own file first, then those that may lie beside it and belong to it."""
    return (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm"))


def store_error(error: Exception) -> StoreError:
    """What an error of SQLAlchemy or SQLite means to us."""
    cause = getattr(error, "orig", None) or error
    kind = StoreFull if getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL else StoreError
    return kind(f"{getattr(cause, 'sqlite_errorname', type(cause).__name__)}: {cause}")


def damaged(path: Path) -> str:
    """The sentence for a database of which a part can't be read."""
    return f"The database {path} is damaged; restore a backup with `gatepost db restore`."


def start_error(error: Exception, path: Path) -> StartError:
    """Why the database could not be opened, in one sentence."""
    cause = getattr(error, "orig", None) or error
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
    said = {
        sqlite3.SQLITE_NOTADB: f"{path} is not a Gatepost database; move it away or set DATABASE_URL.",
        sqlite3.SQLITE_CORRUPT: damaged(path),
        sqlite3.SQLITE_READONLY: f"The database {path} can't be written; check the permissions.",
        sqlite3.SQLITE_CANTOPEN: f"The database {path} can't be opened; check the permissions.",
        sqlite3.SQLITE_FULL: f"The disk that holds {path} is full.",
        sqlite3.SQLITE_BUSY: f"The database {path} is in use by another program.",
    }
    return StartError(said.get(code, f"The database {path} can't be opened: {cause}."))


def _connect_args() -> dict[str, Any]:
    # Without an isolation level the driver leaves BEGIN to us.
    return {"timeout": BUSY_SECONDS, "isolation_level": None}


def _prepare(engine: Engine, pragmas: tuple[str, ...], begin: str) -> None:
    def connected(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(pragma)
        cursor.close()

    def begun(conn: Connection) -> None:
        conn.exec_driver_sql(begin)

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    # Not through an engine: it would make a missing file, and VACUUM wants no transaction.
    uri = f"{path.as_uri()}?mode=rw"
    try:
        with contextlib.closing(
            sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
        ) as opened:
            yield opened
    except sqlite3.Error as error:
        raise store_error(error) from error
