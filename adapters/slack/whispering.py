"""What one person alone is shown: where they asked, or else in a direct message."""

from collections import OrderedDict
from dataclasses import replace
from typing import Any, TypeAlias

from adapters.slack import outbound
from adapters.slack.api import Api
from adapters.slack.failures import SlackRefused
from adapters.slack.files import Files
from bot.messages import FailureKind, Person, Place, PlaceKind, Rendered

Json: TypeAlias = dict[str, Any]

_MOST_BEGUN = 500

TWICE = "Slack did not say whether it took this, so it may stand here twice."
"""Below what may have been shown already."""


class Whispering:
    """Private answers: messages that Slack shows to nobody else and forgets, and what lasts in direct messages."""

    def __init__(self, api: Api, files: Files) -> None:
        self._api = api
        self._files = files
        self._begun: OrderedDict[str, None] = OrderedDict()
        """Keys of what was shown once, the newest."""

    async def show(self, person: Person, place: Place, rendered: Rendered, handle: str | None) -> None:
        """By the event's own address, else here, else in a direct message, where files go in any case.

        Raises SlackRefused.
        """
        for piece in outbound.pieces(rendered):
            await self._whisper(person, place, piece, handle)
        if rendered.files:
            channel = place.channel if place.kind is PlaceKind.DM else await self.dm(person)
            await self._files.send(channel, place.thread if place.kind is PlaceKind.DM else None, rendered.files)

    async def show_once(self, person: Person, place: Place, rendered: Rendered, key: str) -> None:
        """The same, but only the first time for this key: what one person was shown can't be changed here."""
        if key in self._begun:
            return
        self._begun[key] = None
        if len(self._begun) > _MOST_BEGUN:
            self._begun.popitem(last=False)
        await self.show(person, place, rendered, None)

    async def say(self, person: Person, place: Place, said: str) -> None:
        """Show one person a sentence of ours. Raises SlackRefused."""
        await self.show(person, place, Rendered(outbound.render(said), final=True), None)

    async def _whisper(self, person: Person, place: Place, rendered: Rendered, handle: str | None) -> None:
        if handle:
            try:
                if await self._answer(handle, place, _body(rendered)):
                    return
            except SlackRefused:
                rendered = replace(rendered, text=f"{rendered.text}\n\n{TWICE}")
        said = _body(rendered)
        if place.kind is PlaceKind.DM and place.thread is None:  # nobody else reads along, and it lasts
            await self._post(place.channel, said)
            return
        try:
            await self._api.write(
                "chat.postEphemeral", channel=place.channel, user=person.id, thread_ts=place.thread, **said
            )
        except SlackRefused as error:
            if error.failure.kind not in (FailureKind.FORBIDDEN, FailureKind.NOT_FOUND):
                raise
            await self._post(await self.dm(person), said)

    async def _answer(self, handle: str, place: Place, said: Json) -> bool:
        """Answer the event itself; whether Slack still took that. Raises SlackRefused where nobody knows."""
        thread = {} if place.thread is None else {"thread_ts": place.thread}
        return await self._api.respond(
            handle, {**said, **thread, "response_type": "ephemeral", "replace_original": False}
        )

    async def _post(self, channel: str, said: Json) -> None:
        await self._api.write("chat.postMessage", channel=channel, unfurl_links=False, unfurl_media=False, **said)

    async def dm(self, person: Person) -> str:
        """The channel in which we talk with somebody alone. Raises SlackRefused."""
        opened = await self._api.write("conversations.open", users=person.id)
        return str(opened["channel"]["id"])


def _body(rendered: Rendered) -> Json:
    text = outbound.fallback(rendered.text or rendered.status or "")
    return {"text": text, "blocks": outbound.blocks(rendered)}
