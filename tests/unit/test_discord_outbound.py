"""What Discord is sent: bodies, buttons, marks and markup, whatever the text is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord.buttons import LONGEST, action_of, custom_id, is_short, mark_of, short
from adapters.discord.commands import offered, same
from adapters.discord.invite import application_id, invitation
from adapters.discord.markdown import render
from adapters.discord.outbound import (
    changed_message,
    layout_mark,
    marks_of,
    new_message,
    new_thread,
    nonce_of,
    pieces,
    without_status,
)
from bot.commands import COMMANDS
from bot.messages import Action, ActionName, OutFile, Rendered

TURN = "0a1b2c3d4e5f60718293"
CODE = "#### code | with |\n| a | b |\n|---|---|"
STOP = Action(ActionName.STOP, TURN)


@pytest.mark.parametrize("value", [None, "acme/alpha-2", "acme/ö:1=2"])
@pytest.mark.parametrize("name", ActionName)
def test_a_button_says_by_itself_what_it_does(name: ActionName, value: str | None) -> None:
    action = Action(name, TURN, value)

    assert action_of(custom_id(action)) == action
    assert action_of(custom_id(action, nonce_of("key"))) == action
    assert mark_of(custom_id(Action(name, TURN), nonce_of("key"))) == nonce_of("key")


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("is <a:wave:1234567890> polite?", "is :wave: polite?"),
        ("what does </model:123> do <@!12> <#34> <t:1700000000:R>", "what does /model do"),
        ("a<b and c>d", "a<b and c>d"),
        ("<@1234>", "Question"),
    ],
)
def test_a_thread_is_named_without_markup(title: str, name: str) -> None:
    assert new_thread(title)["name"] == name


@pytest.mark.parametrize("name", ["", "gp:", "gp:dance:1", "other:stop:1", "gp-ask:12"])
def test_what_is_no_button_of_ours_does_nothing(name: str) -> None:
    assert action_of(name) is None


@given(st.text(min_size=1))
def test_a_value_is_never_too_long_and_two_values_are_never_the_same(value: str) -> None:
    other = value + "!"

    assert len(short(value)) <= LONGEST
    assert short(value) != short(other)
    assert is_short(short(value)) or short(value) == value


def test_a_post_bears_the_marks_of_its_key_until_it_is_edited() -> None:
    first = new_message(Rendered("hello", actions=(STOP,)), "key", in_place=False)
    later = new_message(Rendered("hello", part=1), "key", in_place=False)
    del first["nonce"], later["nonce"]

    assert list(marks_of(first)) == [nonce_of("key")]
    assert list(marks_of(later)) == [layout_mark("key")]
    assert list(marks_of(changed_message(Rendered("hello", actions=(STOP,))))) == []


def test_nobody_but_the_asker_may_be_notified_by_a_post_or_an_edit() -> None:
    rendered = Rendered("hello", asker="12", answers="34")
    post = new_message(rendered, "key", in_place=True)

    assert post["allowed_mentions"] == {"parse": [], "users": ["12"], "replied_user": True}
    assert changed_message(rendered)["allowed_mentions"] == {"parse": [], "users": ["12"], "replied_user": False}
    about_another = Rendered("hello", asker="12", answers="34", answers_asker=False)
    assert not new_message(about_another, "key", in_place=True)["allowed_mentions"]["replied_user"]
    assert new_message(Rendered("hello"), "key", in_place=True)["allowed_mentions"] == {
        "parse": [],
        "replied_user": False,
    }


def test_in_place_an_answer_replies_to_its_question_and_only_its_first_message_does() -> None:
    rendered = Rendered("hello", answers="34")

    assert new_message(rendered, "key", in_place=True)["message_reference"]["message_id"] == "34"
    assert "message_reference" not in new_message(rendered, "key", in_place=False)
    assert "message_reference" not in new_message(Rendered("x", part=1, answers="34"), "key", in_place=True)


def test_a_file_of_a_layout_is_part_of_it() -> None:
    rendered = Rendered("hello", part=1, files=(OutFile("answer.md", "text/markdown", b"x", "All of it"),))
    body = changed_message(rendered)

    assert body["attachments"] == [{"id": 0, "filename": "answer.md", "description": "All of it"}]
    assert {"type": 13, "file": {"url": "attachment://answer.md"}} in body["components"]


@given(st.text(st.sampled_from("ab\n-# "), max_size=40))
def test_our_small_lines_are_taken_off_again(text: str) -> None:
    body = changed_message(Rendered(f"{text}x", "thinking…"))

    assert without_status(body["content"]) == f"{text}x".rstrip() or f"{text}x".split("\n")[-1].startswith("-# ")


@given(st.text(st.sampled_from("ab \n"), max_size=200), st.integers(5, 40))
def test_a_long_text_is_divided_and_nothing_of_it_is_lost(text: str, most: int) -> None:
    found = list(pieces(text, most))

    assert all(len(one) <= most for one in found)
    assert "".join("".join(found).split()).replace("–", "") == "".join(text.split())


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("plain *text* with `code`", "plain *text* with `code`"),
        ("#### deep ####", "**deep**"),
        ("### three", "### three"),
        ("![a heron](https://example.com/h.png)", "[a heron](https://example.com/h.png)"),
        (
            "```\n#### code | with |\n| a | b |\n|---|---|\n```",
            "```\n#### code | with |\n| a | b |\n|---|---|\n```",
        ),
        ("one\n\n---\n\ntwo", "one\n\n⸻\n\ntwo"),
        ("| a | b |\n|---|---|\n| 1 | **2** |", "```\na  b\n─  ─\n1  2\n```"),
    ],
)
def test_markdown_becomes_what_discord_can_show(markdown: str, shown: str) -> None:
    assert render(markdown) == shown


def test_a_table_too_wide_for_a_screen_becomes_a_list() -> None:
    wide = "x" * 30
    shown = render(f"| name | what | why |\n|---|---|---|\n| heron | {wide} | {wide} |")

    assert shown == f"- **heron** what: {wide}; why: {wide}"


@given(st.text(st.sampled_from("a|-`#\n *_!["), max_size=120))
def test_any_text_is_set_and_set_alike_every_time(text: str) -> None:
    assert render(text) == render(text)


def test_what_discord_adds_to_our_commands_does_not_make_them_others() -> None:
    ours = offered(tuple(command.spec for command in COMMANDS))
    theirs = [one | {"id": str(n), "version": "1", "nsfw": False} for n, one in enumerate(ours)]

    assert same(ours, theirs)
    assert not same(ours, theirs[1:])
    assert not same(ours, [theirs[0] | {"description": "other"}, *theirs[1:]])


def test_the_invitation_is_read_from_the_token() -> None:
    application = application_id("MTQ1NjA3NDQ0Mzk4MDgwMDAwMQ.town.of-the-bot")

    assert application == "1456074443980800001"
    assert "client_id=1456074443980800001" in invitation(application)
    assert application_id("no token at all") is None
