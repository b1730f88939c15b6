"""How far a command has come, shown to whoever typed it: soon, not too often, and gone with its answer."""

import asyncio

import structlog

from bot.commands.underway import mark_of
from bot.errors import PlatformError
from bot.messages import Action, ActionName, Inbound, Rendered
from bot.ports import Adapter, ShowsProgress, offers

log = structlog.get_logger(__name__)

FIRST = 1.0
"""Seconds after which something is shown: what is quicker says nothing."""

EVERY = 2.0
"""Seconds between two changes."""

PATIENCE = 5.0
"""Seconds that an answer waits for a change that is just being shown."""


class Progress:
    """What is shown of one command. `tell` may be called as often as one likes."""

    def __init__(self, adapter: Adapter, typed: Inbound) -> None:
        self._adapter = adapter
        self._typed = typed
        self._said = ""
        self._shown = ""
        self._task: asyncio.Task[None] | None = None
        self._call: asyncio.Task[None] | None = None

    def tell(self, said: str) -> None:
        """It has come so far."""
        self._said = said
        if self._task is None and offers(self._adapter, ShowsProgress):
            self._task = asyncio.create_task(self._keep_showing(self._adapter))

    async def end(self) -> None:
        """Its answer comes now, or nothing more at all."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        if self._call is not None:  # given up, it might still be carried out, and over the answer
            await asyncio.wait([self._call], timeout=PATIENCE)
        if self._shown and offers(self._adapter, ShowsProgress):
            await self._show(self._adapter, None)

    async def _keep_showing(self, adapter: ShowsProgress) -> None:
        await asyncio.sleep(FIRST)
        stop = (Action(ActionName.STOP, mark_of(self._typed.key)),)
        while True:
            if self._said != self._shown:
                self._shown = self._said
                rendered = Rendered(self._adapter.render(self._said), actions=stop)
                self._call = asyncio.create_task(self._show(adapter, rendered))
                await asyncio.shield(self._call)
            await asyncio.sleep(EVERY)

    async def _show(self, adapter: ShowsProgress, rendered: Rendered | None) -> None:
        typed = self._typed
        try:
            await adapter.show_progress(typed.person, typed.place, rendered, typed.handle, typed.key)
        except PlatformError as error:
            log.info("progress not shown", place=typed.place.key, failure=error.failure.kind)
