"""The money set aside for the first request of a turn: used once, or given back."""

from dataclasses import replace

from bot.errors import BudgetReached
from bot.ledger.ledger import Ledger
from bot.messages import Account, Refusal, Reservation


class SetAside:
    """Holds what the commit that began a turn has set aside, or why there is nothing."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._held: Reservation | Refusal | None = None

    def hold(self, reservation: Reservation | Refusal | None) -> None:
        """Keep what was set aside until a request goes out."""
        self._held = reservation

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
