"""The money for a turn's next request, set aside in a commit that there is anyway: used once, or given back."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.errors import BudgetReached
from bot.ledger.ledger import Ledger
from bot.messages import Account, Item, Refusal, Reservation, Turn
from bot.store.engine import Store
from bot.store.intents.calls import end_round


class SetAside:
    """What is held for a turn's next request, since it was begun or its last round ended; or why nothing is."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._held: Reservation | Refusal | None = None

    def hold(self, reservation: Reservation | Refusal | None) -> None:
        """Keep what was set aside until a request goes out."""
        self._held = reservation

    async def end_round(
        self, store: Store, turn: Turn, history: Sequence[Item], chosen: Mapping[str, str]
    ) -> Item:
        """Record the last result of a round, with which this history ends, and hold what the next one may cost."""
        async with self._ledger.purse() as purse:
            recorded, reservation = await store.write(end_round, turn, history, chosen, purse)
        self.hold(reservation)
        return recorded

    @property
    def refused(self) -> BudgetReached | None:
        """Why no request may go out, for people to read."""
        return self._ledger.refusal(self._held) if isinstance(self._held, Refusal) else None

    def pays(self, account: Account) -> Account:
        """The account with what is held, which is its own from here on."""
        held, self._held = self._held, None
        return replace(account, reservation=held if isinstance(held, Reservation) else None)

    def give_back(self) -> None:
        """What is held and was not used is free again."""
        self._ledger.give_back(self._held)
        self._held = None
