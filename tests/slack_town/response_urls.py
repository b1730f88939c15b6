"""Response URLs: where the app may answer a command or a press for half an hour, five times."""

from dataclasses import dataclass

import orjson
from aiohttp import web

from tests.slack_town.call import Call
from tests.slack_town.errors import Refusal
from tests.slack_town.methods.chat import write
from tests.slack_town.values import BOT_ID, BOT_USER, Json, Message
from tests.slack_town.world import World

LIFE = 1800.0
USES = 5


@dataclass(slots=True)
class ResponseUrl:
    """One address: for whom, where, and the message that was acted upon."""

    user: str
    channel: str
    message: Message | None
    made: float
    used: int = 0


class ResponseUrls:
    """Makes them and answers for them. `answers` holds all that was sent to them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.answers: list[Json] = []
        self.refused: list[str] = []
        """Why what came with acknowledgements could not be shown."""
        self.lost = 0
        """Of how many answers to come nobody hears that they were taken."""
        self._known: dict[str, ResponseUrl] = {}

    def new(self, user: str, channel: str, message: Message | None = None) -> str:
        """An address for what somebody did."""
        name = self.world.new_id("response")
        self._known[name] = ResponseUrl(user, channel, message, self.world.clock.now())
        return f"{self.world.base_url}/actions/{name}"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Take an answer."""
        body: Json = orjson.loads(await request.read())
        self.answers.append(body)
        try:
            self.answer(self._usable(request.match_info["name"]), body)
        except Refusal as refusal:
            status = 404 if refusal.error in ("used_url", "expired_url") else 400
            return web.json_response({"ok": False, "error": refusal.error}, status=status)
        if self.lost:
            self.lost -= 1
            assert request.transport is not None
            request.transport.abort()
        return web.Response(text="ok")

    def answer(self, place: ResponseUrl, body: Json) -> None:
        """Show an answer: in place of what was acted upon, for one person, or for all. Raises Refusal."""
        if body.get("delete_original"):
            self._remove(place)
        elif body.get("replace_original") and place.message is not None:
            _fill(place.message, body)
            self._replaced(place.message)
        else:
            self.show(place, body)

    def show(self, place: ResponseUrl, body: Json) -> Message:
        """A new message, which only one person sees unless the app says `in_channel`."""
        message = Message(place.channel, self.world.new_ts(), BOT_USER, "", bot=True, bot_id=BOT_ID)
        message.thread_ts = str(body.get("thread_ts", ""))
        if place.message is not None and not message.thread_ts:
            message.thread_ts = place.message.thread_ts
        _fill(message, body)
        if body.get("response_type") == "in_channel":
            return self.world.post(message)
        message.ephemeral_for = place.user
        return self.world.whisper(message)

    def answer_at_once(self, user: str, channel: str, body: Json) -> None:
        """Show what came with the acknowledgement of a command."""
        try:
            self.show(ResponseUrl(user, channel, None, self.world.clock.now()), body)
        except Refusal as refusal:
            self.refused.append(refusal.error)

    def _usable(self, name: str) -> ResponseUrl:
        place = self._known.get(name)
        if place is None or self.world.clock.now() - place.made > LIFE:
            raise Refusal("expired_url")
        if place.used >= USES:
            raise Refusal("used_url")
        place.used += 1
        return place

    def _remove(self, place: ResponseUrl) -> None:
        message = place.message
        if message is None:
            return
        if message.ephemeral_for:
            self.world.ephemeral.remove(message)
            self.world.ring()
        else:
            self.world.delete(message)

    def _replaced(self, message: Message) -> None:
        if message.ephemeral_for:
            self.world.grow(message)
        else:
            self.world.edit(message, again=False)


def _fill(message: Message, body: Json) -> None:
    """`markdown_text` is not known here: it is as if there were no text."""
    known = {name: value for name, value in body.items() if name != "markdown_text"}
    write(message, Call("response_url", known, "", 0.0))
