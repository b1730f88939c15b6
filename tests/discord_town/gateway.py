"""The gateway: sessions that are identified, told everything in order, lost, resumed and invalidated."""

import asyncio
from itertools import count
from typing import Any

import orjson
from aiohttp import WSCloseCode, WSMsgType, web

from tests.discord_town import message_shapes, shapes
from tests.discord_town.gateway_session import SENDS_PER_MINUTE, Connection, Session
from tests.discord_town.rights import sees
from tests.discord_town.state import Event, State
from tests.discord_town.world import Json

PATH = "/gw/"
RESUME_PATH = "/gw/resume/"
MESSAGE_CONTENT = 1 << 15
_MEMBERS = 1 << 1
_PRIVILEGED = {_MEMBERS: "members", 1 << 8: "presences", MESSAGE_CONTENT: "message_content"}
_INTENTS = {
    "GUILD_MEMBER": (_MEMBERS, 0),
    "MESSAGE_REACTION": (1 << 10, 1 << 13),
    "MESSAGE": (1 << 9, 1 << 12),
    "TYPING": (1 << 11, 1 << 14),
    "GUILD": (1 << 0, 0),
    "CHANNEL": (1 << 0, 1 << 12),
    "THREAD": (1 << 0, 0),
}
"""By the beginning of an event's name: the intent for guilds, the one for direct messages."""


class Gateway:
    """All sessions, and everything that can be done to them."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.heartbeat_interval = 41.25
        self.resume_within = 180.0
        self.refusals = 0
        """So many connections are refused with 503 from now on."""
        self.replay_again = 0
        """So many events that were already received are told once more by a resume."""
        self.acknowledge = True
        self.withheld: set[str] = set()
        """Names of events that are never told."""
        self.sessions: dict[str, Session] = {}
        self.connections: list[Connection] = []
        self.identified: list[float] = []
        self.resumed: list[str] = []
        """The paths that sessions were resumed at; it should be the one that READY named."""
        self.heartbeats: list[float] = []
        self.closed_by_client: list[int | None] = []
        self.problems: list[Exception] = []
        self._numbers = count(1)
        state.told.append(self.tell)

    # --- what a test does ------------------------------------------------------------------------

    @property
    def online(self) -> bool:
        """Whether a client listens."""
        return any(one.connection is not None for one in self.sessions.values())

    def drop(self, code: int = 4000) -> None:
        """Close every connection with this code."""
        for one in list(self.connections):
            one.close(code)

    def cut(self) -> None:
        """Break every connection without a word."""
        for one in list(self.connections):
            one.cut()

    def ask_to_reconnect(self) -> None:
        """Opcode 7."""
        for one in list(self.connections):
            one.send(7)

    def invalidate(self, *, resumable: bool = False) -> None:
        """Opcode 9. Without `resumable` the sessions are gone, and what happens meanwhile is never told."""
        for one in list(self.connections):
            one.send(9, resumable)
            if one.session is not None and not resumable:
                self._end(one.session)

    def forget_sessions(self) -> None:
        """Let no session be resumed."""
        for session in list(self.sessions.values()):
            session.resumable = False

    def become_zombie(self) -> None:
        """Keep the connections open, take everything, say nothing any more."""
        for one in self.connections:
            one.zombie = True

    def fall_silent(self) -> None:
        """Keep the connections open and answer heartbeats, but tell no event any more."""
        for one in self.connections:
            one.tells = False

    def repeat(self, name: str = "MESSAGE_CREATE") -> None:
        """Tell the newest event of this name a second time."""
        for session in self.sessions.values():
            body = next(body for _, told, body in reversed(session.told) if told == name)
            session.tell(name, body)

    def tell(self, event: Event) -> None:
        """Tell an event to every session that may know it."""
        for session in list(self.sessions.values()):
            if not self._can_resume(session):
                self._end(session)
            elif self._may_know(session, event):
                session.tell(event.name, self._body(session, event))

    # --- what a client does ----------------------------------------------------------------------

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One connection, from HELLO to its end."""
        if self.refusals:
            self.refusals -= 1
            return web.Response(status=503)
        socket = web.WebSocketResponse(max_msg_size=4096 * 4, compress=False, timeout=0.2)
        await socket.prepare(request)
        connection = Connection(socket, request)
        self.connections.append(connection)
        connection.send(10, {"heartbeat_interval": int(self.heartbeat_interval * 1000)})
        writer = asyncio.ensure_future(connection.write())
        try:
            await self._listen(connection)
        except Exception as problem:
            self.problems.append(problem)
            raise
        finally:
            self._left(connection)
            if not connection.closed_here:
                writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
        return socket

    async def close(self) -> None:
        """End every connection."""
        for one in list(self.connections):
            await one.socket.close(code=WSCloseCode.GOING_AWAY)

    async def _listen(self, connection: Connection) -> None:
        async for message in connection.socket:
            if message.type is not WSMsgType.TEXT:
                continue
            if self._too_fast(connection):
                connection.close(4008)
                continue
            payload = orjson.loads(message.data)
            self._hear(connection, payload["op"], payload.get("d"))
            self.state.touch()

    def _too_fast(self, connection: Connection) -> bool:
        now, received = self.state.clock(), connection.received
        full = len(received) == SENDS_PER_MINUTE and now - received[0] < 60
        received.append(now)
        return full

    def _hear(self, connection: Connection, op: int, body: Any) -> None:
        match op:
            case 1:
                self.heartbeats.append(self.state.clock())
                if self.acknowledge:
                    connection.send(11)
            case 2:
                self._identify(connection, body)
            case 6:
                self._resume(connection, body)
            case 3 | 4:
                pass
            case 8:
                self._request_members(connection, body)
            case _:
                connection.close(4001)

    def _identify(self, connection: Connection, body: Json) -> None:
        app = self.state.application
        if body["token"] != app.token:
            return connection.close(4004)
        intents = int(body["intents"])
        if any(intents & bit and not getattr(app, switch) for bit, switch in _PRIVILEGED.items()):
            return connection.close(4014)
        self.identified.append(self.state.clock())
        session = Session(f"session-{next(self._numbers)}", intents, connection=connection)
        self.sessions[session.id] = connection.session = session
        mine = [one for one in self.state.guilds.values() if self.state.me.id in one.members]
        ready = {
            "v": 10,
            "user": shapes.user(self.state.me) | {"verified": True, "mfa_enabled": False, "email": None},
            "guilds": [{"id": str(one.id), "unavailable": True} for one in mine],
            "session_id": session.id,
            "resume_gateway_url": self.state.base_url.replace("http", "ws", 1) + RESUME_PATH,
            "application": {"id": str(app.id), "flags": app.flags},
            "session_type": "normal",
            "user_settings": {},
            "private_channels": [],
        }
        session.tell("READY", ready | ({"shard": body["shard"]} if "shard" in body else {}))
        for guild in mine:
            if guild.available:
                session.tell("GUILD_CREATE", shapes.whole_guild(self.state, guild))
        return None

    def _resume(self, connection: Connection, body: Json) -> None:
        session = self.sessions.get(body["session_id"])
        if body["token"] != self.state.application.token:
            return connection.close(4004)
        if session is None or not self._can_resume(session):
            self.sessions.pop(body["session_id"], None)
            return connection.send(9, False)
        if int(body["seq"] or 0) > session.seq:
            return connection.close(4007)
        if session.connection is not None:
            session.connection.session = None
            session.connection.close(4000)
        self.resumed.append(connection.request.path)
        since = int(body["seq"] or 0) - self.replay_again
        for seq, name, told in session.told:
            if seq > max(since, 0) and name not in ("READY", "RESUMED"):
                connection.send(0, told, name, seq)
        session.connection, connection.session, session.left_at = connection, session, None
        session.tell("RESUMED", {"_trace": []})
        return None

    def _can_resume(self, session: Session) -> bool:
        if session.connection is not None:
            return True
        away = 0.0 if session.left_at is None else self.state.clock() - session.left_at
        return session.resumable and away <= self.resume_within

    def _request_members(self, connection: Connection, body: Json) -> None:
        assert connection.session is not None
        guild = self.state.guild(int(body["guild_id"]))
        wanted = {int(one) for one in body.get("user_ids") or ()}
        query = (body.get("query") or "").lower()
        found = [
            one
            for one in guild.members.values()
            if (one.user.id in wanted if wanted else one.user.name.lower().startswith(query))
        ]
        chunk = {
            "guild_id": str(guild.id),
            "members": [shapes.member(one) for one in found],
            "chunk_index": 0,
            "chunk_count": 1,
            "not_found": [str(one) for one in wanted - set(guild.members)],
            **({"nonce": body["nonce"]} if body.get("nonce") else {}),
        }
        connection.session.tell("GUILD_MEMBERS_CHUNK", chunk)

    def _left(self, connection: Connection) -> None:
        self.connections.remove(connection)
        code = None if connection.closed_here else connection.socket.close_code
        self.closed_by_client.append(code)
        session = connection.session
        if session is not None and session.connection is connection:
            session.connection, session.left_at = None, self.state.clock()
            if code in (1000, 1001):
                self._end(session)
        self.state.touch()

    def _end(self, session: Session) -> None:
        self.sessions.pop(session.id, None)

    # --- who may know what -----------------------------------------------------------------------

    def _may_know(self, session: Session, event: Event) -> bool:
        if event.name in self.withheld:
            return False
        if (
            event.guild is not None
            and self.state.me.id not in event.guild.members
            and event.name != "GUILD_DELETE"
        ):
            return False
        if event.name == "INTERACTION_CREATE":
            return True
        if not session.intents & _MEMBERS and event.name in ("THREAD_MEMBERS_UPDATE", "GUILD_MEMBER_UPDATE"):
            return str(self.state.me.id) in _members_in(event.body)
        direct = event.channel is not None and event.channel.is_dm
        intent = next((pair for start, pair in _INTENTS.items() if event.name.startswith(start)), (0, 0))[direct]
        if intent and not session.intents & intent:
            return False
        if event.channel is None or event.name.startswith("CHANNEL"):
            return True  # bots are told of channels that they cannot look into
        return sees(event.channel, self.state.me, self.state.clock())

    def _body(self, session: Session, event: Event) -> Json:
        if event.message is None:
            return event.body
        content = bool(session.intents & MESSAGE_CONTENT)
        nonce = event.name == "MESSAGE_CREATE"
        return message_shapes.message(self.state, event.message, content=content, event=True, nonce=nonce)


def _members_in(body: Json) -> set[str]:
    return {body["user"]["id"]} if "user" in body else {one["user_id"] for one in body["added_members"]}
