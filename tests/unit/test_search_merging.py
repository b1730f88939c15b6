"""What several sources found, as one list: each message once, held to the question, the best first."""

from bot.messages import Hit, Person, PersonKind, Place, PlaceKind, Query
from bot.search.merging import NEWEST, merge, rank, within
from bot.search.sources import Answered, holds
from bot.store.words import terms_in

SQUARE = Place("town", "w", "square")
THREAD = Place("town", "w", "square", "t1", PlaceKind.THREAD)
ADA, GRACE = Person("u1", "Ada Lovelace"), Person("u2", "Grace")
DAY = 86_400.0
NOW = 1_800_000_000.0


def hit(n: int, text: str, place: Place = SQUARE, author: Person = ADA, age: float = 0.0, **more: object) -> Hit:
    return Hit(place, f"m{n}", author, NOW - age, text, **more)  # type: ignore[arg-type]


def texts(hits: list[Hit]) -> list[str]:
    return [one.text for one in hits]


def test_a_message_that_two_sources_found_is_there_once_as_we_keep_it_ourselves() -> None:
    theirs = Answered((hit(1, "launch (theirs)", link="https://there/1", files=("a.pdf",)),))
    ours = Answered((hit(1, "launch (ours)", THREAD),), ours=True)
    for answers in ((theirs, ours), (ours, theirs)):
        (found,) = merge(answers)

        assert found.hit.text == "launch (ours)"
        assert found.hit.place == THREAD
        assert (found.hit.link, found.hit.files) == ("https://there/1", ("a.pdf",))
        assert found.ours


def test_only_the_newest_of_very_many_are_ranked() -> None:
    many = [hit(n, "launch", age=n * DAY) for n in range(NEWEST + 50)]
    found = merge([Answered(tuple(many))])

    assert len(found) == NEWEST
    assert found[-1].hit.message_id == f"m{NEWEST - 1}"


def test_whatever_a_source_makes_of_the_question_is_held_to_it() -> None:
    found = merge([Answered((hit(1, "a"), hit(2, "b", author=GRACE, files=("x",)), hit(3, "c", age=3 * DAY)))])

    def left(query: Query, author: str = "") -> set[str]:
        return {one.hit.message_id for one in within(found, query, author)}

    assert left(Query("", ())) == {"m1", "m2", "m3"}
    assert left(Query("", (), author="u2")) == {"m2"}
    assert left(Query("", ()), "ada") == {"m1", "m3"}
    assert left(Query("", ()), "lovelace") == set()
    assert left(Query("", (), has_file=True)) == {"m2"}
    assert left(Query("", (), after=NOW - DAY)) == {"m1", "m2"}
    assert left(Query("", (), before=NOW - DAY)) == {"m3"}


def test_all_the_words_close_together_and_lately_come_first() -> None:
    found = merge(
        [
            Answered(
                (
                    hit(1, "the launch was long ago and the date of it is nobody's business now"),
                    hit(2, "launch date", age=400 * DAY),
                    hit(3, "launch date"),
                    hit(4, "something else"),
                )
            )
        ]
    )
    for one in found:  # where the source put them is not what is looked at here
        object.__setattr__(one, "rank", 50)

    assert texts(rank(found, "launch date"))[:2] == ["launch date", "launch date"]
    assert rank(found, "launch date")[0].message_id == "m3"
    assert rank(found, "launch date")[-1].message_id == "m4"


def test_what_people_wrote_comes_before_our_answers_that_repeat_it() -> None:
    ours = Person("", "Gatepost", PersonKind.SELF)
    found = merge([Answered((hit(2, "launch date", author=ours), hit(1, "launch date", age=DAY)))])

    assert [one.message_id for one in rank(found, "launch date")] == ["m1", "m2"]


def test_without_words_the_newest_comes_first() -> None:
    found = merge([Answered((hit(1, "a", age=DAY), hit(2, "b"))), Answered((hit(2, "b"), hit(1, "a", age=DAY)))])

    assert texts(rank(found, "")) == ["b", "a"]


def test_meaning_outweighs_words_where_it_is_known() -> None:
    found = merge([Answered((hit(1, "launch date"), hit(2, "when does it fly")))])
    keys = {one.hit.message_id: one.key for one in found}

    assert rank(found, "launch date")[0].message_id == "m1"
    assert rank(found, "launch date", {keys["m1"]: 0.1, keys["m2"]: 0.9})[0].message_id == "m2"


def test_words_may_go_on_and_phrases_hold_together() -> None:
    assert holds("The Launches are près", terms_in("launch pres"))
    assert not holds("The lunch", terms_in("launch"))
    assert holds("東京タワー", terms_in("東京"))
