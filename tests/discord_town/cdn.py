"""The file server: attachments by signed addresses that expire, and fresh addresses for old ones."""

import asyncio
from urllib.parse import urlsplit

from aiohttp import web

from tests.discord_town.calls import Call, Calls
from tests.discord_town.faults import Faults
from tests.discord_town.message_shapes import signature, signed_url
from tests.discord_town.rest import Answer, Ask, Routes
from tests.discord_town.state import State
from tests.discord_town.world import Upload

GONE = "This content is no longer available."

routes = Routes()


class Cdn:
    """Serves the files of a town. Calls are recorded, and fail, under the route `cdn`."""

    def __init__(self, state: State, calls: Calls, faults: Faults) -> None:
        self.state, self.calls, self.faults = state, calls, faults

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One file, or 404 where the address is forged, too old, or its message is gone."""
        call = Call("cdn", "GET", request.path, request.match_info["channel_id"], self.state.clock())
        self.calls.made.append(call)
        fault = self.faults.take(call)
        await asyncio.sleep(fault.seconds)
        upload = find_upload(self.state, int(request.match_info["attachment_id"]))
        call.status, call.answered = 200, self.state.clock()
        if fault.status is not None:
            call.status = fault.status
            return web.Response(status=fault.status, text=fault.message)
        if upload is None or not self._valid(request):
            call.status = 404
            return web.Response(status=404, text=GONE)
        if fault.cut:
            call.status = 0
            return await self._break_off(request, upload)
        return web.Response(body=upload.data, content_type=upload.content_type)

    def _valid(self, request: web.Request) -> bool:
        query = request.query
        expires, issued = query.get("ex", "0"), query.get("is", "0")
        if query.get("hm") != signature(request.path, expires, issued):
            return False
        return int(expires, 16) > self.state.clock()

    async def _break_off(self, request: web.Request, upload: Upload) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-length": str(len(upload.data))})
        await response.prepare(request)
        await response.write(upload.data[: len(upload.data) // 2])
        if request.transport is not None:
            request.transport.abort()
        return response


def find_upload(state: State, attachment_id: int) -> Upload | None:
    """The file with this id, if a message or a command still holds it."""
    for channel in state.channels.values():
        for message in channel.messages.values():
            for one in message.attachments + (message.snapshot.attachments if message.snapshot else []):
                if one.id == attachment_id:
                    return one
    return state.handed_over.get(attachment_id)


@routes("POST", "/attachments/refresh-urls")
def refresh_urls(ask: Ask) -> Answer:
    """Fresh addresses for those given."""
    asked = ask.body["attachment_urls"]
    return {
        "refreshed_urls": [
            {"original": url, "refreshed": signed_url(ask.state, urlsplit(url).path)} for url in asked
        ]
    }
