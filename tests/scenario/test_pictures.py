"""Pictures that the model makes: real files under the answer, remembered, shown to it again, gone with it."""

import base64
from pathlib import Path
from typing import Any

import pytest

from bot.conversation import words
from bot.errors import StoreFull
from bot.messages import ActionName, OutFile
from bot.store.files import Files, kept_files
from bot.store.held import held_files
from tests.files import picture
from tests.house import Answering, House, house
from tests.town import Town

RED, BLUE = picture(colour="red"), picture(colour="blue")


def _catalogue(*, sees: bool = True) -> bytes:
    inputs = '["text", "image"]' if sees else '["text"]'
    row = f'{{"id": "acme/alpha-2", "modalities": {{"input": {inputs}, "output": ["text", "image"]}}}}'
    return f'{{"data": [{row}]}}'.encode()


def _files(here: House) -> tuple[OutFile, ...]:
    """What the last message of ours shows."""
    rendered = here.town.ours()[-1].rendered
    return rendered.files if rendered else ()


def _shown_again(model: Answering) -> list[dict[str, Any]]:
    """The parts of the messages in which the model is shown what it drew."""
    contents = [m["content"] for m in model.messages if m["role"] == "user" and isinstance(m["content"], list)]
    return [part for content in contents for part in content if "You made this" in str(content[0])]


async def test_a_picture_in_an_answer_becomes_a_file_under_it_with_an_alternative_text(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=_catalogue()) as here:
        await here.people.say("Draw a red square!")
        model = await here.request()
        await model.say("Here it is.")
        await model.draw(RED)
        await model.finish()
        await here.answered()

    (shown,) = here.town.ours()
    assert shown.text == "Here it is."
    assert _files(here) == (
        OutFile("draw-a-red-square.png", "image/png", RED, "Picture made for: “Draw a red square!”"),
    )


async def test_a_chat_with_a_model_that_draws_is_this_request_and_no_other(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=_catalogue(), tools=(), clock=lambda: 1_800_000_000.0) as here:
        await _ask_for_a_picture(here)
        await here.people.say("make it bluer")
        exchange = (await here.answer("done")).exchange
        await here.answered(2)

    system, *said = exchange.json["messages"]
    fence, shown = said[2]["content"][1]["text"], said[2]["content"][2]["image_url"]["url"]
    assert (exchange.method, exchange.path) == ("POST", "/v1/chat/completions")
    assert system["content"].startswith("You are Gatepost")
    assert base64.b64decode(shown.removeprefix("data:image/png;base64,")).startswith(b"\x89PNG")
    assert exchange.json == {
        "model": "acme/alpha-2",
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": 8000,
        "modalities": ["text", "image"],
        "providerOptions": {"gateway": {"caching": "auto"}},
        "messages": [
            {"role": "system", "content": system["content"]},
            {"role": "user", "content": "[Ada (id u1), 2023-11-14 22:13 UTC]\ndraw it"},
            {"role": "assistant", "content": "(A picture, without words.)"},
            {
                "role": "user",
                "content": [
                    {
                        "type": "text",
                        "text": "<context>\nYou made this for the answer above, "
                        "and people see it there:\n</context>",
                    },
                    {"type": "text", "text": fence},
                    {"type": "image_url", "image_url": {"url": shown}},
                ],
            },
            {"role": "user", "content": "[Ada (id u1), 2023-11-14 22:13 UTC]\nmake it bluer"},
            {
                "role": "user",
                "content": "<context>\nIt is Friday, 2027-01-15 08:00 UTC, in a thread on town.\n"
                "Answer now, to: Ada (id u1).\n</context>",
            },
        ],
    }


async def test_a_model_that_does_not_draw_is_not_asked_for_pictures(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=b'{"data": [{"id": "acme/alpha-2"}]}') as here:
        await here.people.say("Draw a red square!")
        model = await here.answer("I can't.")
        await here.answered()

    assert "modalities" not in model.exchange.json


async def test_make_it_bluer_works_because_the_model_sees_what_it_drew(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=_catalogue()) as here:
        await _ask_for_a_picture(here)
        await here.people.say("make it bluer")
        model = await here.answer("done")
        await here.answered(2)

    roles = [message["role"] for message in model.messages]
    assert roles == ["system", "user", "assistant", "user", "user", "user"]
    assert model.messages[2]["content"] == "(A picture, without words.)"
    lead, fence, image = _shown_again(model)
    assert lead["text"].startswith("<context>\n")
    assert "draw-it.png" in fence["text"]
    assert image["image_url"]["url"].startswith("data:image/png;base64,")
    assert "make it bluer" in model.question


async def test_a_model_without_eyes_is_told_of_the_picture_by_name(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=_catalogue(sees=False)) as here:
        await _ask_for_a_picture(here)
        await here.people.say("make it bluer")
        model = await here.answer("done")
        await here.answered(2)

    _, fence = _shown_again(model)
    assert "draw-it.png" in fence["text"]
    assert "cannot see pictures" in fence["text"]
    assert here.town.ours()[-1].status is None, "nobody sent a picture that was not looked at"


async def test_a_picture_survives_a_kill_between_its_end_and_its_showing(tmp_path: Path) -> None:
    town = Town(held={"final"})
    async with house(tmp_path, town, catalogue=_catalogue(), orderly=False) as here:
        await here.people.say("draw it")
        model = await here.request()
        await model.draw(RED)
        await model.finish()
        await here.store_holds("done")

    town.held.clear()
    async with house(tmp_path, town, catalogue=_catalogue()) as here:
        await here.answered()

    assert [(file.name, file.data) for file in _files(here)] == [("draw-it.png", RED)]
    assert len(town.ours()) == 1


async def test_a_picture_goes_with_its_message_from_disk_and_from_history(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=_catalogue()) as here:
        await _ask_for_a_picture(here)
        assert len(dict(kept_files(tmp_path / "files"))) > 0
        await here.people.delete_message(here.town.ours()[0].id)
        assert await here.store.read(held_files) == set()
        assert dict(kept_files(tmp_path / "files")) == {}
        await here.people.say("make it bluer")
        model = await here.answer("what?")
        await here.answered()

    assert _shown_again(model) == []


async def test_stop_keeps_the_picture_that_has_come(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=_catalogue()) as here:
        await here.people.say("draw two")
        model = await here.request()
        await model.say("One:")
        await model.draw(RED)
        await model.say(" then ")
        await here.town.until(lambda town: any("then" in message.text for message in town.ours()))
        await here.people.press(ActionName.STOP, here.town.ours()[0])
        await here.answered()
        model.ended.set()

    assert here.town.ours()[0].status == words.STOPPED
    assert [file.data for file in _files(here)] == [RED]


async def test_continue_keeps_the_picture_under_the_last_message(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=_catalogue()) as here:
        await here.people.say("draw and tell")
        model = await here.request()
        await model.draw(RED)
        await model.finish("Once upon", reason="length")
        await here.answered()
        await here.people.press(ActionName.CONTINUE, here.town.ours()[0])
        again = await here.request()
        await again.draw(BLUE)
        await again.finish(" a time")
        await here.town.until(lambda town: town.ours()[0].final and town.ours()[0].text == "Once upon a time")
        await here.rest()
        await here.people.delete_message(here.town.ours()[0].id)
        assert dict(kept_files(tmp_path / "files")) == {}, "all of the answer goes, not only its last part"

    (shown,) = [message for message in here.town.removed if message.rendered]
    assert shown.rendered is not None
    assert [(file.name, file.data) for file in shown.rendered.files] == [
        ("draw-and-tell.png", RED),
        ("draw-and-tell-2.png", BLUE),
    ]


async def test_regenerate_replaces_the_picture(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=_catalogue()) as here:
        await _ask_for_a_picture(here)
        await here.people.press(ActionName.REGENERATE, here.town.ours()[0])
        again = await here.request()
        await again.draw(BLUE)
        await again.finish()
        await here.town.until(lambda town: town.ours()[0].final and [file.data for file in _files(here)] == [BLUE])
        await here.rest()

    assert [file.data for file in _files(here)] == [BLUE]
    assert _shown_again(again) == []


async def test_a_picture_drawn_before_a_tool_is_called_stays_and_stands_after_the_result(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=_catalogue()) as here:
        await here.people.say("draw the time")
        model = await here.request()
        await model.draw(RED)
        await model.call(("c1", "current_time", '{"timezone": "UTC"}'))
        second = await here.answer("There.")
        await here.answered()

    roles = [message["role"] for message in second.messages]
    assert roles == ["system", "user", "user", "assistant", "tool", "user"]
    assert len(_shown_again(second)) == 3
    assert [file.data for file in _files(here)] == [RED]


@pytest.mark.parametrize("data", [b"<svg onload='alert(1)'/>", b"\x89PN", b"%PDF-1.4"])
async def test_what_is_no_picture_is_left_out_and_that_is_said(tmp_path: Path, data: bytes) -> None:
    async with house(tmp_path, catalogue=_catalogue()) as here:
        await here.people.say("draw it")
        model = await here.request()
        await model.say("Here.")
        await model.draw(data)
        await model.finish()
        await here.answered()

    assert _files(here) == ()
    assert here.town.ours()[0].status == f"⚠ {words.NO_PICTURE}"


async def test_a_full_disk_costs_the_memory_of_a_picture_not_the_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(_files: Files, _data: bytes) -> str:
        raise StoreFull("No space left on device")

    async with house(tmp_path, catalogue=_catalogue()) as here:
        monkeypatch.setattr(Files, "put", full)
        await _ask_for_a_picture(here)

    assert [file.data for file in _files(here)] == [RED]
    assert here.town.ours()[0].status == f"⚠ {words.PICTURE_NOT_KEPT}"


async def test_a_model_that_draws_without_end_is_held_to_a_few(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=_catalogue()) as here:
        await here.people.say("draw them all")
        model = await here.request()
        await model.draw(*[RED] * 9)
        await model.finish()
        await here.answered()

    assert len(_files(here)) == 8
    assert here.town.ours()[0].status == f"⚠ {words.too_many_pictures(8)}"


async def _ask_for_a_picture(here: House) -> None:
    await here.people.say("draw it")
    model = await here.request()
    await model.draw(RED)
    await model.finish()
    await here.answered()
