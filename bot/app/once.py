"""What the program does once and is done with: one question, the list of models."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from adapters.terminal.adapter import TerminalAdapter
from bot.access import Access
from bot.app.core import core, desk_for, intake_for, open_gateway
from bot.errors import AddressWrong, GatepostError, GatewayDown, GatewayRefused, StartError
from bot.gateway.client import OpenAIGateway
from bot.gateway.search import near
from bot.media.reader import WorkerReader
from bot.messages import Model, TurnState
from bot.settings import Settings
from bot.store.intents.rows import last_turn

ANSWER_SECONDS = 5.0
"""How long an answer that nobody waits for any more may take to end."""


async def ask(
    settings: Settings,
    text: str,
    files: Sequence[Path],
    directory: Path,
    write: Callable[[str], None],
    note: Callable[[str], None],
) -> bool:
    """Answer one question over a throw-away store in `directory`; whether it was answered whole.

    The answer goes to `write` as it comes, everything else to `note`. Raises what `write` raised, StartError for a
    model that can't be, and a GatewayError when the gateway takes no question at all.
    """
    adapter = TerminalAdapter(write, note, time.time)
    async with core(settings, directory, f"sqlite:///{directory / 'ask.db'}") as parts:
        unlisted = await learn_models(parts.gateway)
        _check_name(parts.gateway, parts.about.default_model)
        freshening = asyncio.create_task(parts.gateway.keep_fresh())
        model = parts.about.default_model
        desk = desk_for(parts, [adapter], lasting=False)
        intake = intake_for(parts, desk, [adapter], Access(()), lambda: None)
        drain = 0.0
        try:
            await intake.accept(adapter.question(text, files, parts.new_id()))
            await adapter.ended
            drain = ANSWER_SECONDS
        finally:
            freshening.cancel()
            await desk.close(drain)
        turn = await parts.store.read(last_turn)
        whole = turn is not None and turn.state is TurnState.DONE
        if not whole and unlisted is not None:
            raise unlisted
        if not whole and parts.gateway.models() and parts.gateway.model(model) is None:
            note(f"`gatepost models` lists no {model}.{_did_you_mean(parts.gateway, model)}")
    return whole


def _check_name(gateway: OpenAIGateway, model: str) -> None:
    """Raises StartError for a name that no gateway has a model for; elsewhere a model may be called anything."""
    if gateway.routes and "/" not in model and gateway.models() and gateway.model(model) is None:
        hint = _did_you_mean(gateway, model) or " `gatepost models` lists them."
        raise StartError(f"There is no model {model}: their names are of the form creator/model.{hint}")


def _did_you_mean(gateway: OpenAIGateway, model: str) -> str:
    found = [one.id for one in gateway.search(model.rpartition("/")[2], 3)] or near(gateway.models(), model)
    return f" Did you mean {', '.join(found)}?" if found else ""


async def learn_models(gateway: OpenAIGateway) -> AddressWrong | None:
    """Take the catalogue's copy, for what the model can take; only where there is none is it waited for.

    Without it the question is asked all the same; where there is no list at all, the returned `AddressWrong`
    may be why it fails then. Raises GatewayRefused or GatewayDown where asking would only fail more slowly.
    """
    if await gateway.recall():
        return None
    try:
        async with asyncio.timeout(5):
            await gateway.refresh()
    except AddressWrong as error:
        return error
    except (GatewayRefused, GatewayDown):
        raise
    except (GatepostError, TimeoutError):
        return None
    return None


async def list_models(settings: Settings) -> Sequence[Model]:
    """The catalogue. Raises a GatewayError when there is none, on the wire or on disk."""
    async with AsyncExitStack() as stack:
        reader = WorkerReader()
        stack.push_async_callback(reader.close)
        gateway = await stack.enter_async_context(open_gateway(settings, reader))
        try:
            await gateway.refresh()
        except GatepostError:
            if not gateway.models():
                raise
        return gateway.models()
