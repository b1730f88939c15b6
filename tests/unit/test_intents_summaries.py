"""What is kept of summaries: replaced, trimmed, gone with a message, and never kept of what changed meanwhile."""

import pytest
from sqlalchemy import Connection, select

from bot.messages import (
    Digest,
    Inbound,
    InboundKind,
    Item,
    KeptDigest,
    KeptRecap,
    Person,
    Place,
    PlaceKind,
    Point,
    Recap,
    Reference,
    Role,
)
from bot.store.intents.changes import accept_delete, accept_edit
from bot.store.intents.history import cut, reset
from bot.store.intents.inbox import Target
from bot.store.intents.recaps import keep_recap, recap_of, unrecapped
from bot.store.intents.rows import append, open_conversation
from bot.store.intents.summaries import MOST_WHOLE, keep_digest, kept_digests
from bot.store.schema import conversations

ADA = Person("u1", "Ada")
THREAD = Place("town", "w", "square", "t0", PlaceKind.THREAD)
OTHER = Place("town", "w", "circle", "t0", PlaceKind.THREAD)
NOW = 1_000.0


def kept(
    *messages: str, begins: str | None = "", part: bool = False, place: Place = THREAD, words: str = "x"
) -> KeptDigest:
    digest = Digest(words, (Point(words, (Reference(messages[0], ADA),)),))
    marks = dict.fromkeys(messages, "abcd1234")
    return KeptDigest(
        place.key, place.parent.key, marks, ("u1",), 1.0, 2.0, digest, "m", 1, NOW, begins=begins, part=part
    )


def event(kind: InboundKind, message_id: str, place: Place = THREAD, key: str = "e1", text: str = "") -> Inbound:
    return Inbound(key, kind, place, message_id, ADA, NOW, text=text)


def words_of(conn: Connection, place: Place = THREAD) -> list[str]:
    return [one.digest.overview for one in kept_digests(conn, place.key, 1)]


def test_a_digest_comes_back_as_it_was_kept(conn: Connection) -> None:
    for one in (kept("m1", "m2"), kept("m3", part=True, begins=None)):
        keep_digest(conn, one, NOW)

    assert kept_digests(conn, THREAD.key, 1) == (kept("m1", "m2"), kept("m3", part=True, begins=None))
    assert kept_digests(conn, THREAD.key, 2) == ()
    assert kept_digests(conn, OTHER.key, 1) == ()


def test_a_whole_one_takes_the_place_of_the_one_from_the_same_beginning_and_parts_stay(conn: Connection) -> None:
    for one in (
        kept("m1", words="part", part=True, begins=None),
        kept("m1", words="old"),
        kept("m2", words="from m2", begins="m2"),
        kept("m1", "m2", words="new"),
    ):
        keep_digest(conn, one, NOW)

    assert words_of(conn) == ["part", "from m2", "new"]


def test_only_the_newest_are_kept_of_one_place(conn: Connection) -> None:
    for n in range(MOST_WHOLE + 3):
        keep_digest(conn, kept("m1", begins=None, words=str(n)), NOW)

    assert words_of(conn) == [str(n) for n in range(3, MOST_WHOLE + 3)]


@pytest.mark.parametrize("place", [THREAD, THREAD.parent])
def test_a_message_that_goes_takes_what_was_made_from_it_along_and_nothing_else(
    conn: Connection, place: Place
) -> None:
    keep_digest(conn, kept("m1", "m12", words="gone"), NOW)
    keep_digest(conn, kept("m12", begins="m12", words="stays"), NOW)
    keep_digest(conn, kept("m1", place=OTHER, words="elsewhere"), NOW)
    accept_delete(conn, event(InboundKind.DELETE, "m1", place), NOW)

    assert words_of(conn) == ["stays"]
    assert words_of(conn, OTHER) == ["elsewhere"]


def test_an_edit_does_the_same(conn: Connection) -> None:
    keep_digest(conn, kept("m1"), NOW)
    accept_edit(conn, event(InboundKind.EDIT, "m1", text="new"), Target(THREAD, THREAD.key), "turn", NOW)

    assert words_of(conn) == []


def test_a_message_that_changed_after_it_was_read_is_in_no_digest_that_comes_later(conn: Connection) -> None:
    accept_delete(conn, event(InboundKind.DELETE, "m1", key="early"), NOW - 1)
    keep_digest(conn, kept("m1", begins=None, words="read after that"), NOW)
    accept_delete(conn, event(InboundKind.DELETE, "m2", key="late"), NOW + 1)
    keep_digest(conn, kept("m2", "m3", words="read before that"), NOW)

    assert words_of(conn) == ["read after that"]


# --- recaps --------------------------------------------------------------------------------------


def converse(conn: Connection, count: int, cut_at: int) -> list[int]:
    """A conversation of so many items, cut at one of them; their numbers."""
    open_conversation(conn, THREAD.key, THREAD, NOW)
    said = [Item(0, Role.USER, f"text {n}", ADA, f"m{n}") for n in range(count)]
    seqs = [item.seq for item in append(conn, THREAD.key, said, THREAD, NOW)]
    cut(conn, THREAD.key, seqs[cut_at], seqs[cut_at])
    return seqs


def version(conn: Connection) -> int:
    return int(conn.execute(select(conversations.c.prefix_version)).scalar_one())


def test_what_was_cut_off_is_told_until_it_is_in_the_recap(conn: Connection) -> None:
    seqs = converse(conn, 6, 4)
    first = unrecapped(conn, THREAD.key)
    assert first is not None
    assert [item.text for item in first.items] == ["text 0", "text 1", "text 2", "text 3"]
    half = KeptRecap(seqs[2], Recap("half"))
    assert keep_recap(conn, THREAD.key, half, first.version, "m", NOW)
    second = unrecapped(conn, THREAD.key)
    assert second is not None
    assert ([item.text for item in second.items], second.before) == (["text 2", "text 3"], half)
    assert keep_recap(conn, THREAD.key, KeptRecap(second.upto_seq, Recap("all")), second.version, "m", NOW)

    assert unrecapped(conn, THREAD.key) is None
    assert recap_of(conn, THREAD.key) == KeptRecap(seqs[4], Recap("all"))


def test_a_recap_of_what_changed_meanwhile_is_not_kept(conn: Connection) -> None:
    seqs = converse(conn, 6, 4)
    read = version(conn)
    accept_delete(conn, event(InboundKind.DELETE, "m1"), NOW)

    assert not keep_recap(conn, THREAD.key, KeptRecap(seqs[4], Recap("stale")), read, "m", NOW)
    assert recap_of(conn, THREAD.key) is None


@pytest.mark.parametrize(("message_id", "stays"), [("m1", False), ("m5", True)])
def test_a_recap_goes_with_a_message_of_it_and_not_with_a_later_one(
    conn: Connection, message_id: str, stays: bool
) -> None:
    seqs = converse(conn, 6, 4)
    keep_recap(conn, THREAD.key, KeptRecap(seqs[4], Recap("all")), version(conn), "m", NOW)
    accept_delete(conn, event(InboundKind.DELETE, message_id), NOW)

    assert (recap_of(conn, THREAD.key) is not None) is stays


def test_an_edit_of_a_message_takes_the_recap_along(conn: Connection) -> None:
    seqs = converse(conn, 6, 4)
    keep_recap(conn, THREAD.key, KeptRecap(seqs[4], Recap("all")), version(conn), "m", NOW)
    accept_edit(conn, event(InboundKind.EDIT, "m1", text="new"), Target(THREAD, THREAD.key), "turn", NOW)

    assert recap_of(conn, THREAD.key) is None


def test_a_new_start_has_no_recap_and_nothing_to_make_one_of(conn: Connection) -> None:
    seqs = converse(conn, 6, 4)
    keep_recap(conn, THREAD.key, KeptRecap(seqs[4], Recap("all")), version(conn), "m", NOW)
    reset(conn, THREAD.key, THREAD, NOW)

    assert recap_of(conn, THREAD.key) is None
    assert unrecapped(conn, THREAD.key) is None
