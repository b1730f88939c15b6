"""What of its conversation a turn works with: the items that the model sees, and where they begin."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from bot.conversation import words
from bot.conversation.choices import recaps
from bot.conversation.gather import earlier_messages, read_files
from bot.conversation.history import Cut, Room, half, plan_cut, text_tokens
from bot.conversation.ports import Ports
from bot.conversation.recalling import recap_text
from bot.conversation.toolbox import Seen
from bot.messages import Item, Role, ToolCall
from bot.ports import Adapter
from bot.store.intents.claims import Claim
from bot.store.intents.history import cut


class Window:
    """The items of one claim, in order, and those that the turn adds to them."""

    def __init__(self, ports: Ports, claim: Claim) -> None:
        self._ports = ports
        self.begin_again(claim)
        self.seeded = False
        """Whether the place's earlier messages were read now, which they never were before."""

    def begin_again(self, claim: Claim) -> None:
        """The items of this claim, and no others."""
        self._claim = claim
        self._cut = Cut(claim.cut_seq, claim.media_seq)
        self.items: tuple[Item, ...] = claim.items

    @property
    def media_seq(self) -> int:
        """Where pictures and whole files begin to be shown."""
        return self._cut.media_seq

    @property
    def seen(self) -> Seen:
        """What the model is shown now."""
        return Seen(self.items, cut_off=self._cut.seq > self._claim.start_seq)

    @property
    def mine(self) -> Iterator[Item]:
        """The items of the turn itself."""
        return (item for item in self.items if item.turn_id == self._claim.turn.id)

    @property
    def tells_already(self) -> bool:
        """Whether this answer has text of an earlier round."""
        return any(item.text for item in self.mine if item.role is Role.ASSISTANT)

    @property
    def subject(self) -> str:
        """What was asked for, in the words of whoever asked last."""
        asked = (item.text for item in reversed(self.items) if item.role is Role.USER and item.message_id)
        return next(asked, "")

    @property
    def unread(self) -> str | None:
        """What is answered, where nobody else could read it. What is answered again was asked in another turn."""
        said = [item for item in self.items if item.role is Role.USER and item.message_id]
        asked = [item for item in said if item.turn_id == self._claim.turn.id] or said[-1:]
        return asked[0].text if asked and asked[0].unseen else None

    def add(self, more: Sequence[Item]) -> None:
        """The model sees these as well from here on."""
        self.items = (*self.items, *more)

    def forget_thoughts(self) -> None:
        """Thoughts are signed by the model that thought them, and no other takes them."""
        self.items = tuple(replace(item, reasoning_details=()) for item in self.items)

    def unique(self, calls: Sequence[ToolCall]) -> tuple[ToolCall, ...]:
        """The calls under ids that no other call of this turn has: models repeat themselves over rounds."""
        taken = {call.id for item in self.mine for call in item.tool_calls}
        unique = []
        for call in calls:
            fresh = call.id if call.id not in taken else f"{call.id}_{len(taken)}"
            taken.add(fresh)
            unique.append(replace(call, id=fresh))
        return tuple(unique)

    async def gather(self, adapter: Adapter, model: str, set_status: Callable[[str | None], None]) -> None:
        """Read what was said before and what is in the files, and cut what does not fit this model."""
        claim, ports = self._claim, self._ports
        earlier = await earlier_messages(ports, adapter, claim)
        self.seeded = earlier.read and not claim.seeded
        self.items = await read_files(
            ports,
            adapter,
            claim.turn.conversation,
            (*earlier.notes, *self.items),
            lambda names: set_status(words.reading(names) if names else None),
        )
        set_status(None)
        room = Room.of(ports.gateway.model(model), ports.limits.answer_tokens)
        room = replace(room, tokens=max(room.tokens // 2, room.tokens - self._recap_tokens))
        await self._cut_at(plan_cut(self.items, room, self._cut, claim.turn.id))

    @property
    def _recap_tokens(self) -> int:
        """About how much of the room what stands in for older items takes."""
        shown = self._claim.recap if recaps(self._claim.chosen) else None
        return text_tokens(recap_text(shown)) if shown is not None else 0

    async def halve(self) -> bool:
        """Leave about half of what the model was shown; False where there is nothing to leave out."""
        return await self._cut_at(half(self.items, self._cut, self._claim.turn.id))

    async def _cut_at(self, planned: Cut) -> bool:
        """Let the model see the history from there on, now and later; whether that makes it shorter."""
        if planned == self._cut:
            return False
        self._cut = planned
        self.items = tuple(item for item in self.items if item.seq >= planned.seq)
        await self._ports.store.write(cut, self._claim.turn.conversation, planned.seq, planned.media_seq)
        return True
