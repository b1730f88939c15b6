"""The imagine command: asked once, drawn by whoever can, shown as a file, and lost by nothing."""

import base64
from pathlib import Path

import orjson
import pytest

from bot.conversation import words
from bot.messages import ActionName, Choice, OutFile
from bot.store.files import kept_files
from tests.files import picture
from tests.house import House, house
from tests.town import ADA, CHANNEL, DM, THREAD, Town

RED, BLUE = picture(colour="red"), picture(colour="blue")
CHATS = {"id": "acme/alpha-2", "type": "language", "modalities": {"input": ["text", "image"], "output": ["text"]}}
BOTH = {**CHATS, "id": "acme/both", "modalities": {"input": ["text", "image"], "output": ["text", "image"]}}
PAINTS = {**BOTH, "id": "acme/paint", "type": "image", "pricing": {"image": "0.04"}}
DEAR = {"id": "acme/dear", "type": "image", "pricing": {"image": "0.40"}}


def _catalogue(*rows: object) -> bytes:
    return orjson.dumps({"data": rows or (CHATS, BOTH, PAINTS, DEAR)})


def _shown(here: House) -> list[tuple[str, list[OutFile]]]:
    """The text and the files of every message of ours."""
    return [(one.text, list(one.rendered.files) if one.rendered else []) for one in here.town.ours()]


async def test_a_wish_is_drawn_by_the_cheapest_that_only_draws_and_shown_under_its_words(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=_catalogue()) as here:
        await here.people.command("imagine", prompt="a red square", size="wide", place=CHANNEL)
        model = await here.request()
        await here.town.until(lambda town: bool(town.ours()) and town.ours()[0].status == words.DRAWING)
        assert [action.name for action in here.town.ours()[0].rendered.actions] == [ActionName.STOP]  # type: ignore[union-attr]
        await model.paint(RED)
        await here.answered()

    assert model.exchange.path == "/v1/images/generations"
    assert model.exchange.json == {"model": "acme/paint", "prompt": "a red square", "n": 1, "size": "1536x1024"}
    (shown,) = here.town.ours()
    assert shown.place == CHANNEL
    assert _shown(here) == [
        ("> a red square", [OutFile("a-red-square.png", "image/png", RED, "Picture made for: “a red square”")])
    ]
    assert shown.rendered is not None
    assert [action.name for action in shown.rendered.actions] == [ActionName.REGENERATE]


async def test_a_model_that_chats_is_asked_in_words_for_a_picture_of_the_wish_alone(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=_catalogue()) as here:
        await here.people.say("hello")
        await here.answer("hi")
        await here.answered()
        await here.people.command("imagine", prompt="a red square", model="acme/both")
        model = await here.request()
        await model.draw(RED)
        await model.finish("Voilà.")
        await here.answered(2)

    asked = model.exchange.json
    assert asked["model"] == "acme/both"
    assert asked["modalities"] == ["text", "image"]
    assert "tools" not in asked
    assert "hello" not in model.prompt
    assert model.question.endswith("\nDraw: a red square")
    text, files = _shown(here)[-1]
    assert text == "> a red square\n\nVoilà."
    assert [file.data for file in files] == [RED]


async def test_who_draws_can_be_chosen_and_is_suggested(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=_catalogue()) as here:
        choices = await here.intake.complete(THREAD, ADA, "imagine", "model", "")
        await here.people.command("settings", name="image_model", value="acme/dear")
        await here.town.until(lambda town: bool(town.whispers))
        await here.people.command("imagine", prompt="a cat")
        model = await here.request()
        await model.paint(RED)
        await here.answered()

    assert [choice.value for choice in choices] == ["acme/both", "acme/dear", "acme/paint"]
    assert choices[2] == Choice("acme/paint", "acme/paint · $0.04 a picture · sees, draws")
    assert model.exchange.json["model"] == "acme/dear"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"prompt": "x", "model": "acme/alpha-2"}, "`acme/alpha-2` does not draw. These draw: `acme/both`,"),
        ({"prompt": "x", "model": "acme/none"}, "There is no model `acme/none`. These draw:"),
        ({"prompt": "x" * 4001}, "That is too long to be drawn: 4,000 characters are the most."),
        ({}, "/imagine needs prompt."),
    ],
)
async def test_what_cannot_be_drawn_is_refused_privately_in_a_sentence(
    tmp_path: Path, options: dict[str, str], said: str
) -> None:
    async with house(tmp_path, catalogue=_catalogue()) as here:
        await here.people.command("imagine", ADA, THREAD, **options)
        await here.town.until(lambda town: bool(town.whispers))

    assert here.town.whispers[0][1].startswith(said)
    assert here.town.ours() == []


async def test_where_no_model_draws_that_is_said(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=_catalogue(CHATS)) as here:
        await here.people.command("imagine", prompt="a cat")
        await here.town.until(lambda town: bool(town.whispers))

    assert here.town.whispers[0][1] == "No model is known to draw here. Name one with `/settings image_model ID`."


async def test_an_attached_picture_is_changed(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=_catalogue()) as here:
        await here.people.command_with({"red.png": RED}, "imagine", prompt="make it bluer")
        model = await here.request()
        await model.paint(BLUE)
        await here.answered()

    assert model.exchange.path == "/v1/images/edits"
    (source,) = model.exchange.json["images"]
    assert base64.b64decode(source["image_url"].partition(",")[2])[:8] == b"\x89PNG\r\n\x1a\n"
    assert model.exchange.json["prompt"] == "make it bluer"
    assert [file.data for file in _shown(here)[0][1]] == [BLUE]


async def test_a_place_whose_model_only_draws_draws_what_is_said(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=_catalogue()) as here:
        await here.people.command("model", id="acme/paint", place=DM)
        await here.town.until(lambda town: bool(town.ours()))
        await here.people.say("a red square", place=DM)
        model = await here.request()
        await model.paint(RED)
        await here.answered(2)

    assert model.exchange.json == {"model": "acme/paint", "prompt": "a red square", "n": 1}
    text, files = _shown(here)[-1]
    assert (text, [file.data for file in files]) == ("", [RED])


async def test_the_same_wish_delivered_twice_is_drawn_once(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=_catalogue()) as here:
        typed = here.people.typed("imagine", prompt="a cat")
        await here.people.deliver(typed)
        await here.people.deliver(typed)
        await (await here.request()).paint(RED)
        await here.answered()
        await here.rest()

        assert here.asked.empty()


async def test_a_wish_survives_a_kill_while_it_is_drawn_and_is_shown_in_the_same_message(tmp_path: Path) -> None:
    town = Town()
    async with house(tmp_path, town, catalogue=_catalogue(), orderly=False) as here:
        await here.people.command("imagine", prompt="a red square", place=CHANNEL)
        await here.request()
        await town.until(lambda town: bool(town.ours()))

    async with house(tmp_path, town, catalogue=_catalogue()) as here:
        await (await here.request()).paint(RED)
        await here.answered()

    assert [(text, [file.data for file in files]) for text, files in _shown(here)] == [("> a red square", [RED])]


async def test_a_picture_is_made_again_by_the_same_model_with_the_same_wish(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=_catalogue()) as here:
        await here.people.command("imagine", prompt="a red square", size="tall", model="acme/dear")
        await (await here.request()).paint(RED)
        await here.answered()
        await here.people.press(ActionName.REGENERATE, here.town.ours()[0])
        again = await here.request()
        await again.paint(BLUE)
        await here.town.until(lambda _: [file.data for file in _shown(here)[0][1]] == [BLUE])
        await here.rest()

    assert again.exchange.json["model"] == "acme/dear"
    assert again.exchange.json["size"] == "1024x1536"
    assert _shown(here)[0][0] == "> a red square"


async def test_stop_ends_the_drawing_and_it_can_be_asked_for_again(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=_catalogue()) as here:
        await here.people.command("imagine", prompt="a cat")
        model = await here.request()
        await here.town.until(lambda town: bool(town.ours()))
        await here.people.press(ActionName.STOP, here.town.ours()[0])
        await here.answered()
        model.ended.set()

    (shown,) = here.town.ours()
    assert shown.status == words.STOPPED
    assert shown.rendered is not None
    assert [action.name for action in shown.rendered.actions] == [ActionName.REGENERATE]


async def test_what_the_provider_declines_is_said_under_the_wish(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=_catalogue()) as here:
        await here.people.command("imagine", prompt="a cat")
        await (await here.request()).refuse(400, "invalid_request_error", "rejected by the safety system")
        await here.answered()

    (shown,) = here.town.ours()
    assert shown.text == "> a cat"
    assert shown.status is not None
    assert shown.status.startswith("⚠ The model's provider declined this request.")


async def test_a_question_that_follows_a_wish_is_a_turn_of_its_own_and_sees_the_picture(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=_catalogue()) as here:
        await here.people.command("imagine", prompt="a red square")
        painter = await here.request()
        await here.people.say("what did you draw?")
        await painter.paint(RED)
        model = await here.answer("a square")
        await here.answered(2)

    assert painter.exchange.json["prompt"] == "a red square"
    assert "Draw: a red square" in model.prompt
    assert "image_url" in str(model.messages)
    assert model.question.endswith("what did you draw?")


async def test_deleting_the_picture_takes_the_wish_along(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=_catalogue()) as here:
        await here.people.command("imagine", prompt="a secret garden")
        await (await here.request()).paint(RED)
        await here.answered()
        await here.people.delete_message(here.town.ours()[0].id)
        assert dict(kept_files(tmp_path / "files")) == {}
        await here.people.say("what did I wish for?")
        model = await here.answer("I don't know")
        await here.answered()

    assert "secret" not in model.prompt


async def test_an_endpoint_that_lists_bare_names_draws_by_the_path_for_that(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=b'{"data": [{"id": "dall-e-3"}, {"id": "llama3.2"}]}') as here:
        await here.people.command("imagine", prompt="a cat", model="dall-e-3")
        model = await here.request()
        await model.paint(RED)
        await here.answered()

    assert model.exchange.path == "/v1/images/generations"
    assert model.exchange.json == {"model": "dall-e-3", "prompt": "a cat", "n": 1}
