"""Where files are: the town's own host, and a stranger's, which must never see a token."""

from dataclasses import dataclass, field

from aiohttp import web

from tests.files import LOGIN_PAGE
from tests.slack_town.call import Call
from tests.slack_town.faults import Fault, Faults
from tests.slack_town.tokens import Tokens
from tests.slack_town.values import Fetch, File
from tests.slack_town.world import World


class FileHost:
    """`url_private` and `upload_url`. Faults name them `url_private` and `upload`."""

    def __init__(self, world: World, tokens: Tokens, faults: Faults) -> None:
        self.world = world
        self.tokens = tokens
        self.faults = faults

    def routes(self) -> list[web.RouteDef]:
        """Its addresses."""
        return [
            web.get("/files-pri/{place}/{name}", self.fetch),
            web.get("/files-pri/{place}/download/{name}", self.fetch),
            web.post("/upload/v1/{file}", self.upload),
        ]

    async def fetch(self, request: web.Request) -> web.StreamResponse:
        """The bytes; for whoever may not have them the login page, with status 200 as Slack does it."""
        file = self.world.files.get(request.match_info["place"].partition("-")[2])
        if file is None:
            return web.Response(status=404)
        told = await self._told(request, "url_private", file.id)
        response = told or self._bytes(request, file)
        authorization = request.headers.get("Authorization", "")
        file.fetched.append(Fetch(self.world.clock.now(), request.path, authorization, response.status))
        self.world.ring()
        return response

    async def upload(self, request: web.Request) -> web.StreamResponse:
        """The second step of an upload."""
        known = self.world.uploads.get(request.match_info["file"])
        if known is None:
            return web.Response(status=404)
        body = await _sent(request)
        told = await self._told(request, "upload", known[0].id)
        if told is not None:
            return told
        if len(body) != known[1]:
            return web.Response(status=400, text="length mismatch")
        known[0].data = body
        return web.Response(text=f"OK - {len(body)}")

    def _bytes(self, request: web.Request, file: File) -> web.StreamResponse:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not self.tokens.may(token, "files:read"):
            return web.Response(body=LOGIN_PAGE, content_type="text/html")
        if file.deleted:
            return web.Response(status=404)
        if file.redirect:
            return web.Response(status=302, headers={"Location": file.redirect})
        return web.Response(body=file.data, content_type=file.mimetype.partition(";")[0])

    async def _told(self, request: web.Request, verb: str, file: str) -> web.StreamResponse | None:
        """What a fault makes of a request."""
        call = Call(verb, {"file": file}, "", self.world.clock.now())
        fault = self.faults.take(call)
        if fault is None:
            return None
        if fault.gate is not None:
            await fault.gate.wait()
        await self.world.clock.sleep(fault.seconds)
        return _failure(fault, request)


def _failure(fault: Fault, request: web.Request) -> web.StreamResponse | None:
    if fault.reset or fault.lost:
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)
    headers = {"Retry-After": str(fault.retry_after)} if fault.retry_after is not None else {}
    return web.Response(status=fault.status, text=fault.body, headers=headers) if fault.status != 200 else None


async def _sent(request: web.Request) -> bytes:
    """The bytes of an upload, plain or as the one part of a form."""
    if not request.content_type.startswith("multipart/"):
        return await request.read()
    for field_ in (await request.post()).values():
        if isinstance(field_, web.FileField):
            return field_.file.read()
    return b""


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody asked the stranger for something."""

    path: str
    authorization: str


@dataclass(slots=True)
class Stranger:
    """Another host, where external files and redirects lead. It writes down who came, and with what."""

    url: str = ""
    pages: dict[str, bytes] = field(default_factory=dict)
    visits: list[Visit] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Give what there is at the path."""
        self.visits.append(Visit(request.path, request.headers.get("Authorization", "")))
        page = self.pages.get(request.path)
        return web.Response(status=404) if page is None else web.Response(body=page)
