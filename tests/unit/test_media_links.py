"""Links to pictures: which count, and that nothing but the open internet is ever reached for them."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web

from bot.errors import FileRefused
from bot.media.fetching import Reach, is_public
from bot.media.links import fetch_link, picture_links
from tests.files import picture

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("look: https://a.example/cat.png.", ("https://a.example/cat.png",)),
        ("(https://a.example/cat_(1).JPEG)", ("https://a.example/cat_(1).JPEG",)),
        ("<https://a.example/cat.webp|the cat>", ("https://a.example/cat.webp",)),
        ("![cat](https://a.example/cat.gif?w=5#x)", ("https://a.example/cat.gif?w=5#x",)),
        (
            "https://a.example/1.png https://a.example/2.png https://a.example/1.png",
            ("https://a.example/1.png", "https://a.example/2.png"),
        ),
        ("http://a.example/cat.png", ()),
        ("https://a.example/cat", ()),
        ("https://a.example/?file=cat.png", ()),
        ("https:///cat.png https://[::1/cat.png", ()),
        ("`https://a.example/cat.png`\n```\nhttps://a.example/dog.png", ()),
        ("", ()),
    ],
)
def test_only_https_links_that_end_as_pictures_do_are_found(text: str, links: tuple[str, ...]) -> None:
    assert picture_links(text) == links


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:10.0.0.1", "2002:7f00:1::",
     "64:ff9b::a9fe:a9fe"],
)  # fmt: skip
def test_private_addresses_are_not_public_however_they_are_packed(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


class Site:
    """A web server on loopback that answers as it is told, and counts who came."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: dict[str, Answer] = {}
        self.port = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        return await self.answers[request.path](request)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def reach(self, seconds: float = 5.0) -> Reach:
        """What lets a fetch come here."""
        return Reach(allowed=lambda _: True, scheme="http", port=self.port, seconds=seconds)

    def guarded(self) -> Reach:
        """What lets a fetch come here but for the address."""
        return Reach(scheme="http", port=self.port)

    def gives(self, path: str, body: bytes, status: int = 200, **headers: str) -> None:
        async def give(_request: web.Request) -> web.StreamResponse:
            return web.Response(body=body, status=status, headers=headers)

        self.answers[path] = give


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    here = Site()
    app = web.Application()
    app.router.add_get("/{path:.*}", here.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    here.port = runner.addresses[0][1]
    yield here
    await runner.cleanup()


async def test_a_picture_is_fetched_also_over_redirects(site: Site) -> None:
    site.gives("/old.png", b"", 302, Location="/new.png")
    site.gives("/new.png", picture())

    assert await fetch_link(site.url("/old.png"), 10_000, site.reach()) == picture()


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::ffff:127.0.0.1]"]
)
async def test_loopback_is_refused_however_it_is_written(site: Site, host: str) -> None:
    site.gives("/cat.png", picture())

    with pytest.raises(FileRefused):
        await fetch_link(site.url("/cat.png", host), 10_000, site.guarded())
    assert site.asked == []


@pytest.mark.parametrize("host", ["10.0.0.1", "169.254.169.254", "[::1]", "[fe80::1]", "192.168.0.1"])
async def test_private_machines_are_refused_before_a_connection(host: str) -> None:
    verdicts: list[bool] = []

    def watched(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
        verdicts.append(is_public(address))
        return verdicts[-1]

    with pytest.raises(FileRefused):
        await fetch_link(f"https://{host}/cat.png", 10_000, Reach(watched))
    assert verdicts == [False]


async def test_a_redirect_to_a_private_machine_is_refused(site: Site) -> None:
    asked: list[str] = []

    def first_only(_address: object) -> bool:
        asked.append("address")
        return len(asked) == 1

    site.gives("/cat.png", b"", 302, Location="/secret.png")
    site.gives("/secret.png", picture())

    with pytest.raises(FileRefused):
        await fetch_link(site.url("/cat.png"), 10_000, Reach(first_only, "http", site.port))
    assert site.asked == ["/cat.png"]


@pytest.mark.parametrize("where", ["file:///etc/passwd", "ftp://a.example/x.png", "http://127.0.0.1:1/x.png"])
async def test_a_redirect_to_another_scheme_or_port_is_refused(site: Site, where: str) -> None:
    site.gives("/cat.png", b"", 302, Location=where)

    with pytest.raises(FileRefused, match="only plain https links"):
        await fetch_link(site.url("/cat.png"), 10_000, site.reach())


@pytest.mark.parametrize(
    "url",
    ["http://a.example/x.png", "https://a.example:8443/x.png", "https://me:pw@a.example/x.png", "https://[x.png"],
)
async def test_only_plain_https_is_fetched(url: str) -> None:
    with pytest.raises(FileRefused):
        await fetch_link(url, 10_000)


async def test_a_link_that_leads_in_circles_ends(site: Site) -> None:
    site.gives("/cat.png", b"", 302, Location="/cat.png")

    with pytest.raises(FileRefused, match="on and on"):
        await fetch_link(site.url("/cat.png"), 10_000, site.reach())
    assert len(site.asked) == 4


async def test_what_is_no_picture_is_refused_after_its_first_bytes(site: Site) -> None:
    sent = 0

    async def page_without_end(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"<html>" + bytes(50_000))
            sent += 1

    site.answers["/cat.png"] = page_without_end

    with pytest.raises(FileRefused, match="does not lead to a picture"):
        await fetch_link(site.url("/cat.png"), 10**12, site.reach())
    assert sent < 1_000


async def test_a_picture_past_the_limit_is_refused(site: Site) -> None:
    site.gives("/cat.png", picture() + bytes(3_000_000))

    with pytest.raises(FileRefused, match="2 MB are the most"):
        await fetch_link(site.url("/cat.png"), 2_000_000, site.reach())


async def test_a_missing_picture_is_said_to_be_missing(site: Site) -> None:
    site.gives("/cat.png", b"gone", 404)

    with pytest.raises(FileRefused, match=r"cat\.png is not there: its server answered 404"):
        await fetch_link(site.url("/cat.png"), 10_000, site.reach())


async def test_a_server_that_never_answers_is_given_up(site: Site) -> None:
    async def never(_request: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        return web.Response()

    site.answers["/cat.png"] = never

    with pytest.raises(FileRefused, match="took too long"):
        await fetch_link(site.url("/cat.png"), 10_000, site.reach(seconds=0.2))


async def test_an_empty_answer_is_no_picture(site: Site) -> None:
    site.gives("/cat.png", b"")

    with pytest.raises(FileRefused, match="does not lead to a picture"):
        await fetch_link(site.url("/cat.png"), 10_000, site.reach())
