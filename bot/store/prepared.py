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
    """A statement over columns that hold text and numbers as they are; compiled anew for other names of values.

    Those of an INSERT, and of an UPDATE that says nothing of its own, are the columns. There is no IN.
    """

    def __init__(self, statement: _Statement) -> None:
        self._statement = statement
        self._forms: dict[tuple[str, ...], _Form] = {}

    def __call__(self, conn: Connection, values: _Values) -> Result[Any]:
        """Run it; the rows it finds or returns, all read."""
        driver = sqlite.direct(conn)
        if driver is None:
            return conn.execute(self._statement, values)
        form = self._forms.get(tuple(values)) or self._prepare(conn.dialect, values)
        rows = driver.execute(form.text, form.arguments(values)).fetchall()
        return IteratorResult(form.columns, iter(rows))

    def change(self, conn: Connection, values: _Values) -> int:
        """Run it; how many rows it changed."""
        driver = sqlite.direct(conn)
        if driver is None:
            return conn.execute(self._statement, values).rowcount
        form = self._forms.get(tuple(values)) or self._prepare(conn.dialect, values)
        return driver.execute(form.text, form.arguments(values)).rowcount

    def _prepare(self, dialect: Dialect, values: _Values) -> "_Form":
        form = self._forms[tuple(values)] = _Form.of(self._statement, dialect, values)
        return form


@dataclass(frozen=True, slots=True)
class _Form:
    """What the driver is given, and how what it finds is called."""

    text: str
    names: tuple[str, ...]
    fixed: _Values
    columns: SimpleResultMetaData

    @classmethod
    def of(cls, statement: _Statement, dialect: Dialect, values: _Values) -> "_Form":
        compiled = statement.compile(dialect=dialect, column_keys=list(values))
        names, found = tuple(compiled.positiontup or ()), statement.exported_columns
        if unused := values.keys() - set(names):
            raise TypeError(f"{sorted(unused)} would be left out of {compiled.string}")
        for part in (*compiled.binds.values(), *found):
            if not isinstance(part.type, _PLAIN):
                raise TypeError(f"{part} can't be given to the driver as it is")
        return cls(
            text=compiled.string,
            names=names,
            fixed={name: value for name, value in compiled.params.items() if name not in values},
            columns=SimpleResultMetaData([str(name) for name, _ in found.items()]),
        )

    def arguments(self, values: _Values) -> list[Any]:
        """The values in the order in which the text names them."""
        return [values[name] if name in values else self.fixed[name] for name in self.names]
