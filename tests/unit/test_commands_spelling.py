"""Commands are named as they are typed where the sentence is read."""

import pytest

from adapters.slack.adapter import CAPABILITIES
from bot.commands.spelling import spelled
from bot.messages import Budget, Capabilities, Place, PlaceKind

CHANNEL = Place("slack", "T1", "C1")
THREAD = Place("slack", "T1", "C1", "1.2", PlaceKind.THREAD)
PLAIN = Capabilities(text_limit=2000, edits=Budget(5, 5.0))


@pytest.mark.parametrize(
    ("said", "in_channel", "in_thread"),
    [
        ("Try /model.", "Try /gatepost model.", "Try @Gatepost !model."),
        ("use /reset or a thread", "use /gatepost reset or a thread", "use @Gatepost !reset or a thread"),
        ("`/model a/b`, `/settings x 1`", "`/gatepost model a/b`, `/gatepost settings x 1`", None),
        ("See `/models`.", "See `/gatepost models`.", "See `@Gatepost !models`."),
        ("acme/model and https://x.example/help and /usr/model/x", None, None),
    ],
)
def test_a_command_is_named_as_it_is_typed(said: str, in_channel: str | None, in_thread: str | None) -> None:
    assert spelled(said, CHANNEL, CAPABILITIES) == (in_channel or said)
    if in_thread is not None or in_channel is None:
        assert spelled(said, THREAD, CAPABILITIES) == (in_thread or said)
    assert spelled(said, THREAD, PLAIN) == said
