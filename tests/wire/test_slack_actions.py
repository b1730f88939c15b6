"""What people press, type and open on Slack."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from adapters.slack.whispering import TWICE
from bot.commands import COMMANDS
from bot.commands.base import Command, CommandContext, CommandResult
from bot.messages import CommandSpec, OutFile
from bot.store.schema import feedback
from tests.slack_house import SlackHouse, read, slack_house
from tests.slack_town import interactions
from tests.slack_town.values import Message


@pytest.fixture
async def slack(tmp_path: Path) -> AsyncIterator[SlackHouse]:
    async with slack_house(tmp_path) as opened:
        yield opened


async def answered(slack: SlackHouse, text: str = "question", answer: str = "answer") -> tuple[Message, Message]:
    asked = slack.town.ada.mentions(slack.town.square, text)
    await slack.answer(answer)
    return asked, (await slack.said(slack.town.square, asked))[0]


async def test_a_command_answers_only_whoever_typed_it(slack: SlackHouse) -> None:
    town = slack.town
    await town.ada.types("/gatepost status", town.square).answered()
    (told,) = await slack.whispered(town.ada)

    assert told.ephemeral_for == town.ada.id
    assert town.calls("chat.postMessage") == []


async def test_an_answer_that_may_have_been_shown_already_says_so(slack: SlackHouse) -> None:
    slack.town.responses.lost = 1
    await slack.town.ada.types("/gatepost status", slack.town.square).answered()
    first, second = await slack.whispered(slack.town.ada, 2)

    assert read(second) == f"{read(first)}\n\n{TWICE}"


async def test_a_long_answer_to_a_command_comes_in_pieces_and_its_files_alone(tmp_path: Path) -> None:
    async def run(_: CommandContext) -> CommandResult:
        lines = "\n".join(f"- line {n} of many" for n in range(900))
        return CommandResult(lines, (OutFile("chart.png", "image/png", b"pixels", "A chart"),))

    async with slack_house(tmp_path, commands=(Command(CommandSpec("long", "Say much"), run),)) as slack:
        town = slack.town
        await town.ada.types("/gatepost long", town.square).answered()
        told = await slack.whispered(town.ada, 2)
        await town.until(lambda: [one for one in town.ada.dm.visible() if one.files])

        assert "\n".join(map(read, told)).count("line ") == 900
        assert town.square.visible() == []


async def test_a_command_that_does_not_exist_or_is_typed_wrongly_gets_a_sentence(slack: SlackHouse) -> None:
    town = slack.town
    answer = await town.ada.types("/gatepost dance", town.square).answered()

    assert "no command /gatepost dance" in answer["text"]
    assert "help" in answer["text"]


async def test_a_mention_with_a_command_typed_wrongly_is_told_what_is_wrong_once(slack: SlackHouse) -> None:
    town = slack.town
    asked = town.ada.mentions(town.square, "!stop now")
    await town.until(lambda: town.told_of(asked, "message") and town.told_of(asked, "app_mention"))
    await slack.rest()

    said = "!stop does not know what to do with “now”. It takes nothing more."
    assert [one.text for one in town.ada.whispers] == [said]


async def test_answers_name_commands_as_slack_takes_them_and_leave_what_people_wrote(slack: SlackHouse) -> None:
    town = slack.town
    town.grace.says(town.square, "herons: type /remind")
    await slack.rest()
    for line in ("/gatepost remind", "/gatepost search herons"):
        await town.ada.types(line, town.square).answered()
    told = "\n".join(map(read, await slack.whispered(town.ada, 2)))

    assert "`/gatepost remind list`" in told
    assert "herons: type /remind" in told


async def test_an_answer_that_is_for_all_comes_to_whoever_typed_it_where_we_are_not(slack: SlackHouse) -> None:
    town = slack.town
    den = town.channel("den", town.ada, app=False)
    await town.ada.types("/gatepost model", den).answered()
    (told,) = await slack.whispered(town.ada)

    assert "answers in this channel" in read(told)
    assert den.visible() == []


async def test_every_row_of_the_table_of_commands_is_there_as_it_is_typed(tmp_path: Path) -> None:
    async def run(context: CommandContext) -> str:
        return f"hello {context.option('whom') or context.person.name}"

    wave = Command(CommandSpec("wave", "Wave at somebody"), run)
    async with slack_house(tmp_path, commands=(*COMMANDS, wave)) as slack:
        town = slack.town
        await town.ada.types("/gatepost wave", town.square).answered()
        assert read((await slack.whispered(town.ada))[-1]) == "hello Ada"
        asked, _ = await answered(slack)
        town.ada.says(town.square, "!wave", thread=asked)
        assert read((await slack.whispered(town.ada, 2))[-1]) == "hello Ada"
        assert slack.house.asked.empty()


async def test_a_command_in_a_thread_is_typed_with_an_exclamation_mark_and_stop_stops(slack: SlackHouse) -> None:
    town = slack.town
    asked = town.ada.mentions(town.square, "write a lot")
    answering = await slack.house.request()
    await answering.say("A lot ")
    await town.until(lambda: slack.ours(town.square, asked))
    town.ada.says(town.square, "!stop", thread=asked)
    (answer,) = await slack.said(town.square, asked)
    answering.ended.set()

    assert "Stopped." in str(answer.blocks)


async def test_an_exclamation_in_a_thread_that_is_not_ours_is_nobodys_command(slack: SlackHouse) -> None:
    town = slack.town
    root = town.grace.says(town.square, "lunch?")
    said = town.ada.says(town.square, "!help", thread=root)
    await town.until(lambda: said.deliveries and said.deliveries[0].acked)
    await slack.rest()

    assert town.ada.whispers == []


async def test_regenerate_writes_the_same_message_again(slack: SlackHouse) -> None:
    town = slack.town
    asked, first = await answered(slack, answer="once")
    await town.ada.presses(first, "Regenerate").answered()
    await slack.answer("again")
    await town.until(lambda: read(first) == "again")
    await slack.rest()

    assert slack.ours(town.square, asked) == [first]


async def test_nobody_else_may_press(slack: SlackHouse) -> None:
    town = slack.town
    _, answer = await answered(slack)
    await town.grace.presses(answer, "Regenerate").answered()
    (told,) = await slack.whispered(town.grace)

    assert "Only those who asked" in read(told)
    assert slack.house.asked.empty()


async def test_feedback_is_stored_with_turn_and_person(slack: SlackHouse) -> None:
    town = slack.town
    _, answer = await answered(slack)
    await town.ada.presses(answer, "Good answer").answered()

    def rows(conn: Any) -> list[Any]:
        return list(conn.execute(feedback.select()).all())

    (row,) = await slack.house.store.read(rows)
    assert row.person == f"slack:{town.ada.id}"
    assert "good" in tuple(row)


async def test_a_shortcut_asks_about_a_message_in_its_thread(slack: SlackHouse) -> None:
    town = slack.town
    about = town.grace.says(town.square, "Die Katze ist auf dem Dach.")
    await town.ada.uses_shortcut("ask_about_this", about).answered()
    await town.until(lambda: town.ada.modal)
    modal = town.ada.modal
    assert modal is not None
    typed = {"question": {"question": {"type": "plain_text_input", "value": "What does it mean?"}}}
    await town.ada.submits(modal, typed).answered()
    answering = await slack.answer("The cat is on the roof.")
    (answer,) = await slack.said(town.square, about)

    assert "What does it mean?" in answering.question
    assert "Die Katze" in answering.prompt
    assert answer.thread_ts == about.ts


async def test_a_shortcut_where_we_are_not_says_how_to_let_us_in(slack: SlackHouse) -> None:
    town = slack.town
    private = town.channel("den", town.ada, kind="group", app=False)
    about = town.ada.says(private, "a secret")
    await town.ada.uses_shortcut("ask_about_this", about).answered()
    await town.until(lambda: town.ada.modal)
    assert town.ada.modal is not None
    await town.ada.submits(town.ada.modal, {}).answered()
    (told,) = await slack.whispered(town.ada)

    assert "/invite" in told.text


async def test_the_app_home_shows_my_model_and_my_usage(slack: SlackHouse) -> None:
    town = slack.town
    town.ada.opens_home()
    await town.until(lambda: town.ada.home)
    assert town.ada.home is not None
    shown = str(town.ada.home.body)

    assert "My model" in shown
    assert "acme/alpha-2" in shown
    assert "My usage" in shown
    assert "You have no reminders" in shown


async def test_the_messages_tab_suggests_prompts_once(slack: SlackHouse) -> None:
    town = slack.town
    for _ in range(2):
        told = town.ada.opens_home("messages")
        assert told is not None
        await told.answered()
    await town.until(lambda: town.calls("assistant.threads.setSuggestedPrompts"))

    assert 1 <= len(town.world.agent_thread(town.ada.dm.id, "").prompts) <= 4
    assert len(town.calls("assistant.threads.setSuggestedPrompts")) == 1


async def test_a_private_answer_never_becomes_a_public_post(slack: SlackHouse) -> None:
    town = slack.town
    asked, _ = await answered(slack)
    town.square.members.discard(town.ada.id)
    town.faulty("chat.postEphemeral", error="user_not_in_channel")
    town.ada.says(town.square, "!status", thread=asked)
    await town.until(lambda: [one for one in town.ada.dm.visible() if one.bot])

    assert len(slack.ours(town.square, asked)) == 1


async def test_what_the_model_says_pings_nobody_across_the_pieces_of_a_stream_either(slack: SlackHouse) -> None:
    town = slack.town
    asked = town.ada.mentions(town.square, "ping them all")
    answering = await slack.house.request()
    for piece in ("Hello <", "!chan", "nel> and <", f"@{town.grace.id}> and @", "here, <!subteam^S1> "):
        await answering.say(piece)
    await answering.finish("that is all")
    (answer,) = await slack.said(town.square, asked)

    assert answer.pings == set()
    assert "that is all" in read(answer)
    assert not answer.unfurls


async def test_another_model_is_chosen_below_an_answer(slack: SlackHouse) -> None:
    town = slack.town
    asked, first = await answered(slack, answer="once")
    menu = next(one for block in first.blocks for one in block.get("elements", ()) if "select" in one["type"])
    assert await town.ada.suggestions(first, menu["action_id"], "") == []
    pressed = {"type": "external_select", "action_id": menu["action_id"]}
    chosen = {"selected_option": {"value": "acme/beta", "text": {"type": "plain_text", "text": "Beta"}}}
    block = next(block for block in first.blocks if menu in block.get("elements", ()))
    await town.ada._acts(first, interactions.action(block, pressed, chosen, town.world.new_ts())).answered()
    answering = await slack.answer("differently")
    await town.until(lambda: read(first) == "differently")

    assert answering.exchange.json["model"] == "acme/beta"
    assert asked.ts == first.thread_ts


async def test_a_menu_offers_the_models_as_they_are_typed(slack: SlackHouse) -> None:
    town = slack.town
    town.ada.opens_home()
    await town.until(lambda: town.ada.home)
    assert town.ada.home is not None

    assert await town.ada.suggestions(town.ada.home, "gatepost_home_model", "") == []


def home_of(slack: SlackHouse) -> str:
    """All that stands in Ada's App Home."""
    view = slack.town.ada.home
    return str(view.body) if view is not None else ""


async def test_my_reminders_can_be_cancelled_in_the_app_home(slack: SlackHouse) -> None:
    town = slack.town
    await town.ada.types("/gatepost remind in 3 days to water the plants", town.square).answered()
    await slack.whispered(town.ada)
    town.ada.opens_home()
    await town.until(lambda: "water the plants" in home_of(slack))
    assert town.ada.home is not None
    await town.ada.presses(town.ada.home, "Cancel").answered()
    await town.until(lambda: "You have no reminders" in home_of(slack))

    assert "Snooze" not in home_of(slack)


async def test_my_data_comes_and_goes_by_buttons_in_the_app_home(slack: SlackHouse) -> None:
    town = slack.town
    await answered(slack)
    await slack.house.rest()
    town.ada.opens_home()
    await town.until(lambda: "My data" in home_of(slack))
    assert town.ada.home is not None
    await town.ada.presses(town.ada.home, "Export my data").answered()
    await town.until(lambda: [one for one in town.ada.dm.visible() if one.files])
    assert "in our direct messages" in home_of(slack)

    await town.ada.presses(town.ada.home, "Forget me").answered()
    await town.until(lambda: "Shall I forget" in read(town.ada.dm.visible()[-1]))
    await town.ada.presses(town.ada.dm.visible()[-1], "Forget it").answered()
    done = (await slack.whispered(town.ada))[-1]

    assert read(done).startswith("Done. What I kept about you is gone:")


async def test_a_question_is_asked_by_the_slash_command_and_where_we_are_not_it_says_so(slack: SlackHouse) -> None:
    town = slack.town
    await town.ada.types("/gatepost ask who wades?", town.square).answered()
    await slack.answer("Herons.")
    await town.until(lambda: any("Herons." in read(one) for one in town.square.visible()))
    den = town.channel("den", town.ada, app=False)
    refused = await town.ada.types("/gatepost ask who wades?", den).answered()

    [answer] = [one for one in town.square.visible() if one.bot]
    assert read(answer).startswith("> who wades?")
    assert "/invite" in refused["text"]
    assert slack.house.asked.empty()


async def test_what_is_kept_about_me_is_told_in_a_channel_to_me_alone(slack: SlackHouse) -> None:
    town = slack.town
    await answered(slack)
    await slack.house.rest()
    await town.ada.types("/gatepost export", town.square).answered()
    (here,) = await slack.whispered(town.ada)
    await town.until(lambda: [one for one in town.ada.dm.visible() if one.files])
    await town.ada.types("/gatepost forget", town.square).answered()
    asked = (await slack.whispered(town.ada, 2))[-1]
    await town.ada.presses(asked, "Keep it").answered()
    kept = (await slack.whispered(town.ada, 3))[-1]

    assert read(here).endswith("The file is in our direct messages.")
    assert asked.ephemeral_for == kept.ephemeral_for == town.ada.id
    assert read(kept) == "Nothing was forgotten."


async def test_a_model_is_chosen_for_oneself_by_the_slash_command_and_in_a_thread(slack: SlackHouse) -> None:
    town = slack.town
    await town.ada.types("/gatepost model acme/beta-1 me", town.square).answered()
    await town.until(lambda: any("answers you" in read(one) for one in town.square.visible()))
    asked = town.ada.mentions(town.square, "hello")
    answering = await slack.house.request()
    await answering.finish("hi")
    await slack.said(town.square, asked)
    town.ada.says(town.square, "!model", thread=asked)
    await town.until(lambda: any("because you chose it" in read(one) for one in town.square.visible(asked.root)))

    assert answering.body["model"] == "acme/beta-1"


async def test_a_question_asked_by_command_is_answered_without_a_call_that_can_only_be_refused(
    slack: SlackHouse,
) -> None:
    town = slack.town
    with structlog.testing.capture_logs() as logged:
        await town.ada.types("/gatepost ask what is this?", town.square).answered()
        answering = await slack.house.request()
        await answering.say("This ")
        await town.until(lambda: slack.ours(town.square))
        await answering.finish("is it.")
        await slack.rest()

    assert [read(one).splitlines()[-1] for one in slack.ours(town.square)] == ["This is it."]
    assert [one["event"] for one in logged if one["log_level"] == "warning"] == []
