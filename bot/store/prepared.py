"""Statements that run for every message: compiled once, then given to the driver as they are.

The engine's own way of running one costs four to seven times what SQLite takes for it, and two hundred questions
at once are thousands of statements. Where the driver can't be reached, the same statement runs the engine's way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import Connection, Delete, Float, Insert, Integer, Result, Select, String, Update
from sqlalchemy.engine import Dialect, IteratorResult
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.sql.dml import ReturningDelete, ReturningInsert, ReturningUpdate
from sqlalchemy.types import NullType

from bot.store import sqlite

_Statement: TypeAlias = (
    Select[Any] | Insert | Update | Delete | ReturningInsert[Any] | ReturningUpdate[Any] | ReturningDelete[Any]
)
_Values: TypeAlias = Mapping[str, Any]
_PLAIN = (String, Integer, Float, NullType)


class Prepared:
    """A statement over columns that hold text and numbers as they are, always run with values of the same names.

    Those of an INSERT are its columns. A list of values, as IN takes, has to be part of the statement.
    """

    def __init__(self, statement: _Statement) -> None:
        self._statement = statement
        self._form: _Form | None = None

    def __call__(self, conn: Connection, values: _Values) -> Result[Any]:
        """Run it; the rows it finds or returns, all read."""
        driver = sqlite.direct(conn)
        if driver is None:
            return conn.execute(self._statement, values)
        form = self._form or self._prepare(conn.dialect, values)
        rows = driver.execute(form.text, form.arguments(values)).fetchall()
        return IteratorResult(form.columns, iter(rows))

    def change(self, conn: Connection, values: _Values) -> int:
        """Run it; how many rows it changed."""
        driver = sqlite.direct(conn)
        if driver is None:
            return conn.execute(self._statement, values).rowcount
        form = self._form or self._prepare(conn.dialect, values)
        return driver.execute(form.text, form.arguments(values)).rowcount

    def _prepare(self, dialect: Dialect, values: _Values) -> "_Form":
        self._form = _Form.of(self._statement, dialect, values)
        return self._form


@dataclass(frozen=True, slots=True)
class _Form:
    """What the driver is given, and how what it finds is called."""

    text: str
    names: tuple[str, ...]
    given: int
    fixed: _Values
    columns: SimpleResultMetaData

    @classmethod
    def of(cls, statement: _Statement, dialect: Dialect, values: _Values) -> "_Form":
        compiled = statement.compile(dialect=dialect, column_keys=list(values))
        found = statement.exported_columns
        for part in (*compiled.binds.values(), *found):
            if not isinstance(part.type, _PLAIN):
                raise TypeError(f"{part} can't be given to the driver as it is")
        return cls(
            text=compiled.string,
            names=tuple(compiled.positiontup or ()),
            given=len(values),
            fixed={name: value for name, value in compiled.params.items() if name not in values},
            columns=SimpleResultMetaData([str(name) for name, _ in found.items()]),
        )

    def arguments(self, values: _Values) -> list[Any]:
        """The values in the order in which the text names them; one too many or too few is a mistake."""
        if len(values) != self.given:
            raise TypeError(f"{sorted(values)} are not the values this statement is prepared for")
        return [values[name] if name in values else self.fixed[name] for name in self.names]
