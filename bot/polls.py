"""Polls by buttons: how one looks, and how its message follows the votes."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

import structlog

from bot.errors import NotAllowed, PlatformError
from bot.messages import Action, ActionName, Inbound, PollResult, Rendered
from bot.ports import Adapter, Clock
from bot.store.engine import Store
from bot.store.intents.polls import still_unshown, take_unshown, unshown_polls, vote

log = structlog.get_logger(__name__)

_BETWEEN = 1.0
"""Seconds between two edits of one poll; votes that come meanwhile are shown together."""

_TRIES = 5
_BAR = 10


def shown_poll(adapter: Adapter, result: PollResult) -> Rendered:
    """A poll as it stands, with a button for each choice while it is open."""
    poll = result.poll
    most = max(sum(result.votes), 1)
    lines = [
        f"{n}. {choice} {'▰' * round(_BAR * count / most)}{'▱' * (_BAR - round(_BAR * count / most))} {count}"
        for n, (choice, count) in enumerate(zip(poll.choices, result.votes, strict=True), 1)
    ]
    until = f"{datetime.fromtimestamp(poll.closes_at, UTC):%Y-%m-%d %H:%M} UTC"
    many = "several choices each" if poll.multiple else "one choice each"
    people = "1 person" if result.people == 1 else f"{result.people} people"
    state = f"closed on {until}" if result.closed else f"{many}, until {until}"
    actions = [Action(ActionName.VOTE, poll.id, str(n), choice) for n, choice in enumerate(poll.choices)]
    return Rendered(
        adapter.render("\n".join([f"**{poll.question}**", "", *lines])),
        status=f"{people} voted · {state}",
        actions=() if result.closed else tuple(actions),
        final=True,
    )


class Polls:
    """Takes in votes and keeps the messages up to date."""

    def __init__(self, store: Store, adapters: Mapping[str, Adapter], clock: Clock) -> None:
        self._store = store
        self._adapters = adapters
        self._clock = clock
        self._showing: dict[str, asyncio.Task[None]] = {}

    async def vote(self, inbound: Inbound) -> None:
        """Take in a vote; returns after the COMMIT. Raises NotAllowed where none can be cast any more."""
        poll_id = inbound.action.turn_id if inbound.action is not None else ""
        counted = await self._store.write(vote, inbound, self._clock())
        self._follow(poll_id)
        if counted is None:
            raise NotAllowed("This poll is closed.")

    async def recover(self) -> None:
        """Show what a dead process counted and did not come to show."""
        for poll_id in await self._store.read(unshown_polls):
            self._follow(poll_id)

    async def close(self) -> None:
        """Leave the rest to the next process."""
        for task in self._showing.values():
            task.cancel()
        await asyncio.gather(*self._showing.values(), return_exceptions=True)

    def _follow(self, poll_id: str) -> None:
        if poll_id not in self._showing:
            task = asyncio.create_task(self._show(poll_id))
            self._showing[poll_id] = task
            task.add_done_callback(lambda _task: self._showing.pop(poll_id, None))

    async def _show(self, poll_id: str) -> None:
        tries = 0
        while (shown := await self._store.write(take_unshown, poll_id, self._clock())) is not None:
            adapter = self._adapters.get(shown.place.platform)
            if adapter is None:
                return
            pause = _BETWEEN
            try:
                await adapter.edit(shown.place, shown.message_id, shown_poll(adapter, shown.result))
            except PlatformError as error:
                failure, tries = error.failure, tries + 1
                log.warning("poll not shown", place=shown.place.key, failure=failure.kind, tries=tries)
                if not failure.kind.passes:
                    return
                await self._store.write(still_unshown, poll_id)
                if tries == _TRIES:
                    return
                pause = failure.retry_after or _BETWEEN * tries
            await asyncio.sleep(pause)
