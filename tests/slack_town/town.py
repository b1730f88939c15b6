"""A whole local Slack on 127.0.0.1: the workspace, its Web API, Socket Mode, signed HTTP events, files."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import ClientSession, web

from tests.slack_town import events
from tests.slack_town.call import Call, Method
from tests.slack_town.clock import Clock
from tests.slack_town.deliveries import EVENTS, Deliveries, Delivery
from tests.slack_town.faults import Fault
from tests.slack_town.file_host import FileHost, Stranger
from tests.slack_town.http_events import HttpEvents
from tests.slack_town.limits import TIER_3
from tests.slack_town.manifest import bot_events, bot_scopes, problems
from tests.slack_town.person import Person
from tests.slack_town.response_urls import ResponseUrls
from tests.slack_town.socket_mode import SocketMode
from tests.slack_town.tokens import BOT_TOKEN, Tokens
from tests.slack_town.values import BOT_USER, OTHER_TEAM, Channel, File, Json, Message, User, View
from tests.slack_town.web_api import WebApi
from tests.slack_town.world import World

SUBSCRIBED = frozenset(
    {
        "app_mention",
        "message.channels",
        "message.groups",
        "message.im",
        "message.mpim",
        "app_home_opened",
        "app_context_changed",
        "agent_session_stopped",
        "app_uninstalled",
        "tokens_revoked",
        "member_joined_channel",
    }
)


class Town:
    """The local Slack. `ada` and `grace` live here, `square` is a public channel where they and the app are."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.world = World(self.clock, self._announce)
        self.world.subscribed = set(SUBSCRIBED)
        self.tokens = Tokens()
        self.api = WebApi(self.world, self.tokens)
        self.sockets = SocketMode(self.world)
        self.api.methods["apps.connections.open"] = Method(
            self.sockets.connections_open, TIER_3, ("connections:write",), app=True
        )
        self.files = FileHost(self.world, self.tokens, self.api.faults)
        self.stranger = Stranger()
        self.responses = ResponseUrls(self.world)
        self.deliveries = Deliveries(self.world, self.sockets)
        self.commands = {"/gatepost"}
        self.shortcuts: set[str] | None = None
        """The callback ids that there are; None for any."""
        self.ada = self.person("Ada")
        self.grace = self.person("Grace", tz="America/New_York", tz_offset=-18000)
        self.square = self.channel("square", self.ada, self.grace)
        self._session: ClientSession | None = None

    # --- addresses -------------------------------------------------------------------------------

    @property
    def base_url(self) -> str:
        """What `SLACK_API_BASE_URL` and the SDK's `base_url` are to be."""
        return f"{self.world.base_url}/api/"

    def send_events_to(self, url: str) -> HttpEvents:
        """From now on events, commands and interactions go to this address instead of the sockets."""
        assert self._session is not None
        route = HttpEvents(url, self._session, self.clock)
        self.deliveries.route = route
        return route

    # --- who and what there is -------------------------------------------------------------------

    def person(
        self, name: str, *, tz: str = "Europe/Berlin", tz_offset: int = 3600, guest: bool = False
    ) -> Person:
        """Somebody of this workspace; a guest may see only some channels."""
        user = User(self.world.new_id("U"), name, tz, tz_offset, is_restricted=guest)
        return Person(self, self.world.add_user(user))

    def stranger_person(self, name: str) -> Person:
        """Somebody from another workspace, met in a shared channel."""
        return Person(self, self.world.add_user(User(self.world.new_id("U"), name, team=OTHER_TEAM)))

    def other_bot(self, name: str) -> Person:
        """Another app's bot."""
        user = User(self.world.new_id("U"), name, is_bot=True, bot_id=self.world.new_id("B"))
        return Person(self, self.world.add_user(user))

    def channel(self, name: str, *people: Person, kind: str = "channel", app: bool = True) -> Channel:
        """A channel with these people, and the app if `app`; of `kind` channel, group or mpim."""
        members = {one.id for one in people} | ({BOT_USER} if app else set())
        shared = any(one.user.is_stranger for one in people)
        prefix = "C" if kind == "channel" else "G"
        return self.world.add_channel(Channel(self.world.new_id(prefix), name, kind, members, shared=shared))

    def file(self, name: str, data: bytes, mimetype: str, owner: Person | None = None) -> File:
        """A file to attach; its fields say what is odd about it."""
        file = File(self.world.new_id("F"), name, data, mimetype, (owner or self.ada).id)
        self.world.files[file.id] = file
        return file

    # --- what happened ---------------------------------------------------------------------------

    def calls(self, *methods: str) -> list[Call]:
        """The calls of these methods, or all, in the order they came in."""
        return [one for one in self.world.calls if not methods or one.method in methods]

    def limited(self) -> list[Call]:
        """The calls that were one too many."""
        return [one for one in self.world.calls if one.status == 429]

    def told_of(self, message: Message, kind: str = "") -> list[Delivery]:
        """How the app was told of a message; `kind` is the type of event."""
        return [one for one in message.deliveries if not kind or one.event.get("type") == kind]

    async def until(self, holds: Callable[[], object], seconds: float = 30.0) -> None:
        """Wait until it holds: asked whenever something happens in the town. Raises TimeoutError."""
        await self.world.until(holds, seconds)

    async def settled(self) -> None:
        """Wait until every delivery has ended and every call is answered."""
        await self.until(lambda: not self.deliveries.unfinished and not self.world.unanswered)

    # --- what happens ----------------------------------------------------------------------------

    def faulty(self, method: str, **how: object) -> None:
        """Let something go wrong with the next calls of a method; see `Fault`."""
        self.api.faults.add(Fault(method, **how))  # type: ignore[arg-type]

    def deliver(self, event: Json, *, shared: bool = False) -> Delivery | None:
        """Tell the app of an event, if it subscribed to such events."""
        if events.subscription(event) not in self.world.subscribed:
            return None
        payload = events.callback(event, self.world.new_id("Ev"), self.clock.now(), shared=shared)
        delivery = self.deliveries.send(EVENTS, payload)
        if self.deliveries.twice:
            self.deliveries.again(delivery)
        return delivery

    def install(self, manifest: Json) -> None:
        """Make of the app what its manifest says: scopes, events, commands, tabs. Raises ValueError."""
        found = problems(manifest)
        if found:
            raise ValueError("\n".join(found))
        features = manifest.get("features", {})
        self.tokens.scopes[BOT_TOKEN] = bot_scopes(manifest)
        self.world.subscribed = set(bot_events(manifest))
        self.world.messages_tab = features.get("app_home", {}).get("messages_tab_enabled", False)
        self.commands = {one["command"] for one in features.get("slash_commands", [])}
        self.shortcuts = {one["callback_id"] for one in features.get("shortcuts", [])}

    def uninstall(self) -> Delivery | None:
        """Somebody removes the app: its token is dead, and a last event says so."""
        self.tokens.revoke(error="account_inactive")
        return self.deliver({"type": "app_uninstalled"})

    def unfurls(self, message: Message, url: str) -> None:
        """Slack adds a preview of a link to a message: an edit that changes no words."""
        message.attachments.append({"from_url": url, "original_url": url, "fallback": url, "id": 1})
        self.world.edit(message, shown_as_edited=False, again=False)

    def stop_streams(self, user: str, place: Channel, root: str) -> Delivery | None:
        """What Slack does when somebody presses its stop button."""
        growing = [one for one in place.visible(root) if one.streaming]
        for message in growing:
            self.world.end_stream(message, "stopped_by_user")
        event = {"type": "agent_session_stopped", "channel": place.id, "thread_ts": root, "user": user}
        stopped = [one.ts for one in growing]
        return self.deliver(event | {"streaming_message_ts": stopped, "event_ts": self.world.new_ts()})

    def after_submission(self, view: View, told: Delivery) -> None:
        """What becomes of a modal that was sent."""
        answer = told.answer.get("response_action", "")
        if answer in ("update", "push"):
            view.body = told.answer["view"]
        elif answer != "errors":
            self.world.modals.pop(view.id, None)

    def _announce(self, event: Json, message: Message | None) -> None:
        shared = message is not None and self.world.channels[message.channel].shared
        delivery = self.deliver(event, shared=shared)
        if message is not None and delivery is not None:
            message.deliveries.append(delivery)

    # --- opening and closing ---------------------------------------------------------------------

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.add_routes(
            [
                web.route("*", "/api/{method}", self.api.handle),
                web.get("/link/", self.sockets.handle),
                web.post("/actions/{name}", self.responses.handle),
                *self.files.routes(),
            ]
        )
        return app

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Town"]:
        """Listen on free ports of 127.0.0.1."""
        stranger = web.Application()
        stranger.router.add_route("*", "/{path:.*}", self.stranger.handle)
        async with ClientSession() as self._session:
            runners = [
                web.AppRunner(one, access_log=None, shutdown_timeout=0.2) for one in (self._app(), stranger)
            ]
            try:
                self.world.base_url, self.stranger.url = [await _listen(one) for one in runners]
                self.world.files_url = self.world.base_url
                yield self
            finally:
                await self.deliveries.close()
                await self.sockets.close()
                for runner in runners:
                    await runner.cleanup()


@asynccontextmanager
async def slack_town() -> AsyncIterator[Town]:
    """A local Slack, gone at the end."""
    async with Town().serving() as town:
        yield town


async def _listen(runner: web.AppRunner) -> str:
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return f"http://127.0.0.1:{runner.addresses[0][1]}"
