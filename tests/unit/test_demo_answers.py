"""What the built-in models say: asked through the layout that the conversation really has."""

import hashlib
import io
import time
from collections.abc import Sequence
from dataclasses import replace

import orjson
import pytest
from hypothesis import given as given_
from hypothesis import settings
from hypothesis import strategies as st
from PIL import Image

from bot.conversation.prompt import Moment, build
from bot.demo.abilities import SELF, respond
from bot.demo.senses import Senses
from bot.demo.understanding import Prompt, given, understand
from bot.demo.wire import Answer, Call
from bot.gateway.wire import body_of
from bot.messages import (
    ChatRequest,
    Item,
    Model,
    Person,
    Place,
    Reading,
    ReadingKind,
    Role,
    StoredFile,
    ToolCall,
    ToolSpec,
)

ADA, BEN = Person("u1", "Ada"), Person("u2", "Ben")
SCRIPTED = Model("gatepost/scripted", sees=True, reads_files=True)
BLIND = Model("gatepost/scripted-blind", sees=False, reads_files=False)
FAULTY = Model("gatepost/faulty", sees=True)
SLOW = Model("gatepost/slow", sees=True)
CLOCK = ToolSpec("current_time", "", {"type": "object", "properties": {"timezone": {"type": "string"}}})
NOTE = ToolSpec("take_note", "", {"properties": {"words": {"type": "string"}}, "required": ["words"]})


def user(text: str, person: Person = ADA, *files: Reading) -> Item:
    return Item(0, Role.USER, text, person, sent_at=1e9, turn_id="now", files=files)


def note(text: str, person: Person = BEN, *files: Reading) -> Item:
    return Item(0, Role.NOTE, text, person, sent_at=1e9, files=files)


def bot(text: str, *calls: ToolCall) -> Item:
    return Item(0, Role.ASSISTANT, text, turn_id="now", tool_calls=calls)


def result(call_id: str, text: str) -> Item:
    return Item(0, Role.TOOL, text, turn_id="now", tool_call_id=call_id)


def picture(name: str, colour: str, size: tuple[int, int] = (64, 32)) -> tuple[Reading, bytes]:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    data = out.getvalue()
    stored = StoredFile(hashlib.sha256(data).hexdigest(), len(data), "image/png")
    words = f"PNG picture, {size[0]} × {size[1]} pixels"
    return Reading(ReadingKind.PICTURE, name, words, pictures=(stored,)), data


def text_file(name: str, text: str) -> Reading:
    return Reading(ReadingKind.TEXT, name, text=text)


async def prompt(
    *said: Item,
    model: Model = SCRIPTED,
    tools: Sequence[ToolSpec] = (CLOCK, NOTE),
    blobs: Sequence[bytes] = (),
    people: Sequence[Person] = (ADA,),
) -> Prompt:
    items = [replace(item, seq=n) for n, item in enumerate(said, 1)]
    held = {hashlib.sha256(data).hexdigest(): data for data in blobs}
    moment = Moment(1e9, Place("web", "w", "general"), tuple(people))
    messages = build(items, moment, model, 0, held, "now")
    body = orjson.loads(body_of(ChatRequest(model.id, messages, tuple(tools))))
    senses = Senses(None)
    return understand(body, [await senses.look(one) for one in given(body)])


async def ask(*said: Item, model: Model = SCRIPTED, blobs: Sequence[bytes] = ()) -> Answer:
    return respond(await prompt(*said, model=model, blobs=blobs))


async def test_asked_who_they_are_they_say_that_they_are_scripted() -> None:
    assert (await ask(user("Who are you?"))).text == SELF
    assert "scripted and not intelligent" in SELF


async def test_a_greeting_shows_in_four_lines_what_can_be_tried() -> None:
    text = (await ask(user("Hello!"))).text
    assert text.startswith("Hello, Ada!")
    assert sum(line.startswith("- ") for line in text.splitlines()) == 4


async def test_an_unknown_request_is_admitted_and_never_guessed_at() -> None:
    text = (await ask(user("Why is the sky green?"))).text
    assert "“Why is the sky green?”" in text
    assert "none of my rules" in text


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Repeat after me: so be it", "so be it"),
        ("Say hello to Ben", "hello to Ben"),
        ("count to 5", "1, 2, 3, 4, 5."),
        ("count slowly from 7 to 9", "7, 8, 9."),
        ("What is 12 * 7.5?", "12 * 7.5 = **90**"),
        ("(2+3)×4", "(2+3)×4 = **20**"),
        ("999999^64 / 17", "999999^64 / 17 = **5.881976482e+382**"),
        ("what is 1/0", "`1/0` divides by zero, so it has no value."),
        ("Remember that the door code is hidden", "Noted: the door code is hidden"),
    ],
)
async def test_plain_wishes_are_fulfilled(question: str, answer: str) -> None:
    assert (await ask(user(question))).text == answer


async def test_a_long_text_has_about_the_words_asked_for_and_every_kind_of_markdown() -> None:
    text = (await ask(user("Write 500 words about lighthouses"))).text
    assert 495 <= len(text.split()) <= 505
    assert "lighthouses" in text.splitlines()[0]
    assert all(mark in text for mark in ("\n## ", "\n1. ", "\n| --- ", "\n```python", "\n> "))


async def test_the_pace_is_chosen_in_the_question_or_with_the_model() -> None:
    assert (await ask(user("count to 9 slowly"))).pace == 8.0
    assert (await ask(user("count to 9, pace 25"))).pace == 25.0
    assert (await ask(user("count to 9 fast"))).pace == 1000.0
    assert (await ask(user("count to 9"))).pace is None
    assert (await ask(user("count to 9"), model=SLOW)).pace == 8.0


async def test_a_name_is_found_again_for_the_person_who_gave_it() -> None:
    told = (user("My name is Zoë"), bot("Noted."), user("and call me Max", BEN), bot("Noted."))
    assert "Zoë" in (await ask(*told, user("What is my name?"))).text
    assert "Max" in (await ask(*told, user("What is my name?", BEN))).text
    assert "not told me" in (await ask(user("What is my name?"))).text


async def test_what_somebody_said_earlier_is_quoted_from_notes() -> None:
    said = (note("The launch is on Friday.\nBring cake."), note("The launch is far off", ADA))
    text = (await ask(*said, user("What did Ben say about the launch?"))).text
    assert text.endswith("> Ben: The launch is on Friday.")
    assert "nothing that Ben said" in (await ask(*said, user("What did Ben say about money?"))).text


async def test_a_fact_is_found_in_the_conversation() -> None:
    text = (await ask(note("The launch is on Friday."), user("When is the launch?"))).text
    assert text == "Ben said earlier:\n\n> The launch is on Friday."


async def test_a_summary_quotes_a_line_of_everybody() -> None:
    text = (await ask(note("One.\nTwo."), note("Three.", ADA), user("Summarise this, please"))).text
    assert text.endswith("- **Ben:** One.\n- **Ada:** Three.")


async def test_a_picture_is_told_by_its_bytes() -> None:
    reading, data = picture("flag.png", "red")
    text = (await ask(user("What is this?", ADA, reading), blobs=[data])).text
    assert text == "**flag.png** is a PNG picture of 64 × 32 pixels, mostly red (100 %)."


async def test_an_earlier_picture_stays_answerable() -> None:
    reading, data = picture("flag.png", "blue")
    earlier = (user("Keep this", ADA, reading), bot("ok"))
    assert "blue" in (await ask(*earlier, user("Which colours are in the picture?"), blobs=[data])).text


async def test_a_model_that_sees_nothing_says_so() -> None:
    reading, data = picture("flag.png", "red")
    text = (await ask(user("What is this?", ADA, reading), model=BLIND, blobs=[data])).text
    assert text.startswith("**flag.png** is a picture that I was not shown, only told of: PNG picture, 64 × 32")
    assert "This model cannot see pictures" in text
    assert "red" not in text


async def test_the_line_of_a_file_that_holds_the_questions_word_is_quoted() -> None:
    file = text_file("bill.txt", "Bill\n(for Ada)\nTotal: 42 euros\nThanks")
    text = (await ask(user("What does it say about the total?", ADA, file))).text
    assert text.startswith("**bill.txt** is a text with 4 lines and 7 words.")
    assert text.endswith("> Total: 42 euros")


async def test_a_text_is_told_by_its_headings_and_beginning() -> None:
    text = (await ask(user("What is in it?", ADA, text_file("a.md", "# Plan\nAll of it\n## Who")))).text
    assert "Its headings: Plan; Who." in text
    assert "> All of it" in text


async def test_a_file_among_earlier_messages_is_answered_about() -> None:
    said = note("Here it is", BEN, text_file("bill.txt", "Total: 42 euros"))
    assert "42 euros" in (await ask(said, user("What does the file say about the total?"))).text


async def test_what_was_not_read_is_said() -> None:
    file = replace(text_file("long.pdf", "Page one"), unread="pages 2–9 of long.pdf were not read")
    assert "pages 2–9 of long.pdf were not read" in (await ask(user("What is this?", ADA, file))).text


async def test_each_person_of_a_merged_question_is_answered() -> None:
    asked = await prompt(user("what is 2+2"), user("what is 3*4", BEN), people=(ADA, BEN))
    assert respond(asked).text == "**Ada:** 2+2 = **4**\n\n**Ben:** 3*4 = **12**"


async def test_whoever_is_not_to_be_answered_now_is_not() -> None:
    asked = await prompt(user("what is 2+2"), user("what is 3*4", BEN), people=(BEN,))
    assert respond(asked).text == "3*4 = **12**"


async def test_tools_are_called_when_asked_for_in_plain_words() -> None:
    assert (await ask(user("What time is it?"))).calls == (Call("current_time", "{}"),)
    assert (await ask(user("What time is it in Tokyo and in Paris?"))).calls == (
        Call("current_time", '{"timezone":"Asia/Tokyo"}'),
        Call("current_time", '{"timezone":"Europe/Paris"}'),
    )


async def test_any_tool_is_called_by_its_name_several_at_once() -> None:
    asked = 'Use the take note tool with {"words": "{milk}"} and call current_time'
    assert set((await ask(user(asked))).calls) == {
        Call("take_note", '{"words": "{milk}"}'),
        Call("current_time", "{}"),
    }


async def test_arguments_that_are_needed_and_not_given_are_made_up_to_the_schema() -> None:
    (call,) = (await ask(user("use the take_note tool"))).calls
    assert set(orjson.loads(call.arguments)) == {"words"}


async def test_without_tools_nothing_is_called() -> None:
    assert respond(await prompt(user("What time is it?"), tools=())).calls == ()


async def test_results_are_told_in_the_next_round() -> None:
    call = ToolCall("c1", "current_time", "{}")
    answer = await ask(user("What time is it?"), bot("", call), result("c1", "Noon"))
    assert answer == Answer("`current_time` says:\n\n> Noon")


async def test_a_tool_is_called_again_until_the_number_asked_for() -> None:
    rounds: list[Item] = [user("use the current_time tool 3 times")]
    for n in range(3):
        assert len((await ask(*rounds)).calls) == 1
        rounds += [bot("", ToolCall(f"c{n}", "current_time", "{}")), result(f"c{n}", "Noon")]
    assert (await ask(*rounds)).calls == ()


@pytest.mark.parametrize("ask_again", [True, False])
async def test_a_cut_answer_goes_on_where_it_stopped(ask_again: bool) -> None:
    question = user("Write 90 words about owls")
    whole = (await ask(question)).text
    said = [question]
    for part in (whole[:100], whole[100:211]):
        said.append(bot(part))
        if ask_again:
            said.append(user("Continue exactly where you stopped. Do not repeat anything."))
        else:
            said = [question, bot(whole[: whole.index(part) + len(part)])]
    assert (await ask(*said)).text == whole[211:]


async def test_asked_to_go_on_after_a_whole_answer_it_adds_nothing() -> None:
    assert "whole" in (await ask(user("count to 3"), bot("1, 2, 3."), user("continue"))).text


async def test_asked_to_think_it_tells_which_rule_it_follows() -> None:
    assert "“counted”" in (await ask(user("think, then count to 3"))).reasoning
    assert (await ask(user("count to 3"), model=SLOW)).reasoning
    assert (await ask(user("count to 3"))).reasoning == ""


async def test_the_faulty_model_lists_its_faults_and_answers_the_rest() -> None:
    assert "`drop-mid-stream`" in (await ask(user("hello"), model=FAULTY)).text
    assert (await ask(user("count to 3\nfault: stall"), model=FAULTY)).text == "1, 2, 3."
    assert "`stall`" in (await ask(user("fault: stall"), model=FAULTY)).text


async def test_the_same_prompt_has_the_same_answer() -> None:
    asked = await prompt(user("Write 300 words about rain"))
    assert respond(asked) == respond(asked)


@settings(max_examples=60, deadline=None)
@given_(st.text(st.sampled_from('1+-*/(). \nuse call count write words 9{}"[]<>#`'), max_size=400))
def test_whatever_is_asked_there_is_an_answer(text: str) -> None:
    body = {"model": "gatepost/scripted", "messages": [{"role": "user", "content": text}]}
    offered = [{"type": "function", "function": {"name": "current_time", "parameters": {}}}]
    answer = respond(understand({**body, "tools": offered}, ()))
    assert answer.text or answer.calls


@pytest.mark.parametrize("burden", ["1+", "use ", "count ", "9 ", "write 9 words ", "(", "[Ada (id ", "\n> x"])
async def test_no_text_holds_a_model_up(burden: str) -> None:
    begun = time.process_time()
    await ask(note(burden * (100_000 // len(burden))), user(burden * (100_000 // len(burden))))
    assert time.process_time() - begun < 2
