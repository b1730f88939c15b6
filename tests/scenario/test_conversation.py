"""One conversation after another, from a message to its settled answer: the whole core at work."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.conversation.ports import Limits
from bot.messages import ActionName, PlaceKind
from tests.files import picture
from tests.house import house
from tests.town import ADA, CHANNEL, DM, GRACE, THREAD, Town


async def test_a_question_is_answered_in_place_and_the_reply_grows(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.people.say("how are you?")
        model = await here.request()
        await model.say("I am ")
        await here.town.until(lambda town: town.ours() and town.ours()[0].text.startswith("I am"))
        await model.finish("well.")
        await here.answered()

    (shown,) = here.town.ours()
    assert shown.text == "I am well."
    assert shown.final
    assert shown.status is None
    assert "how are you?" in model.question


async def test_the_same_event_delivered_again_is_answered_once(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        said = await here.people.say("hello")
        await here.people.deliver(said)
        await here.answer("hi")
        await here.answered()
        await here.people.deliver(said)
        await here.rest()

        assert here.asked.empty()
    assert [shown.text for shown in here.town.ours()] == ["hi"]


async def test_a_one_part_answer_costs_four_commits_at_most(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        before = here.store.commits
        await here.people.say("hello")
        model = await here.request()
        await model.say("one ")
        await here.town.until(lambda town: bool(town.ours()))
        await model.finish("two")
        await here.answered()

        assert here.store.commits - before <= 4


async def test_what_is_said_before_a_word_is_visible_joins_the_question(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.people.say("what is the capital")
        first = await here.request()
        await here.people.say("of France?")
        both = await here.answer("Paris")
        await here.answered()
        first.ended.set()
        await asyncio.wait_for(here.server.hung_up.wait(), 5)

    assert "what is the capital" in both.prompt
    assert "of France?" in both.prompt
    assert [shown.text for shown in here.town.ours()] == ["Paris"]


async def test_two_messages_in_one_breath_are_one_question(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await asyncio.gather(here.people.say("what is the capital"), here.people.say("of France?"))
        model = await here.request()
        if "of France?" not in model.prompt:  # it had begun: it begins again with both
            model.ended.set()
            model = await here.request()
        await model.finish("Paris")
        await here.answered()

        assert here.asked.empty()
    assert "what is the capital" in model.prompt
    assert "of France?" in model.prompt
    assert [shown.text for shown in here.town.ours()] == ["Paris"]


async def test_what_begins_nothing_gives_its_place_back(tmp_path: Path) -> None:
    async with house(tmp_path, limits=Limits(turns=1)) as here:
        said = await here.people.say("hello")
        await here.answer("hi")
        await here.answered()
        await here.people.deliver(said)
        await here.people.say("among ourselves", GRACE, addressed=False)

        assert here.desk.running == 0
        await here.people.say("and now?", GRACE, DM)
        await here.answer("still here")
        await here.answered(2)


async def test_a_platform_that_hangs_up_while_a_question_is_taken_in_loses_nothing(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        asking = asyncio.create_task(here.people.say("hello"))
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await here.answer("hi")
        await here.answered()

    assert [shown.text for shown in here.town.ours()] == ["hi"]


async def test_what_is_said_once_words_are_visible_becomes_the_next_turn(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.people.say("first")
        model = await here.request()
        await model.say("one…")
        await here.town.until(lambda town: bool(town.ours()))
        await here.people.say("second", ADA)
        await here.people.say("third", GRACE)
        await model.finish()
        then = await here.answer("both")
        await here.answered(2)

    assert "(id u1)" in then.prompt
    assert "(id u2)" in then.prompt
    assert "second" in then.prompt
    assert "third" in then.prompt
    assert [shown.text for shown in here.town.ours()] == ["one…", "both"]


async def test_what_is_said_while_a_finished_answer_is_being_posted_is_answered_next(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        here.town.open.clear()
        await here.people.say("first")
        await here.answer("one")
        await here.store_holds("done")
        await here.people.say("second")
        here.town.open.set()
        await here.answer("two")
        await here.answered(2)

    assert [shown.text for shown in here.town.ours()] == ["one", "two"]


async def test_somebody_elses_words_never_restart_a_question(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.people.say("mine", ADA)
        model = await here.request()
        await here.people.say("and mine", GRACE)
        await model.finish("for Ada")
        await here.answer("for Grace")
        await here.answered(2)

    assert [shown.text for shown in here.town.ours()] == ["for Ada", "for Grace"]


async def test_whoever_has_to_wait_sees_within_a_second_that_they_were_heard(tmp_path: Path) -> None:
    async with house(tmp_path, limits=Limits(turns=1)) as here:
        await here.people.say("long work", ADA, DM)
        model = await here.request()
        await model.say("working…")
        asked_at = asyncio.get_running_loop().time()
        await here.people.say("me too", GRACE)
        await here.town.until(lambda town: any("seen this" in (m.status or "") for m in town.ours()))
        heard_after = asyncio.get_running_loop().time() - asked_at
        await model.finish()
        await here.answer("your turn")
        await here.answered(2)

    assert heard_after < 1.0
    assert [shown.text for shown in here.town.ours()] == ["working…", "your turn"]
    assert all(shown.status is None for shown in here.town.ours())


async def test_conversations_run_side_by_side_within_the_cap_of_a_person(tmp_path: Path) -> None:
    async with house(tmp_path, limits=Limits(turns_per_person=2)) as here:
        places = [replace(THREAD, thread=f"t{n}") for n in range(3)]
        for place in places:
            await here.people.say("hello", ADA, place)
        await here.people.say("hello", GRACE, replace(THREAD, thread="g"))
        models = [await here.request() for _ in range(3)]

        assert here.desk.running == 3
        assert here.desk.waiting == 1
        for model in models:
            await model.finish("hi")
        await here.answer("hi")
        await here.answered(4)


async def test_an_edit_before_the_first_word_is_what_gets_answered(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        said = await here.people.say("wrong question")
        first = await here.request()
        await here.people.edit_message(said, "right question")
        second = await here.answer("right answer")
        await here.answered()
        first.ended.set()

    assert "right question" in second.prompt
    assert "wrong question" not in second.prompt
    assert [shown.text for shown in here.town.ours()] == ["right answer"]


async def test_an_edit_does_not_draw_in_what_somebody_else_asks_meanwhile(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        said = await here.people.say("wrong", ADA)
        first = await here.request()
        await here.people.say("my own", GRACE)
        await here.people.edit_message(said, "right")
        second = await here.answer("for Ada")
        third = await here.answer("for Grace")
        await here.answered(2)
        first.ended.set()

    assert "my own" not in second.prompt
    assert "my own" in third.prompt
    assert [shown.text for shown in here.town.ours()] == ["for Ada", "for Grace"]


async def test_an_edit_of_an_answered_question_is_what_the_next_turn_reads(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        said = await here.people.say("my name is Bob")
        await here.answer("hi Bob")
        await here.answered()
        await here.people.edit_message(said, "my name is Rob")
        await here.people.say("who am I?")
        model = await here.answer("Rob")
        await here.answered(2)

    assert "my name is Rob" in model.prompt
    assert "my name is Bob" not in model.prompt


async def test_deleting_the_question_takes_the_answer_away(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        said = await here.people.say("never mind")
        model = await here.request()
        await model.say("well, ")
        await here.town.until(lambda town: bool(town.ours()))
        await here.people.delete_message(said.message_id)
        await here.town.until(lambda town: not town.ours())
        await here.rest()
        model.ended.set()
        await asyncio.wait_for(here.server.hung_up.wait(), 5)

        await here.people.say("hello again")
        fresh = await here.answer("hello")
        await here.answered()

    assert "never mind" not in fresh.prompt
    assert "well" not in fresh.prompt


async def test_a_deleted_message_is_out_of_history(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        said = await here.people.say("the code is 1234")
        await here.answer("noted")
        await here.answered()
        await here.people.delete_message(said.message_id)
        await here.people.say("what was the code?")
        model = await here.answer("I don't know")
        await here.answered(2)

    assert "1234" not in model.prompt


async def test_what_a_thread_hangs_on_is_forgotten_when_it_is_deleted(tmp_path: Path) -> None:
    town = Town()
    root = town.add("the launch code is XYZZY", ADA, CHANNEL)
    thread = replace(THREAD, thread=root.id)
    async with house(tmp_path, town) as here:
        await here.people.say("what is it?", GRACE, thread)
        before = await here.answer("XYZZY")
        await here.answered()
        await here.people.delete_message(root.id, CHANNEL)
        await here.people.delete_message(here.town.ours()[0].id, thread)
        await here.people.say("and now?", GRACE, thread)
        after = await here.answer("I don't know")
        await here.answered()

    assert "XYZZY" in before.prompt
    assert "XYZZY" not in after.prompt


async def test_words_on_their_way_are_never_glued_to_another_answer(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        here.town.open.clear()
        await here.people.say("what is the capital")
        model = await here.request()
        await model.say("Of which country? ")
        while not here.town.doing:  # noqa: ASYNC110 - the post under way rings no bell
            await asyncio.sleep(0.005)
        await here.people.say("of France?")
        here.town.open.set()
        await model.finish()
        await here.answer("Paris")
        await here.answered(2)

    assert [shown.text.strip() for shown in here.town.ours()] == ["Of which country?", "Paris"]


async def test_a_lost_file_costs_the_answer_its_bytes_and_nothing_else(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.people.say("look", files={"x.png": picture()})
        await here.answer("nice")
        await here.answered()
        for path in (tmp_path / "files").rglob("*"):
            if path.is_file():
                path.unlink()
        await here.people.say("and again?")
        model = await here.answer("it is gone")
        await here.answered(2)

    assert "missing from the store" in model.prompt
    assert here.town.ours()[-1].text == "it is gone"


async def test_stop_keeps_what_is_written_and_continue_goes_on_from_there(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.people.say("count")
        model = await here.request()
        await model.say("one two ")
        await here.town.until(lambda town: town.ours() and town.ours()[0].text.startswith("one two"))
        await here.people.press(ActionName.STOP, here.town.ours()[0])
        await here.answered()
        model.ended.set()
        stopped = replace(here.town.ours()[0])
        await here.people.press(ActionName.CONTINUE, here.town.ours()[0])
        more = await here.answer("three")
        await here.town.until(lambda town: "three" in town.ours()[0].text)
        await here.rest()

    assert (stopped.text.strip(), stopped.status) == ("one two", "Stopped.")
    assert [message["role"] for message in more.messages[-3:]] == ["assistant", "user", "user"]
    (shown,) = here.town.ours()
    assert shown.text == "one two three"
    assert shown.status is None


async def test_regenerate_answers_the_same_question_in_the_same_message(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.people.say("tell me a joke")
        await here.answer("a bad joke")
        await here.answered()
        await here.people.press(ActionName.REGENERATE, here.town.ours()[0])
        again = await here.answer("a good joke")
        await here.town.until(lambda town: town.ours()[0].text == "a good joke" and town.ours()[0].final)
        await here.rest()

    assert "tell me a joke" in again.question
    assert "a bad joke" not in again.prompt
    assert len(here.town.ours()) == 1


async def test_only_those_who_asked_may_stop(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.people.say("mine", ADA)
        model = await here.request()
        await model.say("going on ")
        await here.town.until(lambda town: bool(town.ours()))
        await here.people.press(ActionName.STOP, here.town.ours()[0], GRACE)
        await model.finish("to the end")
        await here.answered()

    assert here.town.ours()[0].text == "going on to the end"
    assert here.town.whispers == [(GRACE, "Only those who asked, and moderators, can do that.")]


async def test_stopping_a_question_that_waits_ends_it_where_it_was_heard(tmp_path: Path) -> None:
    async with house(tmp_path, limits=Limits(turns=1)) as here:
        await here.people.say("long", ADA, DM)
        model = await here.request()
        await here.people.say("short", GRACE)
        await here.town.until(lambda town: any("seen this" in (m.status or "") for m in town.ours()))
        sign = next(m for m in here.town.ours() if "seen this" in (m.status or ""))
        await here.people.press(ActionName.STOP, sign, GRACE)
        await here.town.until(lambda town: any(m.status == "Stopped." for m in town.ours()))
        await model.finish("done")
        await here.answered(2)

        assert here.asked.empty()


async def test_an_answer_that_breaks_off_is_kept_and_says_so(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.people.say("explain")
        model = await here.request()
        await model.say("It is like ")
        await here.town.until(lambda town: bool(town.ours()))
        model.drop()
        await here.answered()

    (shown,) = here.town.ours()
    assert shown.text.strip() == "It is like"
    assert "interrupted" in (shown.status or "")
    assert "ref " in (shown.status or "")
    assert shown.rendered is not None
    assert ActionName.CONTINUE in [action.name for action in shown.rendered.actions]


@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [
        (401, "authentication_error", "The operator has been told."),
        (402, "insufficient_funds", "credit for this bot is used up"),
        (404, "model_not_found", "no longer exists"),
        (400, "invalid_request_error", "couldn't build a valid request"),
    ],
)
async def test_a_refusal_is_one_sentence_with_a_reference_and_never_the_providers_words(
    status: int, kind: str, said: str, tmp_path: Path
) -> None:
    async with house(tmp_path) as here:
        await here.people.say("hello")
        model = await here.request()
        await model.refuse(status, kind, "api_key_id_12345 of team acme")
        await here.answered()

    (shown,) = here.town.ours()
    assert said in (shown.status or "")
    assert "ref " in (shown.status or "")
    assert "acme" not in (shown.status or "")


async def test_called_into_a_thread_it_has_read_what_was_said_and_what_was_attached(tmp_path: Path) -> None:
    town = Town()
    for n in range(40):
        files = {"facts.txt": b"The gate opens at nine."} if n == 20 else None
        town.add(f"point {n}", GRACE, files=files)
    async with house(tmp_path, town) as here:
        await here.people.say("when does it open?")
        model = await here.answer("At nine.")
        await here.answered()
        await here.people.say("thanks")
        again = await here.answer("welcome")
        await here.answered(2)

    assert "point 0" in model.prompt
    assert "The gate opens at nine." in model.prompt
    assert model.prompt.index("<untrusted") < model.prompt.index("point 0")
    assert again.messages[: len(model.messages) - 1] == model.messages[:-1]
    assert len(here.town.fetched) == 1


async def test_only_so_many_earlier_messages_are_read(tmp_path: Path) -> None:
    town = Town()
    for n in range(30):
        town.add(f"point {n}.", GRACE)
    async with house(tmp_path, town, limits=Limits(earlier_messages=10)) as here:
        await here.people.say("and?")
        model = await here.answer("yes")
        await here.answered()

    assert "point 20." in model.prompt
    assert "point 19." not in model.prompt


async def test_a_mention_in_a_channel_is_answered_in_a_thread_named_after_it(tmp_path: Path) -> None:
    async with house(tmp_path, Town(threads=True)) as here:
        said = await here.people.say("what is up?", place=CHANNEL)
        await here.answer("the sky")
        await here.answered()

    (shown,) = here.town.ours()
    assert shown.place.kind is PlaceKind.THREAD
    assert shown.place.thread == said.message_id
    assert here.town.titles == {said.message_id: "what is up?"}


async def test_where_there_are_no_threads_each_mention_begins_and_a_reply_goes_on(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.people.say("my dog is Rex", place=CHANNEL)
        await here.answer("nice")
        await here.answered()
        await here.people.say("another matter", GRACE, CHANNEL)
        other = await here.answer("fine")
        await here.answered(2)
        await here.people.say("what is my dog?", place=CHANNEL, reply_to=here.town.ours()[0].id)
        followed = await here.answer("Rex")
        await here.answered(3)

    assert not any(m["role"] == "assistant" for m in other.messages)
    assert any(m["role"] == "assistant" for m in followed.messages)


async def test_files_are_read_once_and_stay_answerable(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.people.say("keep this", files={"notes.md": b"# Plan\nShip on Friday."})
        first = await here.answer("kept")
        await here.answered()
        await here.people.say("when do we ship?")
        second = await here.answer("Friday")
        await here.answered(2)

    assert "Ship on Friday." in first.prompt
    assert "Ship on Friday." in second.prompt
    assert len(here.town.fetched) == 1


async def test_a_file_that_cannot_be_read_is_said_to_the_person_and_to_the_model(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.people.say("what is this?", files={"report.docx": b"PK\x03\x04" + bytes(500)})
        model = await here.answer("I could not read it.")
        await here.answered()

    (shown,) = here.town.ours()
    assert "report.docx" in (shown.status or "")
    assert "report.docx" in model.prompt


async def test_a_stumbling_platform_is_asked_again_for_the_file(tmp_path: Path) -> None:
    town = Town(fetch_failures=2)
    async with house(tmp_path, town) as here:
        await here.people.say("read it", files={"a.txt": b"contents here"})
        model = await here.answer("ok")
        await here.answered()

    assert "contents here" in model.prompt


async def test_a_deleted_message_takes_its_files_from_the_disk(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        said = await here.people.say("look", files={"x.png": picture()})
        await here.answer("nice")
        await here.answered()
        kept = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
        await here.people.delete_message(said.message_id)
        left = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]

    assert len(kept) == 1
    assert left == []
