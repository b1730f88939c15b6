"""What counts as spoken to Gatepost on the page, and how a typed command is read."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.web.inbound import heard, is_addressed, is_command, mentions_us, parse_command
from adapters.web.workspace import PEOPLE, dm, place
from bot.errors import NotAllowed
from bot.messages import CommandOption, CommandSpec, InboundKind, PageMessage
from tests.growth import assert_linear

ADA = PEOPLE[0]
SPECS = (
    CommandSpec("help", "What can be typed."),
    CommandSpec("model", "Which model.", (CommandOption("name", "a model's id"),)),
    CommandSpec(
        "ask",
        "Ask.",
        (
            CommandOption("tone", "how", required=True, choices=("short", "long")),
            CommandOption("question", "what", rest=True),
            CommandOption("size", "how large", choices=("big", "small")),
        ),
    ),
)
NOTE = CommandSpec(
    "note",
    "Note.",
    (CommandOption("what", "of what", rest=True), *(CommandOption(one, one) for one in ("when", "where"))),
)


@pytest.mark.parametrize(
    "text",
    [
        "@Gatepost hi",
        "hi @gatepost",
        "what do you say, @Gatepost?",
        "(@Gatepost)",
        "@Gatepost's turn",
        "@Gatepost: hello",
        "`code` and @Gatepost",
        "thanks @Gatepost.",
        "über @Gatepost",
    ],
)
def test_a_mention_addresses_us(text: str) -> None:
    assert mentions_us(text)


@pytest.mark.parametrize(
    "text",
    [
        "Gatepost is down",
        "write to me@Gatepost or me@gatepost.example",
        "@Gatepost-dev is a channel",
        "@Gateposts",
        "@Gatepost.example/x",
        "https://example.com/@Gatepost",
        "type `@Gatepost` to call it",
        "``a ` @Gatepost``",
        "```\n@Gatepost\n```",
        "~~~\n@Gatepost",
        "@@Gatepost",
        "@Gatepost@mastodon.example",
    ],
)
def test_what_only_looks_like_a_mention_does_not(text: str) -> None:
    assert not mentions_us(text)


def test_everything_in_a_direct_message_is_for_us() -> None:
    assert is_addressed("hi", place(dm(ADA)), took_part=False)


def test_in_a_thread_of_ours_only_words_to_somebody_else_are_not_for_us() -> None:
    thread = place("general", "root")

    assert is_addressed("and then?", thread, took_part=True)
    assert not is_addressed("and then?", thread, took_part=False)
    assert not is_addressed("@Grace what do you think?", thread, took_part=True)
    assert is_addressed("@Grace ask @Gatepost", thread, took_part=True)
    assert is_addressed("@Gracefully put", thread, took_part=True)


def test_the_opening_mention_is_not_part_of_the_question() -> None:
    def text_of(text: str) -> str:
        message = PageMessage("1", place("general"), ADA, 1.0, text)
        return heard(InboundKind.MESSAGE, message, "k", 1.0, True).text

    assert text_of("@Gatepost, what is this?") == "what is this?"
    assert text_of("what is this, @Gatepost?") == "what is this, @Gatepost?"
    assert text_of("@Gatepost") == "@Gatepost"


def test_a_command_takes_its_options_in_order_or_by_name() -> None:
    assert parse_command("/help", SPECS).options == {}
    assert parse_command("/MODEL openai/gpt:free", SPECS).options == {"name": "openai/gpt:free"}
    assert parse_command("/model name:openai/gpt", SPECS).options == {"name": "openai/gpt"}
    assert parse_command('/model "two words"', SPECS).options == {"name": "two words"}
    asked = parse_command("/ask long why is  the sky: blue?", SPECS)
    assert asked.options == {"tone": "long", "question": "why is  the sky: blue?"}


def test_an_option_that_takes_all_further_words_leaves_the_named_ones_their_values() -> None:
    def asked(text: str) -> tuple[str | None, str | None]:
        options = parse_command(f"/ask long {text}", SPECS).options
        return options.get("question"), options.get("size")

    assert asked("draw  a\nhouse size:big") == ("draw  a\nhouse", "big")
    assert asked("size:big draw a house") == ("draw a house", "big")
    assert asked("question:draw a house  size:small ") == ("draw a house", "small")
    assert asked('draw a house size:"big"') == ("draw a house", "big")
    assert parse_command('/note tea when:"in 5 minutes" where:here', (NOTE,)).options == {
        "what": "tea",
        "when": "in 5 minutes",
        "where": "here",
    }
    assert asked("is size:big better?") == ("is better?", "big")
    assert asked("-- is size:big better?") == ("is size:big better?", None)
    assert asked("what: colour:red") == ("what: colour:red", None)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("/usr is a folder", "There is no command /usr. To send it as a message, put a space before it."),
        ("/ask", "/ask needs tone: how"),
        ("/ask loud x", "/ask takes short or long as tone, not “loud”."),
        ("/ask long a house size:huge", "/ask takes big or small as size, not “huge”."),
        ("/help me", "/help does not know what to do with “me”. It takes nothing more."),
    ],
)
def test_a_wrong_command_is_answered_with_what_is_wrong(text: str, sentence: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        parse_command(text, SPECS)

    assert refused.value.said == sentence


def test_a_slash_after_a_space_or_before_a_sign_is_no_command() -> None:
    assert is_command("/help")
    assert not is_command(" /help")
    assert not is_command("/ 2")
    assert not is_command("//comment")


@given(st.text())
def test_reading_a_command_either_works_or_says_why(text: str) -> None:
    try:
        parse_command("/ask " + text, SPECS)
    except NotAllowed as refused:
        assert refused.said  # noqa: PT017  # either outcome is right; anything else raised is not


@pytest.mark.parametrize("space", ["\t", "\n", "  ", "\u00a0"])
def test_any_space_ends_the_name_of_a_command(space: str) -> None:
    assert parse_command(f"/model{space}demo/slow", SPECS).options == {"name": "demo/slow"}
    assert parse_command(f"/help{space}", SPECS).options == {}


@pytest.mark.parametrize(
    "unit",
    ["a.", "a+", "://", "a://", "a://b ", "`", "~", "`a``", "``` ", "@gatepost", "@gatepost.", " ", "/", '"'],
)
def test_reading_any_text_takes_time_in_proportion_to_its_length(unit: str) -> None:
    assert_linear(lambda text: is_addressed(text, place("general"), took_part=True), unit)
    assert_linear(lambda text: opening(text), unit)


def test_a_fence_that_never_ends_takes_time_in_proportion_to_its_length() -> None:
    assert_linear(lambda text: mentions_us(text + "x" + text[1:]), "`")


def opening(text: str) -> None:
    heard(InboundKind.MESSAGE, PageMessage("1", place("general"), ADA, 1.0, text), "k", 1.0, True)
    with contextlib.suppress(NotAllowed):
        parse_command(f"/ask {text}", SPECS)
