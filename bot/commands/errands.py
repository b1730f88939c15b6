"""Commands as people typed them: taken in, carried out beside everything else, answered, and owed until then."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any

import structlog

from bot.commands.base import CommandResult
from bot.commands.dispatch import Commands
from bot.commands.progress import Progress
from bot.commands.spelling import spelled
from bot.errors import GatepostError, PlatformError, SaidError, sentence_for
from bot.messages import FailureKind, Inbound, InboundKind, PlaceKind, Rendered
from bot.ports import Adapter, AnswersCommands, Clock, Reconciles, RepliesPrivately, offers
from bot.store.engine import Store
from bot.store.intents.owed import Owed, accept_command, settle_command, take_owed

log = structlog.get_logger(__name__)

MOST_ATTEMPTS = 2
"""How many processes may try a command: when the second has ended over it too, so would a third."""

_NOT_SENT = "The file that belongs here could not be sent. Whoever runs me can see why."

_NOT_THERE = (FailureKind.FORBIDDEN, FailureKind.NOT_FOUND)
"""What a platform says of a place in which we may not post, or that we can't see."""

_FILES_ELSEWHERE = "The file is in our direct messages."

INTERRUPTED = "I was interrupted twice while doing that, so I stopped. Please try it again."


class Errands:
    """The commands at work, on every platform."""

    def __init__(self, store: Store, commands: Commands, adapters: Mapping[str, Adapter], clock: Clock) -> None:
        self._store = store
        self._commands = commands
        self._adapters = adapters
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()

    async def take_in(self, typed: Inbound) -> None:
        """Take a command in, once; returns after the COMMIT. The platform is not kept waiting for what it says."""
        if typed.command is not None and await self._store.write(accept_command, typed, self._clock()):
            self._begin(self._carry_out(typed, attempt=1))

    async def recover(self) -> None:
        """Carry out what a dead process took in and did not come to the end of, in the order it came."""
        if owed := await self._store.write(take_owed, self._adapters.keys()):
            log.info("commands picked up", count=len(owed))
            self._begin(self._carry_out_owed(owed))

    async def close(self) -> None:
        """Let every command end; one that takes long is left to the next process, which goes on with it."""
        self._commands.underway.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def say(self, inbound: Inbound, said: str, *, private: bool) -> None:
        """Answer a command or a button in words."""
        how = self._adapters[inbound.place.platform].capabilities
        await self.show(inbound, CommandResult(spelled(said, inbound.place, how)), private=private)

    async def tell(self, inbound: Inbound, said: str) -> None:
        """Answer one person alone."""
        await self.say(inbound, said, private=True)

    async def show(self, inbound: Inbound, result: CommandResult, *, private: bool, again: bool = False) -> None:
        """Answer a command or a button: privately where that suits and can be done.

        `again` says that a dead process may have said it already; where the platform can tell, it is said once.
        """
        adapter = self._adapters[inbound.place.platform]
        elsewhere = private and result.files and inbound.place.kind is not PlaceKind.DM
        said = result.text
        if elsewhere and not adapter.capabilities.private_files:
            said += f"\n\n{_FILES_ELSEWHERE}"
        try:
            rendered = Rendered(adapter.render(said), actions=result.actions, files=result.files, final=True)
            await _show(adapter, inbound, rendered, private=private, again=again)
        except PlatformError as error:
            log.warning("command's answer refused", place=inbound.place.key, failure=error.failure.kind)
            if result.files:
                without = CommandResult(f"{result.text}\n\n{_NOT_SENT}", actions=result.actions)
                await self.show(inbound, without, private=private, again=again)

    def acknowledge(self, inbound: Inbound, said: str) -> None:
        """Where the platform waits for an answer to the event itself, say that it comes otherwise."""
        adapter = self._adapters[inbound.place.platform]
        if inbound.handle is not None and offers(adapter, AnswersCommands):
            self._begin(self.say(inbound, said, private=True))

    async def _carry_out_owed(self, owed: Sequence[Owed]) -> None:
        for one in owed:
            await self._carry_out(one.inbound, attempt=one.attempt)

    async def _carry_out(self, typed: Inbound, *, attempt: int) -> None:
        """Run a command, say what came of it, and only then owe it no more."""
        result, private = CommandResult(INTERRUPTED), True
        if attempt <= MOST_ATTEMPTS:
            result, private = await self._outcome(typed)
        await self.show(typed, result, private=private, again=attempt > 1)
        await self._store.write(settle_command, typed.key)

    async def _outcome(self, typed: Inbound) -> tuple[CommandResult, bool]:
        """What a command says, and whether to the person alone."""
        progress = Progress(self._adapters[typed.place.platform], typed)
        try:
            return await self._commands.run_typed(typed, progress.tell)
        except SaidError as error:
            how = self._adapters[typed.place.platform].capabilities
            return CommandResult(spelled(sentence_for(error), typed.place, how)), True
        except GatepostError as error:
            log.warning("command failed", command=_name_of(typed), error=type(error).__name__)
            return CommandResult(sentence_for(error)), True
        except Exception:
            log.exception("command broke", command=_name_of(typed), place=typed.place.key)
            return CommandResult(GatepostError.sentence), True
        finally:
            await progress.end()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("command not settled", error=type(error).__name__, exc_info=error)


def _name_of(typed: Inbound) -> str:
    return typed.command.name if typed.command is not None else ""


async def _show(adapter: Adapter, inbound: Inbound, rendered: Rendered, *, private: bool, again: bool) -> None:
    person, place, handle = inbound.person, inbound.place, inbound.handle
    if handle is not None and offers(adapter, AnswersCommands):
        await adapter.answer_command(person, place, rendered, handle, private=private)
    elif private and offers(adapter, RepliesPrivately):
        await adapter.reply_privately(person, place, rendered, handle)
    elif not (again and offers(adapter, Reconciles) and await adapter.reconcile(place, f"said:{inbound.key}")):
        await _post(adapter, inbound, rendered)


async def _post(adapter: Adapter, inbound: Inbound, rendered: Rendered) -> None:
    """For all to see; where we may not post, for whoever asked: a command never ends in silence."""
    if inbound.kind is InboundKind.MESSAGE:
        rendered = replace(rendered, answers=inbound.message_id)
    try:
        await adapter.post(inbound.place, rendered, f"said:{inbound.key}")
    except PlatformError as error:
        if error.failure.kind not in _NOT_THERE or not offers(adapter, RepliesPrivately):
            raise
        await adapter.reply_privately(inbound.person, inbound.place, rendered, inbound.handle)
