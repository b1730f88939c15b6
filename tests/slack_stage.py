"""The Slack adapter on a local Slack, with an intake that a test can look into."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from adapters.slack.adapter import SlackAdapter
from bot.messages import CommandOption, CommandSpec, Inbound
from tests.slack_town.tokens import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET
from tests.slack_town.town import Town, slack_town
from tests.slack_town.values import Message
from tests.web_page import ScriptedIntake

SPECS = (
    CommandSpec("help", "What I can do"),
    CommandSpec("stop", "Stop the answer being written here"),
    CommandSpec("model", "Show or switch the model", (CommandOption("id", "The id", rest=True, complete=True),)),
)


@dataclass
class SlackScene:
    """The town, the adapter in it, and what it heard."""

    town: Town
    adapter: SlackAdapter
    intake: ScriptedIntake

    @property
    def heard(self) -> list[Inbound]:
        """What was handed over."""
        return self.intake.heard

    def text(self, message: Message) -> str:
        """What people read in a message."""
        return read(message)


def read(message: Message) -> str:
    """What people read in a message: the blocks where there are any of ours."""
    said = [one["text"] for one in message.blocks if one.get("type") == "markdown"]
    return said[0] if said else message.text


def slack_adapter(
    town: Town, specs: Sequence[CommandSpec], *, http: bool = False, ping_every: float = 0.5
) -> SlackAdapter:
    """The adapter for this town, over Socket Mode or over HTTP."""
    return SlackAdapter(
        BOT_TOKEN,
        specs=specs,
        clock=town.clock.now,
        app_token=None if http else APP_TOKEN,
        signing_secret=SIGNING_SECRET if http else None,
        base_url=town.base_url,
        ping_every=ping_every,
    )


@asynccontextmanager
async def slack_over_socket() -> AsyncIterator[SlackScene]:
    """Connected by Socket Mode."""
    async with slack_town() as town:
        adapter = slack_adapter(town, SPECS)
        intake = ScriptedIntake()
        await adapter.start(intake)
        try:
            await adapter.connected()
            yield SlackScene(town, adapter, intake)
        finally:
            await adapter.stop()
