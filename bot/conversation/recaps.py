"""Keeps a recap of what conversations have outgrown: made after a turn, in nobody's way, and used from then on.

Nothing is remembered of the work itself: what is cut off and not in the recap yet is in the store, so that whoever
dies over it leaves it to the next turn. It is changed by nothing but the next cut, or a message that goes.
"""

import asyncio

import structlog

from bot.conversation import choices, recalling
from bot.conversation.history import Room as History
from bot.conversation.history import tokens_of
from bot.conversation.ports import Ports
from bot.errors import BudgetReached, GatewayError, StoreError
from bot.messages import ChatRequest, Item, KeptRecap, account_of
from bot.store.intents.claims import Claim
from bot.store.intents.recaps import AT_A_TIME, Unrecapped, keep_recap, unrecapped
from bot.summaries.planning import Room, little_thought

log = structlog.get_logger(__name__)

AT_ONCE = 2
"""Recaps that are made at the same time, over all conversations: answers go first."""

MOST_FAILURES = 2
"""How often it is tried for one cut; then this process lets it be."""


class Recaps:
    """Makes the recaps of all conversations, beside them. `ended` is told of every turn."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._free = asyncio.Semaphore(AT_ONCE)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._failures: dict[str, int] = {}

    def ended(self, claim: Claim, *, cut_off: bool) -> None:
        """A turn has ended; `cut_off` tells whether there is anything that its model was not shown any more."""
        conversation = claim.turn.conversation
        if cut_off and choices.recaps(claim.chosen) and conversation not in self._tasks:
            task = asyncio.create_task(self._bring_up_to_date(claim))
            self._tasks[conversation] = task
            task.add_done_callback(lambda _: self._tasks.pop(conversation, None))

    async def close(self) -> None:
        """Leave off. What is done of it is kept."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _bring_up_to_date(self, claim: Claim) -> None:
        turn = claim.turn
        try:
            async with self._free:
                while (left := await self._ports.store.read(unrecapped, turn.conversation)) is not None:
                    if not await self._take_in(claim, left):
                        return
        except (GatewayError, StoreError, BudgetReached) as error:
            log.warning("recap not made", place=turn.place.key, turn=turn.id, error=type(error).__name__)
        except Exception:
            log.exception("recap broke", place=turn.place.key, turn=turn.id)

    async def _take_in(self, claim: Claim, left: Unrecapped) -> bool:
        """Write down the next items that were cut off; False when they changed meanwhile, or enough failed."""
        ports, turn = self._ports, claim.turn
        key = f"{turn.conversation} {left.items[0].seq}"
        if self._failures.get(key, 0) >= MOST_FAILURES:
            return False
        model = self._model(claim)
        room = Room.of(ports.gateway.model(model))
        taken, upto = _first_of(left, room.part)
        request = ChatRequest(
            model,
            recalling.asking(left.before.recap if left.before is not None else None, taken),
            max_tokens=room.answer,
            reasoning=little_thought(ports.gateway.model(model)),
            account=account_of(turn.place, turn.requester),
            routing=choices.routing_of(claim.chosen, ports.pseudonyms.of(turn.asker)),
        )
        try:
            answer = await ports.gateway.structured(request, recalling.Memory)
        except GatewayError:
            self._failures[key] = self._failures.get(key, 0) + 1
            raise
        history = History.of(ports.gateway.model(model), ports.limits.answer_tokens)
        kept = KeptRecap(upto, recalling.believed(answer.value, min(recalling.LONGEST_RECAP, history.tokens)))
        now = ports.clock()
        return await ports.store.write(keep_recap, turn.conversation, kept, left.version, model, now)

    def _model(self, claim: Claim) -> str:
        """The model that answered, unless it only draws."""
        chosen = claim.turn.model or self._ports.default_model
        known = self._ports.gateway.model(chosen)
        return chosen if known is None or known.type == "language" else self._ports.default_model


def _first_of(left: Unrecapped, most: int) -> tuple[tuple[Item, ...], int]:
    """As many items as fit into one request, one at least, and the number up to which they reach."""
    tokens = 0
    for n, item in enumerate(left.items):
        tokens += min(tokens_of(item), most)
        if n and tokens > most:
            return left.items[:n], item.seq
    last = left.items[-1].seq + 1
    return left.items, left.upto_seq if len(left.items) < AT_A_TIME else last
