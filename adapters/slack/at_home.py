"""The App Home at work: published when it is opened, and anew after each of its buttons."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from adapters.slack import home
from adapters.slack.api import Api
from adapters.slack.inbound import PLATFORM, Us
from adapters.slack.people import People
from adapters.typed import parse_typed
from bot.errors import NotAllowed
from bot.messages import CommandCall, CommandSpec, Inbound, InboundKind, Person, Place, PlaceKind
from bot.ports import Intake

Json: TypeAlias = dict[str, Any]

ELSEWHERE = "I answer that in our direct messages, in the Messages tab above."
_IN_MESSAGES = frozenset({"export", "forget"})
"""Commands whose answers hold more than words, which a view can't show."""


class AtHome:
    """One person's Home, for whoever opens it."""

    def __init__(self, api: Api, people: People, specs: Sequence[CommandSpec]) -> None:
        self._api = api
        self._people = people
        self._specs = specs

    async def publish(self, user: str, channel: str, us: Us, intake: Intake, notice: str = "") -> None:
        """Show what is so now. `channel` is that of our direct messages. Raises SlackRefused."""
        person = (await self._people.find(user, us.team)).person()
        place = _alone(us, channel)
        names = {spec.name for spec in self._specs}
        said = {
            name: await intake.say(place, person, CommandCall(name)) for name, _ in home.SHOWN if name in names
        }
        upcoming = await intake.upcoming(place, person) if "remind" in names else None
        view = home.home(said, upcoming, data=names >= _IN_MESSAGES, notice=notice)
        await self._api.write("views.publish", user_id=user, view=view)

    async def choose_model(self, body: Json, pressed: Json, us: Us, intake: Intake) -> None:
        """A model chosen here holds for oneself, wherever nothing nearer is chosen."""
        chosen = str((pressed.get("selected_option") or {}).get("value") or "")
        call = CommandCall("model", {"id": chosen, "scope": "me"})
        await self._do(call, body, us, intake)

    async def press(self, body: Json, pressed: Json, us: Us, intake: Intake) -> None:
        """Do what the command on a button does, and say what it said."""
        try:
            call = parse_typed(str(pressed.get("value") or ""), self._specs)
        except NotAllowed:
            return
        await self._do(call, body, us, intake)

    async def _do(self, call: CommandCall, body: Json, us: Us, intake: Intake) -> None:
        user = str(body["user"]["id"])
        person = (await self._people.find(user, us.team)).person()
        opened = await self._api.write("conversations.open", users=user)
        channel = str(opened["channel"]["id"])
        place, key = _alone(us, channel), f"{PLATFORM}:{us.team}:{body['trigger_id']}"
        if call.name in _IN_MESSAGES:
            await intake.accept(self._typed(call, person, place, key))
            said = ELSEWHERE
        else:
            said = await intake.say(place, person, call, key)
        await self.publish(user, channel, us, intake, said)

    def _typed(self, call: CommandCall, person: Person, place: Place, key: str) -> Inbound:
        """The command as if it had been typed in our direct messages."""
        now = self._people.now()
        kind = InboundKind.COMMAND
        return Inbound(key, kind, place, f"{now:.6f}", person, now, addressed=True, command=call)


def _alone(us: Us, channel: str) -> Place:
    return Place(PLATFORM, us.team, channel, None, PlaceKind.DM)
