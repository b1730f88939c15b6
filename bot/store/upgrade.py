"""From whatever schema a database has to the one this program knows."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, inspect
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import StartError, StoreError
from bot.store import migrations, sqlite
from bot.store.lock import ServingLock

# Alembic's own table, as Alembic makes it.
_revisions: Final = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))


@dataclass(frozen=True, slots=True)
class History:
    """A schema and how it came to be: the scripts' folder and their revisions, oldest first."""

    metadata: MetaData
    folder: Path
    revisions: tuple[str, ...]

    @property
    def head(self) -> str:
        """The revision that `metadata` describes."""
        return self.revisions[-1]


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What was done. `before` is None for a database that was made; `copy` lies beside one that was changed."""

    before: str | None
    after: str
    copy: Path | None = None


def gatepost_history() -> History:
    """The program's own."""
    # Imported here because the page's module builds on the store; it adds its tables to the one `metadata`.
    from bot.store.page import page_messages

    return History(page_messages.metadata, Path(migrations.__file__).parent, migrations.REVISIONS)


def upgrade(data_dir: Path, database_url: str) -> Upgrade:
    """Upgrade the database now. StartError while a bot serves, and for everything `open_store` refuses."""
    path = sqlite.path_of(database_url)
    with ServingLock.acquire(data_dir, wait_seconds=0):
        engine = sqlite.writing_engine(path)
        try:
            return bring_up_to_date(engine, path)
        except SQLAlchemyError as error:
            raise sqlite.start_error(error, path) from error
        finally:
            engine.dispose()


def examine(database_url: str, *, may_lock: bool) -> str:
    """What state a database is in, in a few words; changes nothing.

    StartError for everything with which a start would stop: another's, damaged, newer, locked. `may_lock` is False
    where a bot serves it, which must not be held up.
    """
    path = sqlite.path_of(database_url)
    if not os.path.exists(path):
        _require_room_for(path)
        return f"{path} will be made"
    _require_writable(path)
    engine = sqlite.examining_engine(path)
    try:
        if may_lock:
            sqlite.check_lock(path)
        with engine.begin() as conn:
            revision = revision_of(conn, path)
        sqlite.check_database(path)
    except StoreError as error:
        raise StartError(sqlite.damaged(path)) from error
    except (SQLAlchemyError, sqlite.Error) as error:
        raise sqlite.start_error(error, path) from error
    finally:
        engine.dispose()
    if revision is None:
        return f"{path} is empty and will be made"
    history = gatepost_history()
    if revision not in history.revisions:
        raise StartError(_newer(path, revision))
    return f"{path}, schema {revision}" + ("" if revision == history.head else "; starting upgrades it")


def _require_room_for(path: Path) -> None:
    """StartError where this user may not make the file; what is hidden from them counts as missing."""
    existing = next(one for one in path.parents if os.path.exists(one))
    if not _may(existing, os.W_OK | os.X_OK):
        raise StartError(f"The database {path} can't be made: {existing} can't be written; check the permissions.")


def _require_writable(path: Path) -> None:
    """StartError for a file that may only be read: SQLite opens it without a word, and fails as it is written."""
    if _may(path, os.R_OK) and not _may(path, os.W_OK):
        raise StartError(f"The database {path} can't be written; check the permissions.")


def _may(path: Path, mode: int) -> bool:
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


def bring_up_to_date(engine: Engine, path: Path, history: History | None = None) -> Upgrade:
    """Make the tables where there are none, or run the steps that are missing, in one transaction.

    Before it changes anything that exists, it leaves a copy beside it.
    """
    history = history or gatepost_history()
    _require_writable(path)
    with engine.begin() as conn:
        found = revision_of(conn, path)
    if found is None:
        sqlite.make_durable(engine)
    with engine.begin() as conn:
        sqlite.verify_durable(conn)
        # Read again: another process may have made or upgraded it meanwhile.
        return _change(conn, path, history, revision_of(conn, path))


def revision_of(conn: Connection, path: Path) -> str | None:
    """The revision the database is at; None when it is empty. StartError when it is somebody else's."""
    tables = inspect(conn).get_table_names()
    if not tables:
        return None
    revision = conn.scalar(_revisions.select()) if _revisions.name in tables else None
    if revision is None:
        raise StartError(f"{path} is not a Gatepost database; move it away or set DATABASE_URL.")
    return str(revision)


def require_current(conn: Connection, path: Path) -> None:
    """StartError unless the database is exactly what this program works with."""
    revision, history = revision_of(conn, path), gatepost_history()
    if revision is None:
        raise StartError(f"There is nothing in the database {path}.")
    if revision not in history.revisions:
        raise StartError(_newer(path, revision))
    if revision != history.head:
        raise StartError(f"The database {path} is older than this program; `gatepost db upgrade` upgrades it.")


def _change(conn: Connection, path: Path, history: History, before: str | None) -> Upgrade:
    if before is None:
        history.metadata.create_all(conn)
        _revisions.create(conn)
        conn.execute(_revisions.insert().values(version_num=history.head))
        return Upgrade(None, history.head)
    if before == history.head:
        return Upgrade(before, before)
    if before not in history.revisions:
        raise StartError(_newer(path, before))
    copy = _copy(path, history.head)
    _migrate(conn, history)
    return Upgrade(before, history.head, copy)


def _newer(path: Path, revision: str) -> str:
    return f"The database {path} is newer than this program (schema {revision}); update Gatepost."


def _copy(path: Path, head: str) -> Path:
    copy = path.with_name(f"{path.name}.before-{head}")
    making = copy.with_name(f"{copy.name}.new")
    making.unlink(missing_ok=True)
    sqlite.copy_database(path, making)
    return making.replace(copy)


def _migrate(conn: Connection, history: History) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(history.folder).replace("%", "%%"))
    config.attributes["connection"] = conn
    command.upgrade(config, history.head)
