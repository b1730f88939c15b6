"""The built-in model understands what it is to remind of, and when."""

import orjson
import pytest

from bot.demo.reminding import wanted


@pytest.mark.parametrize(
    ("said", "arguments"),
    [
        ("remind me in 5 minutes to stretch", {"when": "in 5 minutes", "text": "stretch", "where": "me"}),
        ("Please remind me to stretch in 5 minutes!", {"when": "in 5 minutes", "text": "stretch", "where": "me"}),
        (
            "Remind us every second Friday at 10 to hold the retro",
            {"when": "every second Friday at 10", "text": "hold the retro", "where": "here"},
        ),
        ("remind the channel tomorrow of it", {"when": "tomorrow", "text": "it", "where": "channel"}),
        ("what are my reminders?", {"action": "list"}),
        ("cancel reminder 3", {"action": "cancel", "number": 3}),
        ("move reminder 2 to tomorrow at ten", {"action": "change", "number": 2, "when": "tomorrow at ten"}),
        ("snooze that for 1 hour", {"action": "snooze", "when": "1 hour"}),
    ],
)
def test_plain_words_become_one_call(said: str, arguments: dict[str, object]) -> None:
    (call,) = map(orjson.loads, wanted(said))

    assert {"action": "make"} | arguments == call


def test_what_only_speaks_of_reminders_calls_nothing() -> None:
    assert list(wanted("Tell me about reminders in calendars.")) == []
