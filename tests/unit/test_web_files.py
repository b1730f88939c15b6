"""What comes with a message and what cannot: files, and refusals in one sentence."""

from pathlib import Path
from typing import Any

import pytest

from adapters.web.workspace import place
from bot.messages import OutFile, Person, Rendered
from bot.store.page import held_files
from tests.web_page import playground, tab, upload

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels"


async def test_files_are_known_by_their_content_and_leave_harmlessly(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        html = b"<script>alert(1)</script>"
        status, answer = await upload(
            ada,
            "files",
            ("a.png", "text/plain", PNG),
            ("evil.png", "image/png", html),
            ("x\n<b>.html", "text/html", html),
        )
        assert status == 200
        kept = page.intake.heard[0].attachments
        assert [file.media_type for file in kept] == ["image/png", "application/octet-stream", "text/html"]
        assert b"".join([piece async for piece in page.adapter.fetch(kept[0])]) == PNG
        for n, (disposition, media_type) in enumerate(
            [
                ("inline", "image/png"),
                ("attachment", "application/octet-stream"),
                ("attachment", "application/octet-stream"),
            ]
        ):
            async with ada.http.get(f"{ada.origin}/files/{answer['id']}/{n}?as=ada") as response:
                assert response.headers["Content-Disposition"].startswith(disposition)
                assert response.content_type == media_type
                assert response.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
                assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_file_that_is_too_large_is_refused_with_a_sentence_and_nothing_is_kept(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        status, answer = await upload(
            ada, "large", ("a.png", "image/png", PNG), ("big.bin", "image/png", bytes(60_000_000))
        )
        assert (status, answer) == (
            413,
            {"error": "“big.bin” is larger than 25 MB, the most that can be sent here."},
        )
        assert await ada.shown() == []
        assert page.intake.heard == []


async def test_files_of_a_private_answer_are_shown_to_that_person_alone(tmp_path: Path) -> None:
    chart = OutFile("chart.png", "image/png", PNG, "Two bars")
    async with playground(tmp_path) as page, page.browser() as ada, tab(ada) as socket:
        await page.adapter.reply_privately(
            Person("ada", "Ada"), place("general"), Rendered("see", files=(chart,)), None
        )
        (file,) = (await socket.receive_json(timeout=5))["private"]["files"]
        assert (file["name"], file["picture"], file["description"]) == ("chart.png", True, "Two bars")
        async with ada.http.get(f"{ada.origin}{file['url']}?as=ada") as response:
            assert (response.content_type, await response.read()) == ("image/png", PNG)
        endless = f"{file['url'][:-1]}{'9' * 5000}?as=ada"
        for url in (f"{file['url']}?as=grace", f"{file['url'][:-1]}1?as=ada", "/private/none/0?as=ada", endless):
            async with ada.http.get(f"{ada.origin}{url}") as response:
                assert response.status == 404


async def test_too_many_files_are_refused_with_a_sentence(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        files = [(f"{n}.txt", "text/plain", b"x") for n in range(11)]
        assert await upload(ada, "many", *files) == (
            413,
            {"error": "10 files are the most in one message; send the others in another one."},
        )
    assert page.intake.heard == []


@pytest.mark.parametrize(
    ("fields", "status", "sentence"),
    [
        (
            {"text": "x" * 100_000},
            413,
            "That message is 100,000 characters long; 32,000 are the most. Attach it as a file instead.",
        ),
        ({"text": "x" * 900_000}, 413, "That message is far too long. Attach it as a file instead."),
        ({"text": " \n\u0000"}, 422, "There is nothing to send."),
        ({"text": "x", "channel": "secret"}, 404, "There is no such channel."),
        ({"text": "x", "channel": "dm-grace"}, 404, "There is no such channel."),
        ({"text": "x", "thread": "nowhere"}, 404, "There is no such thread."),
        ({"text": "x", "id": "../../etc"}, 400, "That request was not understood."),
        ({"text": 7}, 422, "There is nothing to send."),
    ],
)
async def test_what_cannot_be_sent_is_refused_in_one_sentence(
    tmp_path: Path, fields: dict[str, Any], status: int, sentence: str
) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        assert await ada.post("/api/messages", **{"channel": "general", **fields}) == (status, {"error": sentence})
    assert page.intake.heard == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"text": "\xff"}', b'{"text": "\\ud800"}'])
async def test_what_is_not_json_is_refused_and_the_page_goes_on(tmp_path: Path, body: bytes) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        async with ada.http.post(f"{ada.origin}/api/messages?as=ada", data=body) as response:
            assert (response.status, await response.json()) == (400, {"error": "That request was not understood."})
        await ada.say("still here")
    assert [event.text for event in page.intake.heard] == ["still here"]


async def test_pictures_we_make_are_shown_with_what_they_show(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        await ada.say("hi")
        picture = OutFile("cat.png", "image/png", PNG, "a cat")
        await page.adapter.post(page.intake.heard[0].place, Rendered("here", files=(picture,), final=True), "k")
        file = (await ada.shown())[-1]["files"][0]
        assert (file["picture"], file["description"]) == (True, "a cat")
        async with ada.http.get(f"{ada.origin}{file['url']}?as=ada") as response:
            assert await response.read() == PNG


async def test_markup_and_odd_names_arrive_as_text(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        await upload(ada, "<b>bold</b>", ("<img src=x>.png\u202e", "image/png", PNG))
        (shown,) = await ada.shown()
        assert shown["html"] == "<p>&lt;b&gt;bold&lt;/b&gt;</p>\n"
        assert shown["files"][0]["name"] == "<img src=x>.png"


async def test_the_page_knows_which_files_it_still_shows(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        _, answer = await upload(ada, "look", ("a.png", "image/png", PNG), ("b.txt", "text/plain", b"b"))
        shown = {file.id for file in page.intake.heard[0].attachments}
        assert await page.store.read(held_files) == shown
        assert await page.store.read(held_files, {"other", *list(shown)[:1]}) == set(list(shown)[:1])
        await ada.post("/api/delete", message=answer["id"])
        assert await page.store.read(held_files) == set()


async def test_a_file_may_have_25_million_bytes_and_not_one_more(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        most = 25_000_000
        assert (await ada.get("/api/state"))[1]["limits"]["fileBytes"] == most
        assert (await upload(ada, "over", ("a.bin", "x/y", bytes(most + 1))))[0] == 413
        assert (await upload(ada, "just", ("a.bin", "x/y", bytes(most))))[0] == 200
