"""Messages are found by their words, in the places that may be looked in and no others; over real SQLite."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from bot.messages import Attachment, PastMessage, Person, PersonKind, Place, PlaceKind, Query
from bot.store.intents.keeping import Theirs
from bot.store.intents.kept_recorded import RECORDED
from bot.store.intents.recorded import forget_message, forget_recorded, record, record_again
from bot.store.schema import indexed_people
from bot.store.search import find

ADA, GRACE = Person("u1", "Ada"), Person("u2", "Grace")
GENERAL = Place("discord", "g", "general")
RANDOM = Place("discord", "g", "random")
THREAD = Place("discord", "g", "general", "t1", PlaceKind.THREAD)
SECRET = Place("discord", "g", "general", "t2", PlaceKind.THREAD)
DAY = 24 * 3600.0


def said(
    text: str,
    n: int = 1,
    place: Place = GENERAL,
    who: Person = ADA,
    at: float | None = None,
    files: tuple[str, ...] = (),
) -> PastMessage:
    attached = tuple(Attachment(name, name) for name in files)
    return PastMessage(f"m{n}", who, text, 1_000.0 + n if at is None else at, attached, place)


def found(conn: Connection, words: str, *places: Place, **narrowed: object) -> list[str]:
    """The ids of what is found, the best first."""
    query = Query(words, places or (GENERAL,), **narrowed)  # type: ignore[arg-type]
    return [hit.message_id for hit in find(conn, query)]


def test_a_message_is_found_with_all_that_is_known_of_it(conn: Connection) -> None:
    record(conn, [said("the release is in May", files=("plan.pdf",))])

    (hit,) = find(conn, Query("release", (GENERAL,)))

    assert (hit.place, hit.message_id, hit.author) == (GENERAL, "m1", ADA)
    assert (hit.sent_at, hit.text, hit.files) == (1_001.0, "the release is in May", ("plan.pdf",))


def test_all_words_have_to_be_there_and_what_is_in_quotes_side_by_side(conn: Connection) -> None:
    record(conn, [said("blue green red", 1), said("red green", 2), said("blue red", 3)])

    assert set(found(conn, "blue red")) == {"m1", "m3"}
    assert found(conn, '"blue red"') == ["m3"]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("東京都に行く", "京都"),
        ("猫がいる", "猫"),
        ("배포는 끝났다", "배포"),
        ("อากาศดีมาก", "อากาศ"),
        ("Łódź", "lodz"),
    ],
)
def test_words_of_every_script_are_found(conn: Connection, text: str, asked: str) -> None:
    record(conn, [said("something else", 1), said(text, 2)])

    assert found(conn, asked) == ["m2"]


def test_only_the_places_that_are_named_are_looked_in(conn: Connection) -> None:
    record(conn, [said("tea", 1), said("tea", 2, RANDOM)])

    assert found(conn, "tea", GENERAL) == ["m1"]
    assert set(found(conn, "tea", GENERAL, RANDOM)) == {"m1", "m2"}
    assert found(conn, "tea", Place("discord", "g", "other")) == []
    assert find(conn, Query("tea", ())) == ()


def test_a_channel_stands_for_its_threads_but_for_those_with_readers_of_their_own(conn: Connection) -> None:
    record(conn, [said("tea", 1), said("tea", 2, THREAD), said("tea", 3, SECRET)], apart={SECRET.key})

    assert set(found(conn, "tea", GENERAL)) == {"m1", "m2"}
    assert found(conn, "tea", THREAD) == ["m2"]
    assert set(found(conn, "tea", GENERAL, SECRET)) == {"m1", "m2", "m3"}
    assert set(found(conn, "", GENERAL)) == {"m1", "m2"}


def test_a_thread_that_could_not_be_told_to_be_open_is_found_from_its_channel_once_it_can(
    conn: Connection,
) -> None:
    record(conn, [said("tea", 1, THREAD)], apart={THREAD.key})
    assert found(conn, "tea", GENERAL) == []

    record(conn, [said("tea again", 2, THREAD)])

    assert set(found(conn, "tea", GENERAL)) == {"m1", "m2"}


def test_what_was_said_by_one_person_at_one_time_with_a_file(conn: Connection) -> None:
    record(
        conn,
        [
            said("tea", 1, at=DAY),
            said("tea", 2, who=GRACE, at=2 * DAY),
            said("tea", 3, who=GRACE, at=3 * DAY, files=("cup.png",)),
        ],
    )

    assert set(found(conn, "tea", author="u2")) == {"m2", "m3"}
    assert found(conn, "tea", author="u9") == []
    assert found(conn, "tea", has_file=True) == ["m3"]
    assert found(conn, "tea", after=2 * DAY, before=3 * DAY) == ["m2"]
    assert found(conn, "", author="u2", before=3 * DAY) == ["m2"]


def test_a_message_is_found_by_the_names_of_its_files(conn: Connection) -> None:
    record(conn, [said("here it is", files=("quarterly-report.pdf",))])

    assert found(conn, "quarterly report") == ["m1"]


def test_without_words_the_newest_come_first(conn: Connection) -> None:
    record(conn, [said("one", 1), said("two", 2), said("three", 3)])

    assert found(conn, "", limit=2) == ["m3", "m2"]


def test_what_stands_close_together_and_often_comes_first(conn: Connection) -> None:
    record(
        conn,
        [
            said("the red book and somewhere far behind it all a door", 1),
            said("a red door", 2),
            said("words, and more of them, before one red and, much later, one door, and more words after it", 3),
        ],
    )

    assert found(conn, "red door") == ["m2", "m1", "m3"]


def test_of_the_same_words_the_newer_come_first(conn: Connection) -> None:
    record(conn, [said("tea", n, at=n * 40 * DAY) for n in (2, 1, 3)])

    assert found(conn, "tea") == ["m3", "m2", "m1"]


def test_words_may_go_on_where_few_messages_hold_the_very_words(conn: Connection) -> None:
    record(conn, [said("we deployed it", 1), said("deploy", 2)])

    assert set(found(conn, "deploy")) == {"m1", "m2"}
    assert found(conn, "deployment") == []


def test_where_nothing_holds_it_all_the_rarer_words_count_most(conn: Connection) -> None:
    record(conn, [said("we met", n) for n in range(1, 9)])
    record(conn, [said("the pricing", 20, at=1.0)])

    assert found(conn, "when did we decide on pricing")[0] == "m20"


@pytest.mark.parametrize(
    "typed", ['"', "AND", "NEAR(a b)", "words:a", "-a", "a*", "^a", "(", "a OR", "{a b}:c", "\x00", "'--", "*"]
)
def test_what_looks_like_syntax_is_only_words(conn: Connection, typed: str) -> None:
    record(conn, [said("near a or and words", 1)])

    find(conn, Query(typed, (GENERAL,)))


_TEXT = st.text(max_size=60)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(_TEXT, _TEXT)
def test_any_message_is_found_by_any_of_its_words_and_no_question_fails(
    conn: Connection, text: str, question: str
) -> None:
    record_again(conn, said(text))

    find(conn, Query(question, (GENERAL,)))
    for word in text.replace('"', " ").split():
        hits = find(conn, Query(word.strip("“”„«»"), (GENERAL,)))
        assert [hit.text for hit in hits] in ([text], [])
        assert hits or not any(letter.isalnum() for letter in word)


def test_half_a_letter_spoils_no_message(conn: Connection) -> None:
    record(conn, [said("tea \ud83d and cake")])

    assert found(conn, "cake") == ["m1"]
    find(conn, Query("\ud83d tea", (GENERAL,)))


def test_what_somebody_had_forgotten_is_not_read_again_from_history(conn: Connection) -> None:
    old, new = said("tea", 1, at=100.0), said("tea again", 2, at=300.0)
    record(conn, [old])
    RECORDED.forget(conn, Theirs("discord:u1", until=200.0, now=200.0))

    assert record(conn, [old, new]) == 1
    assert found(conn, "tea") == ["m2"]


def test_a_message_is_kept_once(conn: Connection) -> None:
    assert record(conn, [said("tea"), said("tea")]) == 1
    assert record(conn, [said("coffee")]) == 0
    assert found(conn, "tea") == ["m1"]


def test_messages_of_the_same_moment_are_all_found(conn: Connection) -> None:
    record(conn, [said("tea", n, at=5.0) for n in range(3)])

    assert set(found(conn, "tea")) == {"m0", "m1", "m2"}


def test_a_message_that_was_changed_is_found_by_its_new_words_alone(conn: Connection) -> None:
    record(conn, [said("tea and cake")])

    record_again(conn, said("coffee and cake"))

    assert found(conn, "coffee") == ["m1"]
    assert found(conn, "tea") == []


def test_a_message_that_was_taken_back_is_gone_and_its_words_too(conn: Connection) -> None:
    record(conn, [said("tea", 1), said("tea", 2)])

    forget_message(conn, GENERAL, "m1")
    record(conn, [said("coffee", 3, at=1_001.0)])

    assert found(conn, "tea") == ["m2"]


def test_what_was_recorded_in_a_channel_is_forgotten_bit_by_bit(conn: Connection) -> None:
    record(conn, [said("tea", 1), said("tea", 2, THREAD), said("tea", 3), said("tea", 4, RANDOM)])

    assert [forget_recorded(conn, GENERAL.key, 2) for _ in range(3)] == [2, 1, 0]
    assert found(conn, "tea", GENERAL, RANDOM) == ["m4"]


def test_what_one_person_said_is_told_and_forgotten(conn: Connection) -> None:
    record(conn, [said("tea", 1), said("tea", 2, RANDOM), said("tea", 3, who=GRACE), said("tea", 4, at=9_999.0)])
    ada = Theirs("discord:u1", until=5_000.0, now=5_000.0)
    here = replace(ada, within=GENERAL.key)

    assert [(one["text"], one["place"]) for one in RECORDED.export(conn, ada)] == [
        ("tea", GENERAL.key),
        ("tea", RANDOM.key),
    ]
    assert (RECORDED.count(conn, ada), RECORDED.count(conn, here)) == (2, 1)
    assert [RECORDED.forget(conn, here).rows for _ in range(2)] == [1, 0]
    assert set(found(conn, "tea", GENERAL, RANDOM)) == {"m2", "m3", "m4"}
    everything = replace(ada, until=10_000.0)
    assert [RECORDED.forget(conn, everything).rows for _ in range(3)] == [2, 0, 0]
    assert found(conn, "tea", GENERAL, RANDOM) == ["m3"]
    assert "Ada" not in str(conn.execute(select(indexed_people)).all())


def test_what_is_too_old_goes(conn: Connection) -> None:
    record(conn, [said("tea", n, at=n * DAY, who=GRACE if n == 1 else ADA) for n in range(1, 6)])
    assert RECORDED.expire is not None

    assert [RECORDED.expire(conn, 4 * DAY).rows for _ in range(3)] == [3, 0, 0]
    assert set(found(conn, "tea")) == {"m4", "m5"}
    assert "Grace" not in str(conn.execute(select(indexed_people)).all())


def test_a_person_is_called_by_their_last_name(conn: Connection) -> None:
    record(conn, [said("tea")])
    record(conn, [said("cake", 2, who=Person("u1", "Ada Lovelace", PersonKind.HUMAN))])

    assert [hit.author.name for hit in find(conn, Query("tea", (GENERAL,)))] == ["Ada Lovelace"]
