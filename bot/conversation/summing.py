"""What is said in a turn that was asked for a summary: the summary, for everybody in the place to read."""

from bot.conversation.choices import routing_of
from bot.conversation.ports import Ports
from bot.errors import SummaryRefused
from bot.messages import Account, SummaryWish, Usage, account_of
from bot.ports import Adapter, Progress
from bot.search.audience import Discretion
from bot.store.intents.claims import Claim
from bot.summaries.wording import whole
from bot.summaries.work import Order

ELSEWHERE = "Not everybody who reads here may read that. `/summary` without `show` tells you alone."


async def summarised(
    ports: Ports, adapter: Adapter, claim: Claim, wished: str, progress: Progress
) -> tuple[str, tuple[Usage, ...]]:
    """The text, or why there is none, and what it took. Raises BudgetReached, or a request's `GatewayError`."""
    turn, wish = claim.turn, SummaryWish.read(wished)
    source = turn.place.parent if wish.channel else turn.place
    if ports.summaries is None or not await Discretion(adapter).may_show(source, turn.place, turn.requester):
        return ELSEWHERE, ()
    account: Account = account_of(turn.place, turn.requester, turn.id)
    order = Order(
        source,
        turn.requester,
        account,
        turn.model or ports.default_model,
        routing_of(claim.chosen, ports.pseudonyms.of(turn.asker)),
        since=ports.clock() - wish.hours * 3600 if wish.hours else 0.0,
        begins=None if wish.hours else "",
        progress=progress,
    )
    try:
        made = await ports.summaries.make(order, adapter)
    except SummaryRefused as error:
        return error.said, ()
    return whole(made, source, adapter), made.used
