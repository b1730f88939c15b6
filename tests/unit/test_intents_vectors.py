"""Vectors: kept beside the model that made them, compared only with their like, gone with what they stand for."""

import pytest
from sqlalchemy import Connection, select

from bot.messages import Inbound, InboundKind, Item, Person, Place, PlaceKind, Role
from bot.store.intents.changes import accept_delete, accept_edit
from bot.store.intents.inbox import Target
from bot.store.intents.rows import add_conversation, append
from bot.store.intents.vectors import Owner, forget_vectors, keep_vectors, packed, unpacked, vectors_by
from bot.store.schema import items, vectors

ADA = Person("u1", "Ada")
THREAD = Place("web", "local", "general", "t1", PlaceKind.THREAD)
SMALL, LARGE = "acme/embed", "acme/embed-large"


def _all(conn: Connection, model: str = SMALL, dimension: int = 2) -> dict[int, tuple[float, ...]]:
    return dict(vectors_by(conn, Owner.ITEM, model, dimension))


def test_a_vector_is_kept_as_32_bit_floats_the_lowest_byte_first() -> None:
    assert packed((1.0, -2.0)) == b"\x00\x00\x80\x3f\x00\x00\x00\xc0"
    assert unpacked(packed((1.0, -2.0))) == (1.0, -2.0)


def test_only_vectors_of_one_model_and_dimension_are_read_together(conn: Connection) -> None:
    keep_vectors(conn, Owner.ITEM, SMALL, {1: (1.0, 0.0), 2: (0.0, 1.0)}, 0.0)
    keep_vectors(conn, Owner.ITEM, SMALL, {3: (1.0, 0.0, 0.0)}, 0.0)
    keep_vectors(conn, Owner.ITEM, LARGE, {1: (0.5, 0.5)}, 0.0)

    assert _all(conn) == {1: (1.0, 0.0), 2: (0.0, 1.0)}
    assert _all(conn, LARGE) == {1: (0.5, 0.5)}
    assert dict(vectors_by(conn, Owner.ITEM, SMALL, 2, among=(2, 3))) == {2: (0.0, 1.0)}


def test_a_vector_made_again_replaces_the_one_before(conn: Connection) -> None:
    keep_vectors(conn, Owner.ITEM, SMALL, {1: (1.0, 0.0)}, 0.0)
    keep_vectors(conn, Owner.ITEM, SMALL, {1: (0.0, 1.0)}, 1.0)

    assert _all(conn) == {1: (0.0, 1.0)}


def test_vectors_are_forgotten_by_model_or_whole(conn: Connection) -> None:
    for model in (SMALL, LARGE):
        keep_vectors(conn, Owner.ITEM, model, {1: (1.0, 0.0), 2: (1.0, 0.0)}, 0.0)

    forget_vectors(conn, Owner.ITEM, [1], LARGE)
    assert (set(_all(conn)), set(_all(conn, LARGE))) == ({1, 2}, {2})
    forget_vectors(conn, Owner.ITEM, [2])
    assert (set(_all(conn)), set(_all(conn, LARGE))) == ({1}, set())


@pytest.mark.parametrize("kind", [InboundKind.DELETE, InboundKind.EDIT])
def test_the_vector_of_a_message_goes_with_its_words(conn: Connection, kind: InboundKind) -> None:
    add_conversation(conn, THREAD.key, THREAD, 0.0)
    for n in (1, 2):
        append(conn, THREAD.key, [Item(0, Role.NOTE, f"words {n}", ADA, f"m{n}")], THREAD, 1.0)
    first, second = conn.scalars(select(items.c.id).order_by(items.c.id)).all()
    keep_vectors(conn, Owner.ITEM, SMALL, {first: (1.0, 0.0), second: (0.0, 1.0)}, 0.0)

    changed = Inbound("e1", kind, THREAD, "m1", ADA, 0.0, text="other words")
    if kind is InboundKind.DELETE:
        accept_delete(conn, changed, 0.0)
    else:
        accept_edit(conn, changed, Target(THREAD, THREAD.key), "turn", 0.0)

    assert set(conn.scalars(select(vectors.c.owner_id))) == {second}
