"""What our conversations hold is found, each message once; what is edited or taken back follows at once."""

from dataclasses import replace

import pytest
from sqlalchemy import Connection

from bot.messages import (
    Inbound,
    InboundKind,
    Item,
    PastMessage,
    Person,
    PersonKind,
    Place,
    PlaceKind,
    Query,
    Rendered,
    Role,
    TurnState,
)
from bot.store import fulltext
from bot.store.fulltext import Wanted
from bot.store.intents.changes import accept_delete, accept_edit
from bot.store.intents.history import reset, seed
from bot.store.intents.inbox import Target, accept_message
from bot.store.intents.indexed import index_items, unindexed_places
from bot.store.intents.posts import record_post, settle_posts
from bot.store.intents.recorded import forget_recorded, record, record_again
from bot.store.intents.rows import append
from bot.store.intents.turns import claim, finish
from bot.store.search import find
from bot.store.words import terms_in

ADA, US = Person("u1", "Ada"), Person("bot", "Gatepost", PersonKind.SELF)
CHANNEL = Place("discord", "g", "general")
THREAD = Place("discord", "g", "general", "t1", PlaceKind.THREAD)
NOW = 1_000.0


def event(n: int, text: str, kind: InboundKind = InboundKind.MESSAGE, key: str = "") -> Inbound:
    return Inbound(key or f"e{n}", kind, THREAD, f"m{n}", ADA, NOW + n, text, addressed=True)


def past(n: int, text: str, place: Place = THREAD, who: Person = ADA) -> PastMessage:
    return PastMessage(f"m{n}", who, text, NOW + n, place=place)


def answered(conn: Connection, n: int, question: str, answer: str, *, shown: bool = True) -> None:
    """A whole turn, and what is new of it taken into the index."""
    accept_message(conn, event(n, question), Target(THREAD, THREAD.key), f"turn{n}", NOW + n)
    begun = claim(conn, f"turn{n}", THREAD, "discord:u1", f"post{n}", "model", NOW + n)
    assert begun is not None
    said = (
        Item(0, Role.TOOL, "saffron from a tool", turn_id=f"turn{n}", tool_call_id="c1"),
        Item(0, Role.ASSISTANT, answer, turn_id=f"turn{n}"),
    )
    finish(conn, begun.turn, TurnState.DONE, Rendered(answer, final=True), said, NOW + n)
    if shown:
        record_post(conn, begun.posts[0].key, f"reply{n}")
        settle_posts(conn, f"turn{n}", {begun.posts[0].key: "confirmed"}, {})
    index(conn)


def index(conn: Connection, apart: tuple[str, ...] = ()) -> None:
    last, _ = unindexed_places(conn, 100)
    index_items(conn, last, 100, apart)


def found(conn: Connection, words: str, *places: Place) -> list[str]:
    return [hit.message_id for hit in find(conn, Query(words, places or (THREAD,)))]


def indexed(conn: Connection, words: str) -> int:
    """In how many rows of the index itself these words are."""
    return len(fulltext.newest(conn, Wanted(terms_in(words), ()), 0, 2**62, 100))


def test_question_and_answer_are_found_and_no_words_of_tools(conn: Connection) -> None:
    answered(conn, 1, "which tea is it", "it is darjeeling")

    assert found(conn, "tea") == ["m1"]
    assert found(conn, "darjeeling", CHANNEL) == ["reply1"]
    assert found(conn, "saffron") == []
    (hit,) = find(conn, Query("darjeeling", (THREAD,)))
    assert (hit.place, hit.author.kind) == (THREAD, PersonKind.SELF)
    assert hit.sent_at == pytest.approx(NOW + 1)


def test_an_answer_that_nobody_was_shown_is_not_found(conn: Connection) -> None:
    answered(conn, 1, "which tea is it", "it is darjeeling", shown=False)

    assert found(conn, "darjeeling") == []


def test_an_edited_question_is_found_by_its_new_words_alone(conn: Connection) -> None:
    answered(conn, 1, "which tea is it", "darjeeling")

    accept_edit(conn, event(1, "which coffee is it", InboundKind.EDIT, "x"), Target(THREAD, THREAD.key), "t9", NOW)

    assert (found(conn, "coffee"), found(conn, "tea"), indexed(conn, "tea")) == (["m1"], [], 0)


def test_a_deleted_question_is_gone_from_the_index_as_well(conn: Connection) -> None:
    answered(conn, 1, "which tea is it", "darjeeling")

    accept_delete(conn, replace(event(1, "", InboundKind.DELETE, "x"), person=Person("", "")), NOW)

    assert (found(conn, "tea"), indexed(conn, "tea")) == ([], 0)


def test_a_deleted_answer_is_gone(conn: Connection) -> None:
    answered(conn, 1, "which tea is it", "darjeeling")

    accept_delete(conn, replace(event(1, "", InboundKind.DELETE, "x"), message_id="reply1"), NOW)

    assert (found(conn, "darjeeling"), indexed(conn, "darjeeling")) == ([], 0)
    assert found(conn, "tea") == ["m1"]


def test_a_reset_hides_nothing(conn: Connection) -> None:
    answered(conn, 1, "which tea is it", "darjeeling")

    reset(conn, THREAD.key, THREAD, NOW)

    assert found(conn, "tea") == ["m1"]


@pytest.mark.parametrize("recorded_first", [True, False])
def test_a_message_that_is_recorded_and_in_a_conversation_is_one(conn: Connection, recorded_first: bool) -> None:
    if recorded_first:
        record(conn, [past(1, "@bot which tea is it")])
    answered(conn, 1, "which tea is it", "darjeeling")
    record(conn, [past(1, "@bot which tea is it")])

    assert (found(conn, "tea"), indexed(conn, "tea")) == (["m1"], 1)
    assert forget_recorded(conn, CHANNEL.key, 10) == 1
    assert forget_recorded(conn, CHANNEL.key, 10) == 0
    assert found(conn, "tea") == ["m1"], "the conversation still has it"


def test_an_edit_of_a_recorded_message_that_a_conversation_has_changes_it_once(conn: Connection) -> None:
    answered(conn, 1, "which tea is it", "darjeeling")
    record(conn, [past(1, "which tea is it")])

    accept_edit(conn, event(1, "coffee", InboundKind.EDIT, "x"), Target(THREAD, THREAD.key), "t9", NOW)
    record_again(conn, past(1, "coffee"))

    assert (found(conn, "coffee"), indexed(conn, "coffee"), indexed(conn, "tea")) == (["m1"], 1, 0)


def test_what_was_deleted_before_it_was_recorded_stays_gone(conn: Connection) -> None:
    accept_delete(conn, event(1, "", InboundKind.DELETE, "x"), NOW)

    assert record(conn, [past(1, "tea")]) == 0
    record_again(conn, past(1, "tea"))

    assert found(conn, "tea") == []


def test_earlier_messages_that_several_conversations_read_are_found_once(conn: Connection) -> None:
    answered(conn, 1, "hello", "hi")
    note = Item(0, Role.NOTE, "tea at five", ADA, "m0", sent_at=NOW - 5)
    ours = Item(0, Role.NOTE, "tea as I said", US, "reply0", sent_at=NOW - 4)
    seed(conn, THREAD.key, [note, ours], [CHANNEL, CHANNEL], NOW)
    append(conn, THREAD.key, [note], CHANNEL, NOW)
    index(conn)

    (hit,) = find(conn, Query("tea", (CHANNEL,)))
    assert (hit.message_id, hit.place) == ("m0", CHANNEL)


def test_items_are_taken_in_once_and_in_order(conn: Connection) -> None:
    answered(conn, 1, "one", "two")

    assert unindexed_places(conn, 100) == (0, ())
    answered(conn, 2, "three", "four")
    assert [found(conn, word) for word in ("one", "two", "three", "four")] == [
        ["m1"],
        ["reply1"],
        ["m2"],
        ["reply2"],
    ]


def test_a_thread_with_readers_of_its_own_is_not_found_from_its_channel(conn: Connection) -> None:
    accept_message(conn, event(1, "tea"), Target(THREAD, THREAD.key), "turn1", NOW)
    claim(conn, "turn1", THREAD, "discord:u1", "post1", "model", NOW)
    last, places = unindexed_places(conn, 100)
    assert places == (THREAD,)
    index_items(conn, last, 100, {THREAD.key})

    assert (found(conn, "tea", CHANNEL), found(conn, "tea", THREAD)) == ([], ["m1"])
