"""An older database is brought up to date in one step, or left as it was; a copy is kept beside it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, inspect
from sqlalchemy.exc import OperationalError

from bot.errors import StartError
from bot.store import migrations, sqlite
from bot.store.lock import ServingLock
from bot.store.upgrade import History, Upgrade, bring_up_to_date, gatepost_history, upgrade

_STEP = '''
"""A step."""
from alembic import op
import sqlalchemy as sa
revision = {revision!r}
down_revision = {before!r}
def upgrade():
    {change}
'''


def history(folder: Path, *changes: str) -> History:
    """A program whose schema came to be by these changes, each a revision `1`, `2`, … of its own."""
    (folder / "versions").mkdir(parents=True)
    (folder / "env.py").write_text((Path(migrations.__file__).parent / "env.py").read_text())
    revisions = tuple(str(number + 1) for number in range(len(changes)))
    for before, revision, change in zip((None, *revisions), revisions, changes, strict=False):
        step = _STEP.format(revision=revision, before=before, change=change)
        (folder / "versions" / f"{revision}.py").write_text(step)
    metadata = MetaData()
    columns = [Column("size", Text)] if len(changes) > 1 else []
    Table("things", metadata, Column("id", Integer, primary_key=True), *columns)
    return History(metadata, folder, revisions)


MAKE = 'op.create_table("things", sa.Column("id", sa.Integer, primary_key=True))'
WIDEN = 'op.add_column("things", sa.Column("size", sa.Text))'
MISTAKE = 'op.drop_table("things"); op.drop_table("never")'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "gatepost.db"


def brought(path: Path, known: History) -> Upgrade:
    """What is done to a database by a program that knows this history."""
    engine = sqlite.writing_engine(path)
    try:
        return bring_up_to_date(engine, path, known)
    finally:
        engine.dispose()


def columns(path: Path) -> list[str]:
    """The columns that `things` has."""
    with closing(sqlite3.connect(path)) as opened:
        return [row[1] for row in opened.execute("PRAGMA table_info(things)")]


def test_an_older_database_is_upgraded_and_keeps_its_rows(path: Path, tmp_path: Path) -> None:
    old, new = history(tmp_path / "old", MAKE), history(tmp_path / "new", MAKE, WIDEN)
    assert brought(path, old) == Upgrade(None, "1")
    with closing(sqlite3.connect(path)) as opened, opened:
        opened.execute("INSERT INTO things VALUES (7)")

    assert brought(path, new) == Upgrade("1", "2", copy=tmp_path / "gatepost.db.before-2")
    assert columns(path) == ["id", "size"]
    with closing(sqlite3.connect(path)) as opened:
        assert opened.execute("SELECT * FROM things").fetchall() == [(7, None)]


def test_a_copy_of_the_old_database_stays_beside_it(path: Path, tmp_path: Path) -> None:
    old, new = history(tmp_path / "old", MAKE), history(tmp_path / "new", MAKE, WIDEN)
    brought(path, old)
    copy = brought(path, new).copy

    assert copy is not None
    assert columns(copy) == ["id"]


def test_a_database_that_is_up_to_date_is_left_alone(path: Path, tmp_path: Path) -> None:
    known = history(tmp_path / "known", MAKE)
    brought(path, known)

    assert brought(path, known) == Upgrade("1", "1")
    assert [found.name for found in tmp_path.glob("gatepost.db.before*")] == []


def test_an_older_program_refuses_the_upgraded_database(path: Path, tmp_path: Path) -> None:
    old, new = history(tmp_path / "old", MAKE), history(tmp_path / "new", MAKE, WIDEN)
    brought(path, new)

    with pytest.raises(StartError, match="newer than this program"):
        brought(path, old)


def test_an_upgrade_that_fails_leaves_the_database_as_it_was(path: Path, tmp_path: Path) -> None:
    old, bad = history(tmp_path / "old", MAKE), history(tmp_path / "bad", MAKE, MISTAKE)
    brought(path, old)

    with pytest.raises(OperationalError):
        brought(path, bad)
    assert columns(path) == ["id"]
    assert brought(path, old) == Upgrade("1", "1")


def test_the_upgrade_command_makes_or_upgrades_the_programs_own_database(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/gatepost.db"

    assert upgrade(tmp_path, url) == Upgrade(None, migrations.HEAD)
    assert upgrade(tmp_path, url) == Upgrade(migrations.HEAD, migrations.HEAD)


def test_the_upgrade_command_refuses_while_a_bot_serves(tmp_path: Path) -> None:
    with ServingLock.acquire(tmp_path), pytest.raises(StartError, match="already running"):
        upgrade(tmp_path, f"sqlite:///{tmp_path}/gatepost.db")


def described(path: Path) -> set[str]:
    """The schema of a database, a line for each column, index and constraint."""
    engine = sqlite.writing_engine(path)
    try:
        found = inspect(engine)
        lines = set()
        for table in found.get_table_names():
            key = found.get_pk_constraint(table)["constrained_columns"]
            lines.add(f"{table}: key {key}")
            lines |= {
                f"{table}.{c['name']}: {c['type']!r}, nullable {c['nullable']}, default {c['default']}"
                for c in found.get_columns(table)
            }
            lines |= {
                f"{table}: index {i['name']} on {i['column_names']}, unique {i['unique']}"
                for i in found.get_indexes(table)
            }
            lines |= {f"{table}: unique {u['column_names']}" for u in found.get_unique_constraints(table)}
            lines |= {f"{table}: reference {f}" for f in found.get_foreign_keys(table)}
        return lines
    finally:
        engine.dispose()


def test_alembic_from_nothing_ends_where_the_tables_say(tmp_path: Path) -> None:
    from alembic import command
    from alembic.config import Config

    known = gatepost_history()
    made, migrated = tmp_path / "made.db", tmp_path / "migrated.db"
    brought(made, known)
    engine = sqlite.writing_engine(migrated)
    with engine.begin() as conn:
        config = Config()
        config.set_main_option("script_location", str(known.folder))
        config.attributes["connection"] = conn
        command.upgrade(config, "head")
    engine.dispose()

    only_tables, only_steps = described(made) - described(migrated), described(migrated) - described(made)
    assert not only_tables, "missing in migrations/versions:\n" + "\n".join(sorted(only_tables))
    assert not only_steps, "missing in the tables:\n" + "\n".join(sorted(only_steps))


def test_the_listed_revisions_are_those_of_the_steps_in_their_order() -> None:
    from alembic.script import ScriptDirectory

    known = gatepost_history()
    steps = ScriptDirectory(str(known.folder)).walk_revisions()

    assert tuple(step.revision for step in steps)[::-1] == known.revisions
