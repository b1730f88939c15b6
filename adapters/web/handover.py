"""What people do on the page, on its way to the core: kept first, then handed over, in the order it was done."""

from collections.abc import Awaitable, Callable

import structlog

from adapters.web.door import Refused
from bot.errors import GatepostError, StoreError, sentence_for
from bot.messages import Inbound, PageMessage
from bot.ports import Intake, PageEvents

log = structlog.get_logger(__name__)


class Handover:
    """Owes the core every event until it has taken it; what is owed when we die is handed over at the next start.

    `kept` is called when something new can be shown; `tell` says to whoever did something why it was not taken.
    """

    def __init__(
        self, events: PageEvents, kept: Callable[[], None], tell: Callable[[Inbound, str], Awaitable[None]]
    ) -> None:
        self._events = events
        self._kept = kept
        self._tell = tell
        self._behind = False  # an event was not taken, and is older than the next
        self.intake: Intake | None = None
        """Who takes events; None while nobody does."""

    async def start(self, intake: Intake) -> None:
        """Hand over first what was kept and never handed over, then what happens from now on."""
        for event in await self._events.owed():
            await self._deliver(intake, event)
        self.intake = intake

    def stop(self) -> None:
        """Hand over nothing more."""
        self.intake = None

    async def take_in(self, event: Inbound, message: PageMessage | None) -> None:
        """Keep an event and the message as it is now, then hand it over. Raises `Refused`, `StoreError`."""
        if self.intake is None:
            raise Refused(503, "Gatepost is just starting.")
        kept = await self._events.keep(event, message)
        self._kept()
        if kept is not None:
            await self._hand_over(self.intake, kept)

    async def _hand_over(self, intake: Intake, event: Inbound) -> None:
        # An older event that was not taken goes first: a later edit must not be overtaken by an earlier one.
        behind, self._behind = self._behind, False
        try:
            for one in await self._events.owed() if behind else [event]:
                await self._deliver(intake, one)
        except StoreError:
            self._behind = True
            raise

    async def _deliver(self, intake: Intake, event: Inbound) -> None:
        # What the core cannot take it never will: whoever did it is told, and everything else goes on.
        try:
            await intake.accept(event)
        except StoreError:
            raise  # of the store's state, not of the event: it stays owed
        except Exception as error:
            log.exception("event not taken", key=event.key, kind=event.kind, place=event.place.key)
            await self._events.settle(event.key)
            said = sentence_for(error) if isinstance(error, GatepostError) else GatepostError.sentence
            await self._tell(event, said)
        else:
            await self._events.settle(event.key)
