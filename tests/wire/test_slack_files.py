"""Files on Slack: fetched from Slack alone, with the token shown to nobody else, and uploaded as today."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.files import picture
from tests.slack_house import SlackHouse, read, slack_house
from tests.slack_town.values import File


@pytest.fixture
async def slack(tmp_path: Path) -> AsyncIterator[SlackHouse]:
    async with slack_house(tmp_path) as opened:
        yield opened


def text_file(slack: SlackHouse) -> File:
    return slack.town.file("notes.txt", b"The password is swordfish.", "text/plain")


async def about(slack: SlackHouse, file: File) -> tuple[str, str]:
    """Ask about a file: the prompt, and what was answered with its notices."""
    asked = slack.town.ada.mentions(slack.town.square, "what does it say?", files=[file])
    answering = await slack.answer("It says something.")
    (answer,) = await slack.said(slack.town.square, asked)
    return answering.prompt, str(answer.blocks)


async def test_a_file_is_read_with_the_token_shown_to_slack(slack: SlackHouse) -> None:
    file = text_file(slack)
    prompt, _ = await about(slack, file)

    assert "swordfish" in prompt
    assert file.fetched[0].authorization.startswith("Bearer xoxb-")


async def test_a_picture_reaches_the_model(slack: SlackHouse) -> None:
    file = slack.town.file("cat.png", picture(), "image/png")
    slack.town.ada.mentions(slack.town.square, "what is this?", files=[file])
    answering = await slack.answer("A square.")

    assert "image_url" in str(answering.messages)


async def test_a_file_that_is_kept_elsewhere_is_never_fetched(slack: SlackHouse) -> None:
    file = text_file(slack)
    file.external_url = f"{slack.town.stranger.url}/notes.txt"
    prompt, shown = await about(slack, file)

    assert slack.town.stranger.visits == []
    assert "outside Slack" in shown
    assert "swordfish" not in prompt


async def test_a_redirect_to_elsewhere_is_not_followed(slack: SlackHouse) -> None:
    file = text_file(slack)
    file.redirect = f"{slack.town.stranger.url}/notes.txt"
    _, shown = await about(slack, file)

    assert slack.town.stranger.visits == []
    assert "elsewhere" in shown


async def test_a_login_page_in_place_of_the_file_names_the_missing_scope(slack: SlackHouse) -> None:
    slack.town.tokens.take("files:read")
    prompt, shown = await about(slack, text_file(slack))

    assert "files:read" in shown
    assert "Sign in" not in prompt


async def test_a_file_of_which_only_the_id_is_told_is_asked_for(slack: SlackHouse) -> None:
    file = text_file(slack)
    file.check_file_info = True
    prompt, _ = await about(slack, file)

    assert 'file "notes.txt"' in prompt
    assert "swordfish" in prompt
    assert len(slack.town.calls("files.info")) == 1


@pytest.mark.parametrize(
    ("error", "told"), [("access_denied", "another workspace"), ("file_deleted", "it was deleted")]
)
async def test_of_a_file_that_is_closed_to_us_people_are_told_why(
    slack: SlackHouse, error: str, told: str
) -> None:
    file = text_file(slack)
    file.check_file_info = True
    slack.town.faulty("files.info", error=error)
    _, shown = await about(slack, file)

    assert told in shown
    assert file.fetched == []


async def test_a_stumbling_file_host_is_asked_again(slack: SlackHouse) -> None:
    slack.town.faulty("url_private", status=503)
    prompt, _ = await about(slack, text_file(slack))

    assert "swordfish" in prompt


async def test_files_in_the_thread_were_read_too_when_we_are_called(slack: SlackHouse) -> None:
    town = slack.town
    root = town.grace.says(town.square, "the plan", files=[text_file(slack)], quietly=True)
    town.ada.mentions(town.square, "what is the password?", thread=root)
    answering = await slack.answer("swordfish")

    assert "swordfish" in answering.prompt


@pytest.mark.parametrize("fault", ["", "files.completeUploadExternal"])
async def test_an_answer_too_long_for_messages_ends_with_the_whole_text_as_one_file(
    slack: SlackHouse, fault: str
) -> None:
    town = slack.town
    if fault:
        town.faulty(fault, lost=True)
    asked = town.ada.mentions(town.square, "everything")
    paragraphs = [f"Paragraph {n}. " + "word " * 90 for n in range(150)]
    await slack.answer("\n\n".join(paragraphs))
    messages = await slack.said(town.square, asked)
    files = [file for one in town.square.visible(asked.ts) if one.bot for file in one.files]

    assert len(messages) == 5
    assert all(len(read(one)) <= 11_000 for one in messages)
    assert [file.name for file in files] == ["answer.md"]
    assert files[0].data.decode().count("Paragraph") == 150
