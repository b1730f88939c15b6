"""What Slack is given to show: it pings nobody, whole or in pieces, and keeps to Slack's limits."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack import home
from adapters.slack.outbound import beneath, blocks, fallback, render, streamable, task_chunks
from adapters.typed import parse_typed
from bot.commands import COMMANDS
from bot.messages import Action, ActionName, Rendered, Upcoming

_PING = re.compile(r"<(?:!(?:channel|here|everyone|subteam)|@[UWB])|(?<![\w.@])@(?:channel|here|everyone)\b")
_BITS = st.sampled_from(
    ["<", "!", "@", "channel", "here", "everyone", ">", "U123", " ", "a", "\n", "subteam^S1", "."]
)
_TEXTS = st.lists(_BITS, max_size=30).map("".join)


@pytest.mark.parametrize(
    "text", ["<!channel>", "<!here|here>", "<!everyone>", "<@U123>", "<!subteam^S1>", "@here!"]
)
def test_a_ping_is_one_no_more(text: str) -> None:
    assert _PING.search(text)
    assert not _PING.search(render(text))


@given(_TEXTS)
def test_nothing_pings_whatever_the_model_says(text: str) -> None:
    assert not _PING.search(render(text))


@given(_TEXTS, _TEXTS)
def test_what_was_streamed_is_the_beginning_of_what_follows(first: str, more: str) -> None:
    streamed = streamable(render(first))

    assert render(first + more).startswith(streamed)
    assert not _PING.search(streamed)


def test_code_and_addresses_stay_as_they_are() -> None:
    text = "`a < b` and `<!DOCTYPE html>` and me@example.com and x@here.org"

    assert render(text) == text


def test_buttons_stand_beneath_an_answer_and_feedback_only_when_it_is_whole() -> None:
    stop = Rendered("text", "thinking…", (Action(ActionName.STOP, "t1"),))
    whole = Rendered(
        "text", None, (Action(ActionName.REGENERATE, "t1"), Action(ActionName.OTHER_MODEL, "t1")), final=True
    )

    assert [one["type"] for one in blocks(stop)] == ["markdown", "context", "actions"]
    assert [one["type"] for one in beneath(whole)] == ["actions", "context_actions"]


def test_a_notification_says_the_beginning_and_no_markup() -> None:
    assert fallback("a <b> & c") == "a &lt;b&gt; &amp; c"
    assert len(fallback("word " * 1000)) <= 300
    assert fallback("") == "…"


def test_steps_of_a_stream_follow_one_another_and_none_is_left_under_way() -> None:
    first = task_chunks(0, None, "using current_time…")
    second = task_chunks(1, "using current_time…", "thinking…")
    last = task_chunks(2, "thinking…", None)
    states: dict[str, str] = {}
    for chunk in (*first, *second, *last):
        states[chunk["id"]] = chunk["status"]

    assert states == {"step-1": "complete", "step-2": "complete"}
    assert [chunk["title"] for chunk in second] == ["using current_time…", "thinking…"]


def test_the_app_home_offers_to_snooze_what_came_before_and_to_cancel_everything() -> None:
    specs = [command.spec for command in COMMANDS]
    mine = [Upcoming(3, "on Friday: retro", True), Upcoming(4, "x", False)]
    view = home.home({"model": "acme"}, mine, data=True)
    elements = [one for block in view["blocks"] for one in block.get("elements", ()) if one["type"] == "button"]
    calls = [parse_typed(one["value"], specs) for one in elements]

    assert [(one.name, dict(one.options)) for one in calls] == [
        ("remind", {"what": "snooze 3 1 h"}),
        ("remind", {"what": "cancel 3"}),
        ("remind", {"what": "cancel 4"}),
        ("export", {}),
        ("forget", {}),
    ]
    assert len({one["action_id"] for one in elements}) == len(elements)
    assert "confirm" in elements[-1]
