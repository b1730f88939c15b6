"""Runs the calls of one round: side by side, each within its time, each recorded, none with effects twice."""

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog

from bot.conversation.history import LOST_RESULT
from bot.conversation.ports import Ports
from bot.errors import ToolFailed
from bot.messages import Item, Role, ToolCall
from bot.store.intents.turns import Claim, end_call
from bot.tools.base import Tool, ToolContext

log = structlog.get_logger(__name__)


async def run_calls(ports: Ports, claim: Claim, calls: Sequence[ToolCall]) -> tuple[Item, ...]:
    """The results, in the order of the calls; each is in the store when this returns."""
    return tuple(await asyncio.gather(*(_run_and_record(ports, claim, call) for call in calls)))


async def close_open_calls(ports: Ports, claim: Claim, items: Sequence[Item]) -> tuple[Item, ...]:
    """Results for calls that a dead process left without one.

    A call that changes nothing is made again; of one with effects nobody knows whether it took place, so the
    model is told just that.
    """
    mine = [item for item in items if item.turn_id == claim.turn.id]
    answered = {item.tool_call_id for item in mine if item.role is Role.TOOL}
    left = [call for item in mine for call in item.tool_calls if call.id not in answered]
    return tuple([await _close(ports, claim, call) for call in left])


async def _close(ports: Ports, claim: Claim, call: ToolCall) -> Item:
    tool = find(ports.tools, call.name)
    if tool is None or not tool.effects:
        return await _run_and_record(ports, claim, call)
    return await _record(ports, claim, call, LOST_RESULT)


async def _run_and_record(ports: Ports, claim: Claim, call: ToolCall) -> Item:
    return await _record(ports, claim, call, await _run(ports, claim, call))


async def _record(ports: Ports, claim: Claim, call: ToolCall, result: str) -> Item:
    item = Item(seq=0, role=Role.TOOL, text=result, turn_id=claim.turn.id, tool_call_id=call.id)
    (numbered,) = await ports.store.write(end_call, claim.turn.conversation, item, ports.clock())
    return numbered


async def _run(ports: Ports, claim: Claim, call: ToolCall) -> str:
    """What the model is told: the result, or in one sentence why there is none."""
    tool = find(ports.tools, call.name)
    if tool is None:
        known = ", ".join(tool.name for tool in ports.tools)
        return f"error: there is no tool {call.name!r}; there are: {known}"
    context = ToolContext(ports.clock(), claim.turn.place, claim.turn.requester, f"{claim.turn.id}:{call.id}")
    try:
        async with asyncio.timeout(tool.seconds):
            return await tool.call(context, call.arguments)
    except ToolFailed as error:
        return f"error: {error.said}"
    except TimeoutError:
        log.warning("tool took too long", tool=tool.name, turn=claim.turn.id, seconds=tool.seconds)
        return f"error: {tool.name} did not finish within {tool.seconds:g} seconds"
    except Exception:  # a tool's own mistake: the model goes on without it
        log.exception("tool broke", tool=tool.name, turn=claim.turn.id)
        return f"error: {tool.name} failed"


def find(tools: Sequence[Tool[Any]], name: str) -> Tool[Any] | None:
    """The tool of this name."""
    return next((tool for tool in tools if tool.name == name), None)
