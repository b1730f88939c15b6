"""Who gets in: one address once, the right host, the page itself; or whoever knows the password."""

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import ClientSession, CookieJar

from tests.web_page import Playground, playground


def browser(page: Playground) -> ClientSession:
    return ClientSession(cookie_jar=CookieJar(unsafe=True), headers={"Origin": page.origin})


async def state_of(http: ClientSession, page: Playground) -> int:
    async with http.get(f"{page.origin}/api/state?as=ada") as response:
        return response.status


async def test_the_printed_address_lets_one_browser_in_once(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, browser(page) as first, browser(page) as second:
        address = await page.adapter.invitation(page.origin)

        async with first.get(address) as response:
            assert response.status == 200
            assert str(response.url) == f"{page.origin}/"
        async with second.get(address) as response:
            assert response.status == 403
            assert "was used already" in await response.text()

        assert await state_of(first, page) == 200
        assert await state_of(second, page) == 401


async def test_a_used_address_has_a_fresh_one_printed_that_works(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, browser(page) as http:
        async with http.get(f"{page.origin}/?token=wrong") as response:
            assert response.status == 403
        async with http.get(f"{page.origin}/?token=again") as response:
            assert response.status == 403

        (fresh,) = page.announced
        async with http.get(fresh) as response:
            assert response.status == 200


async def test_whoever_is_in_may_open_a_used_address_again(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, browser(page) as http:
        address = await page.adapter.invitation(page.origin)
        for _ in range(2):
            async with http.get(address) as response:
                assert response.status == 200
        assert page.announced == []


async def test_the_cookie_is_for_this_page_alone_and_survives_a_restart(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, browser(page) as http:
        address = await page.adapter.invitation(page.origin)
        unused = await page.adapter.invitation(page.origin)
        async with http.get(address, allow_redirects=False) as response:
            cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    name, _, value = cookie.partition(";")[0].partition("=")
    assert name == f"gatepost_{urlsplit(page.origin).port}"

    async with playground(tmp_path) as page, browser(page) as http:
        port = urlsplit(page.origin).port
        headers = {"Cookie": f"gatepost_{port}={value}"}
        async with http.get(f"{page.origin}/api/state?as=ada", headers=headers) as response:
            assert response.status == 200
        async with http.get(f"{page.origin}/?{urlsplit(unused).query}") as response:
            assert response.status == 200


async def test_no_secret_is_kept_as_it_is(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, browser(page) as http:
        address = await page.adapter.invitation(page.origin)
        async with http.get(address, allow_redirects=False) as response:
            cookie = response.headers["Set-Cookie"].partition(";")[0].partition("=")[2]

    kept = (tmp_path / "page.db").read_bytes()
    assert cookie.encode() not in kept
    assert address.partition("token=")[2].encode() not in kept


@pytest.mark.parametrize("path", ["/", "/api/state?as=ada", "/ws?as=ada", "/page/style.css", "/files/x/0?as=ada"])
async def test_a_strange_host_name_is_refused_everywhere(tmp_path: Path, path: str) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        port = urlsplit(page.origin).port
        for host in ("evil.example", f"evil.example:{port}", f"127.0.0.1.evil.example:{port}"):
            async with ada.http.get(f"{page.origin}{path}", headers={"Host": host}) as response:
                assert response.status == 403, host
        for host in (f"localhost:{port}", f"[::1]:{port}"):
            async with ada.http.get(f"{page.origin}/", headers={"Host": host}) as response:
                assert "answers only under its own address" not in await response.text(), host


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "", "http://localhost:1"])
async def test_what_another_page_sends_is_refused(tmp_path: Path, origin: str) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        ada.http.headers["Origin"] = origin

        status, answer = await ada.post("/api/messages", text="hi", channel="general")
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await ada.http.ws_connect(f"{page.origin}/ws?as=ada")

        assert (status, answer) == (403, {"error": "Only the page itself may do this."})
        assert refused.value.status == 403
        assert page.intake.heard == []


@pytest.mark.parametrize("path", ["/", "/api/state?as=ada", "/page/app.js", "/nothing", "/api/state"])
async def test_every_answer_forbids_what_the_page_does_not_need(tmp_path: Path, path: str) -> None:
    async with playground(tmp_path) as page, page.browser() as ada, ada.http.get(page.origin + path) as response:
        if path == "/nothing":
            assert response.status == 404  # not ours: nothing of ours is in it
            return
        policy = response.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "frame-ancestors 'none'" in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "no-referrer"


async def test_a_password_opens_the_page_under_any_name(tmp_path: Path) -> None:
    async with playground(tmp_path, password="open sesame") as page, browser(page) as http:
        elsewhere = {"Host": "gate.example", "Origin": "https://gate.example"}
        assert await page.adapter.invitation(page.origin) == f"{page.origin}/"
        async with http.get(f"{page.origin}/", headers=elsewhere) as response:
            assert "Password" in await response.text()
        form = {"password": "open sesame"}
        async with http.post(
            f"{page.origin}/login", data=form, headers=elsewhere, allow_redirects=False
        ) as response:
            assert response.status == 303
            cookie = response.headers["Set-Cookie"].partition(";")[0]
        async with http.get(
            f"{page.origin}/api/state?as=ada", headers={**elsewhere, "Cookie": cookie}
        ) as response:
            assert response.status == 200


async def test_guessing_the_password_becomes_slow(tmp_path: Path) -> None:
    async with playground(tmp_path, password="open sesame") as page, browser(page) as http:
        answers = []
        for guess in ("a", "b", "c", "open sesame"):
            async with http.post(f"{page.origin}/login", data={"password": guess}) as response:
                answers.append(response.status)
        assert answers == [403, 403, 403, 429]
        assert await state_of(http, page) == 401
        page.clock.now += 2
        async with http.post(f"{page.origin}/login", data={"password": "open sesame"}) as response:
            assert response.status == 200
        assert await state_of(http, page) == 200


async def test_a_session_and_an_invitation_end_some_day(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, browser(page) as http:
        address = await page.adapter.invitation(page.origin)
        late = await page.adapter.invitation(page.origin)
        async with http.get(address) as response:
            assert response.status == 200
        page.clock.now += 2 * 24 * 3600
        assert await state_of(http, page) == 200
        page.clock.now += 30 * 24 * 3600
        assert await state_of(http, page) == 401
        async with http.get(late) as response:
            assert response.status == 403


async def test_guesses_whose_words_come_late_are_counted_too(tmp_path: Path) -> None:
    async with playground(tmp_path, password="open sesame") as page:
        host, port = "127.0.0.1", urlsplit(page.origin).port
        open_guesses = [await asyncio.open_connection(host, port) for _ in range(5)]
        head = f"POST /login HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: {page.origin}\r\nConnection: close\r\n"
        head += "Content-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\n"
        for _, writer in open_guesses:
            writer.write(f"{head}Content-Length: 10\r\n\r\n".encode())
        for reader, _ in open_guesses:
            assert b" 100 " in await reader.readline()  # it is being served, and has come as far as the words
        answers = []
        for reader, writer in open_guesses:
            writer.write(b"password=x")
            answers.append((await reader.read()).strip().split()[1])
            writer.close()
        assert answers == [b"403"] * 3 + [b"429"] * 2


@pytest.mark.parametrize(("scheme", "secure"), [("https", True), ("http", False)])
async def test_behind_a_proxy_with_tls_the_cookie_travels_only_by_tls(
    tmp_path: Path, scheme: str, secure: bool
) -> None:
    async with playground(tmp_path, password="open sesame") as page, browser(page) as http:
        form, headers = {"password": "open sesame"}, {"X-Forwarded-Proto": scheme}
        login = http.post(f"{page.origin}/login", data=form, headers=headers, allow_redirects=False)
        async with login as response:
            assert ("Secure" in response.headers["Set-Cookie"]) == secure


async def test_what_nobody_foresaw_is_answered_with_a_sentence_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:

        async def broken(*_: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(page.intake, "complete", broken)
        answer = await ada.get("/api/complete", channel="general", command="model", option="name", typed="x")
    assert answer == (500, {"error": "Something went wrong on my side."})
