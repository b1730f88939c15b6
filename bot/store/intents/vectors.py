"""Vectors by which words are found again: kept beside the model that made them, gone with what they stand for."""

import array
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import StrEnum

from sqlalchemy import Connection, delete, insert, select

from bot.store.schema import vectors


class Owner(StrEnum):
    """What a vector stands for; its owner's id is that of a row of the table named so."""

    ITEM = "items"
    MESSAGE = "indexed_messages"


def keep_vectors(
    conn: Connection, owner: Owner, model: str, made: Mapping[int, Sequence[float]], now: float
) -> None:
    """Keep the vectors that a model made, by the id of what each stands for; one it made before is replaced."""
    forget_vectors(conn, owner, made, model)
    rows = [
        {
            "owner": owner,
            "owner_id": owner_id,
            "model": model,
            "dimension": len(vector),
            "vector": packed(vector),
            "at": now,
        }
        for owner_id, vector in made.items()
    ]
    if rows:
        conn.execute(insert(vectors), rows)


def vectors_by(
    conn: Connection, owner: Owner, model: str, dimension: int, among: Collection[int] | None = None
) -> Iterator[tuple[int, tuple[float, ...]]]:
    """The vectors of one model and dimension, with the ids of what they stand for: all, or those among some ids.

    Only such can be compared with each other.
    """
    mine = (vectors.c.owner == owner, vectors.c.model == model, vectors.c.dimension == dimension)
    query = select(vectors.c.owner_id, vectors.c.vector).where(*mine).order_by(vectors.c.owner_id)
    if among is not None:
        query = query.where(vectors.c.owner_id.in_(among))
    for row in conn.execute(query):
        yield row.owner_id, unpacked(row.vector)


def known_vectors(
    conn: Connection, owner: Owner, model: str, dimension: int, among: Collection[int]
) -> Mapping[int, Sequence[float]]:
    """As `vectors_by`, whole, for a query of a few."""
    return dict(vectors_by(conn, owner, model, dimension, among))


def forget_vectors(conn: Connection, owner: Owner, ids: Collection[int], model: str | None = None) -> None:
    """Take away what was made of these: of one model, or all."""
    if not ids:
        return
    query = delete(vectors).where(vectors.c.owner == owner, vectors.c.owner_id.in_(tuple(ids)))
    conn.execute(query if model is None else query.where(vectors.c.model == model))


def packed(vector: Sequence[float]) -> bytes:
    """A vector as 32-bit floats, the lowest byte first."""
    return _little_endian(array.array("f", vector)).tobytes()


def unpacked(data: bytes) -> tuple[float, ...]:
    """The vector again."""
    floats = array.array("f")
    floats.frombytes(data)
    return tuple(_little_endian(floats))


def _little_endian(floats: "array.array[float]") -> "array.array[float]":
    if sys.byteorder == "big":
        floats.byteswap()
    return floats
