"""Runs the calls of a turn: side by side, each within its time, each recorded, none with effects twice."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from pydantic import BaseModel

from bot.conversation.addresses import linked_in
from bot.conversation.choices import routing_of
from bot.conversation.consent import Consent
from bot.conversation.drawings import keep_file
from bot.conversation.history import LOST_RESULT
from bot.conversation.ports import Ports
from bot.conversation.trust import holds_untrusted, is_mentioned
from bot.errors import GatepostError, ToolFailed, sentence_for
from bot.messages import Item, Person, Reading, Role, ToolCall
from bot.ports import Adapter, Progress
from bot.store.intents.calls import CallState, call_state, end_call
from bot.store.intents.claims import Claim
from bot.tools.base import INVALID, Surroundings, Tool, ToolContext, ToolPorts, ToolResult

log = structlog.get_logger(__name__)

_ERROR = "error: "

MOST_FILES = 8
"""Files that one call may show; further ones are left out, and the model is told."""


@dataclass(frozen=True, slots=True)
class _Told:
    """What the model is told of a call, and what people are shown."""

    text: str
    untrusted: bool = False
    files: tuple[Reading, ...] = ()
    fleeting: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """What the model had been shown when it called; `cut_off` where it was shown more before, which may have been
    anything."""

    items: Sequence[Item]
    cut_off: bool = False

    def holds_untrusted(self, speakers: Sequence[Person]) -> bool:
        """Whether a stranger's words may have been among it."""
        return self.cut_off or holds_untrusted(self.items, speakers)


class Toolbox:
    """The tools of one turn, where they are and for whom they run."""

    def __init__(
        self,
        ports: Ports,
        adapter: Adapter,
        claim: Claim,
        consent: Consent,
        progress: Progress,
        told_alone: set[str],
    ) -> None:
        self._ports = ports
        self._claim = claim
        self._consent = consent
        self._progress = progress
        self._told_alone = told_alone
        self._tool_ports = ToolPorts(
            store=ports.store,
            files=ports.files,
            gateway=ports.gateway,
            reader=ports.reader,
            adapter=adapter,
            reminders=ports.reminders,
            summaries=ports.summaries,
            recording=ports.recording,
            outside=ports.outside,
        )

    def offered(self) -> tuple[Tool[Any], ...]:
        """The tools there are in this place, in the order of their names."""
        here = Surroundings(self._claim.turn.place, self._tool_ports)
        every = {
            tool.name: tool for tool in (*self._ports.more_tools(), *self._ports.tools) if tool.available(here)
        }
        return tuple(every[name] for name in sorted(every))

    async def run(
        self, calls: Sequence[ToolCall], seen: Seen, end: Callable[[Sequence[Item]], Awaitable[Item]]
    ) -> tuple[Item, ...]:
        """The results, in the order of the calls; each is in the store when this returns.

        Whichever comes last is recorded by `end`, which is given all of them.
        """
        results: list[Item] = []

        async def one(call: ToolCall) -> Item:
            result = self._result(call, await self._run(call, seen))
            results.append(result)
            return await (end(results) if len(results) == len(calls) else self._record(result))

        return tuple(await asyncio.gather(*map(one, calls)))

    async def close_open_calls(self, seen: Seen) -> tuple[Item, ...]:
        """Results for calls that a dead process left without one.

        A call that changes nothing, or nothing anew, is made again, and one that waited for a button waits again;
        of any other nobody knows whether it took place, so the model is told just that.
        """
        mine = [item for item in seen.items if item.turn_id == self._claim.turn.id]
        answered = {item.tool_call_id for item in mine if item.role is Role.TOOL}
        left = [call for item in mine for call in item.tool_calls if call.id not in answered]
        return tuple([await self._close(call, seen) for call in left])

    async def _close(self, call: ToolCall, seen: Seen) -> Item:
        tool = find(self.offered(), call.name)
        state = await self._ports.store.read(call_state, self._claim.turn.id, call.id)
        again = tool is None or not (tool.effects or tool.once) or tool.repeatable
        if again or state is not CallState.STARTED:
            return await self._record(self._result(call, await self._run(call, seen)))
        return await self._record(self._result(call, _Told(LOST_RESULT)))

    def _result(self, call: ToolCall, told: _Told) -> Item:
        return Item(
            seq=0,
            role=Role.TOOL,
            text=told.text,
            turn_id=self._claim.turn.id,
            tool_call_id=call.id,
            files=told.files,
            untrusted=told.untrusted,
            fleeting=told.fleeting,
        )

    async def _record(self, result: Item) -> Item:
        return await self._ports.store.write(end_call, self._claim.turn.conversation, result, self._ports.clock())

    async def _run(self, call: ToolCall, seen: Seen) -> _Told:
        """What the model is told: the result, or in one sentence why there is none."""
        tool = find(self.offered(), call.name)
        if tool is None:
            known = ", ".join(tool.name for tool in self.offered())
            return _Told(f"{_ERROR}there is no tool {call.name!r}; there are: {known}")
        try:
            arguments = tool.check(call.arguments)
            refusal = await self._refusal(tool, arguments, call, seen)
            if refusal is not None:
                return _Told(f"{_ERROR}{refusal}")
            return await self._kept(await tool.call(self._context(call), arguments), tool)
        except ToolFailed as error:
            return _Told(f"{_ERROR}{error.said}", tool.untrusted)
        except GatepostError as error:
            log.warning("tool failed", tool=tool.name, turn=self._claim.turn.id, error=type(error).__name__)
            return _Told(f"{_ERROR}{sentence_for(error)}", tool.untrusted)
        except Exception:  # a tool's own mistake: the model goes on without it
            log.exception("tool broke", tool=tool.name, turn=self._claim.turn.id)
            return _Told(f"{_ERROR}{tool.name} failed")

    async def _refusal(self, tool: Tool[Any], arguments: Any, call: ToolCall, seen: Seen) -> str | None:
        """Why a call is not made: what reaches others is confirmed where strangers may have asked for it."""
        if not seen.holds_untrusted(self._claim.speakers) or not _reaches_others(tool, arguments, seen.items):
            return None
        return await self._consent.refusal(call, tool.told(arguments))

    def _context(self, call: ToolCall) -> ToolContext:
        turn, asked = self._claim.turn, self._claim.asked
        return ToolContext(
            now=self._ports.clock(),
            place=turn.place,
            requester=turn.requester,
            key=f"{turn.id}:{call.id}",
            progress=self._progress,
            conversation=turn.conversation,
            asked="\n".join(one.text for one in asked if one.person.id == turn.requester.id),
            message_id=asked[0].message_id if asked else "",
            asked_in=asked[0].place if asked else None,
            turn_id=turn.id,
            handle=self._claim.handle,
            told_alone=self._told_alone,
            ports=self._tool_ports,
            model=turn.model or self._ports.default_model,
            routing=routing_of(self._claim.chosen, self._ports.pseudonyms.of(turn.asker)),
        )

    async def _kept(self, result: ToolResult, tool: Tool[Any]) -> _Told:
        shown, left_out = result.files[:MOST_FILES], len(result.files) - MOST_FILES
        files = tuple([await keep_file(self._ports, file) for file in shown])
        more = f"\n[{left_out} more files left out]" if left_out > 0 else ""
        return _Told(result.text + more, tool.untrusted or result.untrusted, files, tool.fleeting)


def _reaches_others(tool: Tool[Any], arguments: BaseModel, items: Sequence[Item]) -> bool:
    """Whether others notice a call, or may come to know by an address in it what the model has read."""
    if tool.address is not None and not is_mentioned(tool.address(arguments), items):
        return True
    if not tool.effects or tool.harmless is None or not tool.harmless(arguments):
        return tool.effects
    return not all(is_mentioned(address, items) for address in linked_in(arguments.model_dump_json()))


def misunderstood(results: Sequence[Item]) -> bool:
    """Whether not one call of a round had arguments that its tool could do something with."""
    return bool(results) and all(result.text.startswith(_ERROR + INVALID) for result in results)


def find(tools: Sequence[Tool[Any]], name: str) -> Tool[Any] | None:
    """The tool of this name."""
    return next((tool for tool in tools if tool.name == name), None)
