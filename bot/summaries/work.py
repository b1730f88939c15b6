"""The requests of one summary: each reserved and booked by itself, each answer checked."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.errors import PromptTooLong
from bot.messages import Account, ChatRequest, Digest, PastMessage, Person, Place, PromptMessage, Routing, Usage
from bot.ports import Gateway, Progress, unheard
from bot.summaries import asking
from bot.summaries.planning import Room, grouped, little_thought, tokens_of


@dataclass(frozen=True, slots=True)
class Order:
    """A summary that is wanted: of a place, since a time (seconds since the epoch), for whom and by which model.

    `begins` is empty for everything said there, the id of the first message where one was named, or None for what
    is asked for by the clock. `account` pays. `progress` is told how far it has come.
    """

    place: Place
    person: Person
    account: Account
    model: str
    routing: Routing = field(default_factory=Routing)
    since: float = 0.0
    begins: str | None = ""
    progress: Progress = unheard


class Work:
    """What is asked of the model for one order."""

    def __init__(self, order: Order, gateway: Gateway) -> None:
        self.order = order
        model = gateway.model(order.model)
        self.room = Room.of(model)
        self._thought = little_thought(model)
        self.used: list[Usage] = []
        """What each request took."""
        self._gateway = gateway

    async def digest(self, messages: Sequence[PastMessage]) -> Digest:
        """The digest of messages that fit together; where the model finds them too long, of their halves."""
        numbers = asking.numbered(messages, self.order.place)
        try:
            return await self._ask(asking.of_messages(messages), numbers)
        except PromptTooLong:
            if len(messages) < 2:
                raise
        middle = len(messages) // 2
        return await self.combine([await self.digest(messages[:middle]), await self.digest(messages[middle:])])

    async def onward(self, before: Digest, messages: Sequence[PastMessage]) -> Digest:
        """What was known, brought up to date by the messages that follow."""
        numbers = asking.numbers_of([before])
        first = len(numbers) + 1
        every = numbers | asking.numbered(messages, self.order.place, first)
        return await self._ask(asking.brought_up_to_date(before, numbers, messages, first), every)

    async def combine(self, digests: Sequence[Digest]) -> Digest:
        """One digest of several, in as many levels as it takes."""
        while len(digests) > 1:
            sizes = [tokens_of(asking.told(one, asking.numbers_of([one]))) for one in digests]
            groups = [digests[group.start : group.stop] for group in grouped(sizes, self.room.part)]
            digests = [await self._one_of(group) for group in groups]
        return digests[0]

    async def _one_of(self, digests: Sequence[Digest]) -> Digest:
        if len(digests) == 1:
            return digests[0]
        numbers = asking.numbers_of(digests)
        return await self._ask(asking.combined(digests, numbers), numbers)

    async def _ask(self, messages: tuple[PromptMessage, ...], numbers: asking.Numbers) -> Digest:
        order = self.order
        request = ChatRequest(
            order.model,
            messages,
            max_tokens=self.room.answer,
            reasoning=self._thought,
            account=order.account,
            routing=order.routing,
        )
        answer = await self._gateway.structured(request, asking.Summary)
        self.used += [one.finish.usage or Usage() for one in answer.rounds]
        return asking.believed(answer.value, numbers)
