"""What summarising 5,000 messages takes: requests to the model, and the program's own CPU beside them."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.demo.digesting import digest
from bot.demo.understanding import Prompt, Said
from bot.messages import (
    ChatRequest,
    Completed,
    Finish,
    Inbound,
    InboundKind,
    Model,
    PastMessage,
    Person,
    Place,
    PlaceKind,
    TextPart,
    account_of,
)
from bot.ports import Structured
from bot.store.engine import open_store
from bot.store.intents.changes import accept_delete
from bot.summaries.planning import tokens_of
from bot.summaries.summariser import Summaries
from bot.summaries.work import Order
from tests.bench.core import MODEL, PLACE_BUDGET, QuietPlatform, workplace
from tests.bench.figures import Figure

MESSAGES, NEW = 5_000, 50
ADA = Person("u1", "Ada")
PEOPLE = [ADA, *(Person(f"p{n}", f"Person {n}") for n in range(2, 13))]
THREAD = Place("quiet", "w", "square", "t0", PlaceKind.THREAD)
WORDS = "I looked at it again and think that we should keep the second draft, apart from the part on prices"


class Chatty(QuietPlatform):
    """A platform with one long thread, which everybody reads."""

    def __init__(self) -> None:
        super().__init__(PLACE_BUDGET, None, 0.0)
        self.said = [_message(n) for n in range(MESSAGES)]

    async def can_read(self, person: Person, place: Place) -> bool:
        return True

    async def past_since(
        self, place: Place, since: float, limit: int, told: Callable[[int], None]
    ) -> Sequence[PastMessage]:
        return [one for one in self.said if one.sent_at >= since][-limit:]


@dataclass
class Counting:
    """The built-in model's summaries, without a wire; it counts, and its own time is not ours."""

    calls: int = 0
    tokens: int = 0
    cpu: float = 0.0

    def model(self, _model_id: str) -> Model | None:
        return None

    async def structured(self, request: ChatRequest, wanted: type[Any]) -> Structured[Any]:
        begun = time.process_time()
        parts = [part.text for part in request.messages[1].parts if isinstance(part, TextPart)]
        self.calls += 1
        self.tokens += sum(map(tokens_of, parts))
        prompt = Prompt(MODEL, (Said("user", "", whole="\n".join(parts)),), schema=wanted.model_json_schema())
        answer = wanted.model_validate(digest(prompt))
        self.cpu += time.process_time() - begun
        return Structured(answer, (Completed("", Finish("stop")),))


def figures() -> Iterable[Figure]:
    """Requests: of the whole, of nothing new, of what is new, after a deletion; then what they cost us."""
    with workplace() as directory:
        seen = asyncio.run(_measure(directory))
    whole, again, mended, news = seen
    yield Figure(f"requests for {MESSAGES:,} messages", whole.calls, 24, "requests")
    yield Figure("tokens in them", whole.tokens, unit="tokens")
    yield Figure("requests when nothing is new", again.calls, 0, "requests")
    yield Figure(f"requests when {NEW} are new", news.calls, 1, "requests")
    yield Figure("requests when one was deleted", mended.calls, 8, "requests")
    yield Figure("CPU of the whole beside the model", whole.cpu, unit="s")
    yield Figure(f"CPU when {NEW} are new", news.cpu, unit="s")
    yield Figure("CPU of the new beside the whole", news.cpu / whole.cpu, 0.25, "times")


async def _measure(directory: Path) -> list[Counting]:
    store = await asyncio.to_thread(open_store, f"sqlite:///{directory / 'summary.db'}")
    platform, seen = Chatty(), list[Counting]()
    model = Counting()
    summaries = Summaries(store, model, time.time)  # type: ignore[arg-type]  # of the gateway this is all it uses

    async def summarise() -> None:
        nonlocal model
        before, begun = Counting(model.calls, model.tokens, model.cpu), time.process_time()
        order = Order(THREAD, ADA, account_of(THREAD, ADA), MODEL)
        made = await summaries.make(order, platform)
        assert made.count == len(platform.said)
        spent = time.process_time() - begun - (model.cpu - before.cpu)
        seen.append(Counting(model.calls - before.calls, model.tokens - before.tokens, spent))

    await summarise()
    await summarise()
    gone = platform.said.pop(MESSAGES // 2)
    event = Inbound("gone", InboundKind.DELETE, THREAD, gone.message_id, ADA, 0.0)
    await store.write(accept_delete, event, time.time())
    await summarise()
    platform.said += [_message(n) for n in range(MESSAGES, MESSAGES + NEW)]
    await summarise()
    await store.close()
    return seen


def _message(n: int) -> PastMessage:
    """A message every minute, with an hour of silence after each forty; some decide, some ask."""
    sort = {0: "We agreed: ", 7: "Who takes this on? "}.get(n % 50, "")
    at = 1_700_000_000.0 + 60.0 * n + 3_600.0 * (n // 40)
    return PastMessage(f"m{n}", PEOPLE[n % len(PEOPLE)], f"{sort}{WORDS}, number {n}", at, place=THREAD)
