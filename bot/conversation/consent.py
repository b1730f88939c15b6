"""Asks the person who asked, by two buttons under the growing answer, before a call of a tool is made."""

import asyncio

from bot.conversation import words
from bot.conversation.ports import Ports
from bot.delivery.pump import Showing
from bot.fencing import clean_name
from bot.messages import Action, ActionName, ToolCall, Turn
from bot.ports import Adapter
from bot.store.intents.calls import CallState, call_state, mark_of, set_call_state

PATIENCE = 180.0
"""Seconds after which a call that nobody confirmed is not made."""

LONGEST = 180
"""Characters of what is to be confirmed: people see all of it, on every platform, or are not asked."""


class Consent:
    """What is asked and waited for in one turn. `decided` may be called at any moment, from the same loop."""

    def __init__(self, ports: Ports, adapter: Adapter, turn: Turn, reply: Showing) -> None:
        self._ports = ports
        self._buttons = adapter.capabilities.buttons
        self._turn = turn
        self._reply = reply
        self._one_at_a_time = asyncio.Lock()
        self._waiting: dict[str, asyncio.Future[bool]] = {}

    def decided(self, mark: str, *, allowed: bool) -> None:
        """The asker has pressed a button, and the store knows it."""
        waiting = self._waiting.get(mark)
        if waiting is not None and not waiting.done():
            waiting.set_result(allowed)

    def progress(self, told: str) -> None:
        """A line on what a tool does; where somebody is being asked, the question stands and nothing else."""
        if not self._waiting:
            self._reply.set_status(told)

    async def refusal(self, call: ToolCall, told: str) -> str | None:
        """Ask whether `told` may be done; None when it may, else what the model is told.

        Somebody who has decided is not asked again, not by another process either.
        """
        if not self._buttons:
            return "this needs to be confirmed by a button, and there are none here; nothing was done"
        if len(told) > LONGEST:
            return (
                f"this needs to be confirmed in one line and takes {len(told)} characters; {LONGEST} are the most"
            )
        async with self._one_at_a_time:
            state = await self._ports.store.read(call_state, self._turn.id, call.id)
            if state not in (CallState.ALLOWED, CallState.DECLINED):
                state = await self._ask(call, told)
        if state is CallState.ALLOWED:
            await self._set(call, CallState.STARTED)
            return None
        if state is CallState.DECLINED:
            return "the person who asked declined this; nothing was done. Do not try it again"
        return "nobody confirmed this in time; nothing was done"

    async def _ask(self, call: ToolCall, told: str) -> CallState | None:
        mark = mark_of(call.id)
        waiting = self._waiting[mark] = asyncio.get_running_loop().create_future()
        try:
            await self._set(call, CallState.ASKED)
            self._show(mark, told)
            async with asyncio.timeout(PATIENCE):
                return CallState.ALLOWED if await waiting else CallState.DECLINED
        except TimeoutError:
            state = await self._ports.store.read(call_state, self._turn.id, call.id)
            return None if state is CallState.ASKED else state
        finally:
            del self._waiting[mark]
            self._reply.set_actions((Action(ActionName.STOP, self._turn.id),))
            self._reply.set_status(words.THINKING)

    def _show(self, mark: str, told: str) -> None:
        names = (ActionName.CONFIRM, ActionName.DECLINE)
        asked = tuple(Action(name, self._turn.id, mark) for name in names)
        self._reply.set_actions((*asked, Action(ActionName.STOP, self._turn.id)))
        self._reply.set_status(words.may_i(clean_name(self._turn.requester.name), told))

    async def _set(self, call: ToolCall, state: CallState) -> None:
        await self._ports.store.write(set_call_state, self._turn.id, call.id, state)
