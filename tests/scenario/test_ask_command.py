"""A question typed as a command: answered in place as any other, under its own words, which nobody else saw."""

from pathlib import Path

from bot.messages import ActionName
from tests.files import picture
from tests.house import house
from tests.town import ADA, CHANNEL, THREAD


async def test_a_question_without_a_mention_is_answered_in_place_under_its_words(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.people.command("ask", ADA, CHANNEL, text="What is\na heron?")
        asked = await here.answer("A bird.")
        await here.answered(1)
        [answer] = here.town.ours()

    assert "What is\na heron?" in asked.prompt
    assert answer.place == CHANNEL
    assert answer.text == "> What is\n> a heron?\n\nA bird."
    assert not here.town.whispers


async def test_what_is_asked_in_a_thread_belongs_to_it(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.people.say("Herons wade.")
        await here.answer("They do.")
        await here.answered(1)
        await here.people.command("ask", text="Who wades?")
        asked = await here.answer("Herons.")
        await here.answered(2)

    assert "Herons wade." in asked.prompt


async def test_a_file_that_comes_with_it_is_read(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.people.command_with({"cat.png": picture()}, "ask", text="What is this?")
        asked = await here.answer("A cat.")
        await here.answered(1)

    assert "image_url" in str(asked.messages)


async def test_an_answer_written_again_keeps_the_question_above_it(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.people.command("ask", text="Who wades?")
        await here.answer("Herons.")
        await here.answered(1)
        await here.people.press(ActionName.REGENERATE, here.town.ours()[0])
        await here.answer("Egrets.")
        await here.town.until(lambda town: "Egrets" in town.ours()[0].text)
        await here.rest()

    assert here.town.ours()[0].text == "> Who wades?\n\nEgrets."


async def test_it_is_answered_once_however_often_it_comes_and_whatever_is_killed(tmp_path: Path) -> None:
    async with house(tmp_path, orderly=False) as here:
        typed = here.people.typed("ask", ADA, THREAD, text="Who wades?")
        await here.people.deliver(typed)
        await here.people.deliver(typed)
        answering = await here.request()
        await answering.say("Her")
        await here.town.until(lambda town: town.ours() and "Her" in town.ours()[0].text)
    async with house(tmp_path, here.town) as here:
        await here.people.deliver(typed)
        await here.answer("ons.")
        await here.answered(1)

    [answer] = here.town.ours()
    assert answer.text.count("> Who wades?") == 1


async def test_without_words_there_is_one_sentence(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.people.command("ask", text="  ")
        await here.town.until(lambda town: town.whispers)

    assert here.town.whispers[0][1] == "/ask needs words: what is your question?"
