"""Files read in a process of their own: what it may do, how it dies, and that nothing else notices."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from bot.media.frames import FrameError, content_in, lengths_of
from bot.media.limits import Limits
from bot.media.process import WorkerDied, WorkerProcess
from bot.media.reader import WorkerReader
from bot.messages import ReadingKind
from tests.files import (
    LOGIN_PAGE,
    greedy_pdf,
    image_bomb,
    noise,
    pdf,
    photo_on_its_side,
    picture,
    protected_pdf,
    scanned_pdf,
    zipped,
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="uses signals and /proc to disturb the worker")


class Started(list[WorkerProcess]):
    """The workers that were started, in order; the first `doomed` of them die holding their first file."""

    doomed = 0

    def add(self, worker: WorkerProcess) -> None:
        """Take a worker in; a doomed one is stopped before it is told of a file and killed after."""
        self.append(worker)
        if len(self) <= self.doomed:
            os.kill(worker.pid, signal.SIGSTOP)
            asyncio.get_running_loop().call_later(0.05, os.kill, worker.pid, signal.SIGKILL)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """The workers that are started in this test."""
    seen = Started()
    start = WorkerProcess.start

    async def watched(memory: int) -> WorkerProcess:
        seen.add(await start(memory))
        return seen[-1]

    monkeypatch.setattr(WorkerProcess, "start", watched)
    return seen


@pytest.fixture
async def reader() -> AsyncIterator[WorkerReader]:
    opened = WorkerReader()
    yield opened
    await opened.close()


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so that another process brings about."""
    for _ in range(5_000):
        if condition():
            return
        await asyncio.sleep(0.002)
    raise AssertionError("it never came to that")


def about(worker: WorkerProcess, what: str) -> str:
    """What the kernel says of a process."""
    return Path(f"/proc/{worker.pid}/{what}").read_text()


def is_stopped(worker: WorkerProcess) -> bool:
    """Whether a process that was sent SIGSTOP has stopped."""
    return about(worker, "stat").rsplit(")", 1)[1].split()[0] == "T"


async def test_each_kind_is_read_through_the_worker(reader: WorkerReader) -> None:
    image = await reader.read("a.png", picture())
    document = await reader.read("a.pdf", pdf(["Hello"]))
    text = await reader.read("a.csv", b"name,age\nAda,36\n")

    assert image.reading.kind is ReadingKind.PICTURE
    assert set(image.blobs) == {image.reading.pictures[0].sha256}
    assert document.reading.text == "[page 1]\nHello"
    assert document.reading.original is not None
    assert document.blobs[document.reading.original.sha256] == pdf(["Hello"])
    assert text.reading.text == "name,age\nAda,36\n"


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.pdf", b"", "a.pdf is empty. Attach it again."),
        (
            "a.pdf",
            zipped("x.txt"),
            "a.pdf is an archive, which I can't read. Unpack it and send the files themselves.",
        ),
        ("big.bin", bytes(60_000_000), "big.bin is too large: 25 MB are the most. Send a smaller one."),
    ],
)
async def test_what_needs_no_opening_never_starts_a_worker(
    reader: WorkerReader, started: Started, name: str, data: bytes, said: str
) -> None:
    read = await reader.read(name, data)

    assert (read.reading.kind, read.reading.unread, read.blobs) == (ReadingKind.UNREAD, said, {})
    assert started == []


async def test_a_login_page_is_said_to_be_one(reader: WorkerReader) -> None:
    read = await reader.read("../q3\n.pdf", LOGIN_PAGE)

    assert read.reading.name == "q3.pdf"
    assert read.reading.unread is not None
    assert read.reading.unread.startswith("q3.pdf came as a web page, probably a login page")


async def test_workers_are_kept_and_replaced_after_so_many_files(started: Started) -> None:
    reader = WorkerReader(limits=Limits(files=2), workers=1)
    for _ in range(5):
        await reader.read("a.txt", b"Hello")
    await reader.close()

    assert len(started) == 3
    assert not any(worker.alive for worker in started)


async def test_an_idle_worker_is_let_go(started: Started) -> None:
    reader = WorkerReader(limits=Limits(idle_seconds=0.01))
    await reader.read("a.txt", b"Hello")
    await until(lambda: not started[0].alive)

    assert (await reader.read("b.txt", b"again")).reading.text == "again"
    await reader.close()


async def test_files_are_read_side_by_side_by_no_more_workers_than_allowed(started: Started) -> None:
    reader = WorkerReader(workers=2)
    read = await asyncio.gather(*(reader.read(f"{n}.txt", f"number {n}".encode()) for n in range(12)))
    await reader.close()

    assert [one.reading.text for one in read] == [f"number {n}" for n in range(12)]
    assert len(started) == 2


async def test_too_many_waiting_files_are_refused_and_the_others_read() -> None:
    reader = WorkerReader(limits=Limits(waiting_bytes=25))
    read = await asyncio.gather(*(reader.read(f"{n}.txt", b"ten bytes.") for n in range(3)))
    await reader.close()

    assert [one.reading.kind for one in read] == [ReadingKind.TEXT, ReadingKind.TEXT, ReadingKind.UNREAD]
    assert read[2].reading.unread == "2.txt was not read: too many files came at once. Send it again in a minute."


async def test_a_worker_that_takes_too_long_is_ended_and_the_next_file_is_read(started: Started) -> None:
    reader = WorkerReader(limits=Limits(seconds=0.5), workers=1)
    await reader.read("a.txt", b"first")
    os.kill(started[0].pid, signal.SIGSTOP)
    await until(lambda: is_stopped(started[0]))

    async with asyncio.timeout(15):
        late = await reader.read("slow.pdf", pdf(["Hello"]))
    following = await reader.read("b.txt", b"second")
    await reader.close()

    assert late.reading.unread == "slow.pdf was not read: it took over 0.5 seconds. Send a smaller or simpler one."
    assert following.reading.text == "second"
    assert not started[0].alive


async def test_a_file_whose_worker_was_killed_once_is_still_read(reader: WorkerReader, started: Started) -> None:
    started.doomed = 1

    read = await reader.read("photo.jpg", noise("JPEG", (200, 150)))

    assert read.reading.kind is ReadingKind.PICTURE
    assert read.reading.unread is None
    assert len(started) == 2


async def test_a_file_whose_workers_die_twice_is_given_up_and_the_next_is_read(
    reader: WorkerReader, started: Started
) -> None:
    started.doomed = 2

    read = await reader.read("photo.jpg", noise("JPEG", (200, 150)))
    following = await reader.read("b.txt", b"second")

    assert read.reading.unread == (
        "photo.jpg could not be opened safely: it is damaged, or it takes too much memory. Save it anew."
    )
    assert following.reading.text == "second"


async def test_a_pdf_whose_worker_died_is_read_without_drawing_its_pages(
    reader: WorkerReader, started: Started
) -> None:
    started.doomed = 1

    read = await reader.read("scan.pdf", scanned_pdf(3))

    assert read.reading.kind is ReadingKind.PDF
    assert read.blobs == {}
    assert read.reading.unread == (
        "The pages of scan.pdf were read as text only: drawing them took too much. "
        "Scanned pages of scan.pdf without text were not looked at: 1, 2, 3. Send them as pictures."
    )


async def test_an_idle_worker_that_was_killed_is_replaced_unnoticed(
    reader: WorkerReader, started: Started
) -> None:
    await reader.read("a.txt", b"first")
    os.kill(started[0].pid, signal.SIGKILL)
    await until(lambda: not started[0].alive)

    assert (await reader.read("scan.pdf", scanned_pdf(1))).reading.unread is None
    assert len(started) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a process to its memory")
async def test_a_file_that_takes_all_memory_ends_its_worker_only() -> None:
    reader = WorkerReader(limits=Limits(memory=120_000_000))
    greedy = await reader.read("greedy.pdf", greedy_pdf())
    following = await reader.read("b.txt", b"second")
    await reader.close()

    assert greedy.reading.unread == (
        "greedy.pdf could not be opened safely: it is damaged, or it takes too much memory. Save it anew."
    )
    assert following.reading.text == "second"


async def test_a_reader_that_is_cancelled_ends_its_worker(started: Started) -> None:
    reader = WorkerReader(workers=1)
    await reader.read("a.txt", b"first")
    os.kill(started[0].pid, signal.SIGSTOP)
    task = asyncio.create_task(reader.read("b.txt", b"second"))
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert task.cancelled()
    assert not started[0].alive
    assert (await reader.read("c.txt", b"third")).reading.text == "third"
    await reader.close()


async def test_a_program_that_cannot_start_workers_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    reader = WorkerReader()
    read = await reader.read("a.txt", b"Hello")
    await reader.close()

    assert read.reading.kind is ReadingKind.UNREAD


async def test_a_worker_knows_no_secret_and_ends_with_its_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AI_GATEWAY_API_KEY", "vck_not_for_workers")
    monkeypatch.setenv("HTTPS_PROXY", "http://user:password@proxy.example")
    worker = await WorkerProcess.start(Limits().memory)
    environment, limits = about(worker, "environ"), about(worker, "limits")
    worker.close_input()
    await until(lambda: not worker.alive)
    await worker.end()

    assert "vck_" not in environment
    assert "password" not in environment
    assert "Max file size             0 " in limits
    assert "Max core file size        0 " in limits
    assert f"Max address space         {Limits().memory} " in limits


def samples() -> Iterator[tuple[str, bytes]]:
    """Whole files of every kind."""
    yield "a.png", picture(size=(30, 20))
    yield "a.jpg", photo_on_its_side()
    yield "a.gif", picture("GIF", (30, 20))
    yield "a.webp", picture("WEBP", (30, 20))
    yield "a.pdf", pdf(["Hello", "again"])
    yield "scan.pdf", pdf([""], images=[picture("JPEG")])
    yield "locked.pdf", protected_pdf()
    yield "bomb.png", image_bomb()
    yield "a.docx", zipped("word/document.xml")
    yield "a.txt", "Grüße".encode("utf-16")


async def test_no_file_however_bent_makes_reading_fail(reader: WorkerReader) -> None:
    chance = random.Random(20)
    for name, whole in samples():
        for _ in range(25):
            data = bytearray(whole)
            for _ in range(chance.randint(1, 8)):
                data[chance.randrange(len(data))] = chance.randrange(256)
            del data[chance.randrange(len(data) // 2, 2 * len(data)) :]

            read = await reader.read(name, bytes(data))

            assert read.reading.unread or read.reading.kind is not ReadingKind.UNREAD
            files = [*read.reading.pictures, *filter(None, [read.reading.original])]
            assert {file.sha256 for file in files} == set(read.blobs)


async def test_random_bytes_are_read_as_something_or_refused(reader: WorkerReader) -> None:
    chance = random.Random(21)
    for _ in range(60):
        read = await reader.read("noise", chance.randbytes(chance.randrange(400)))

        assert read.reading.unread or read.reading.kind is not ReadingKind.UNREAD


async def test_the_bot_itself_never_loads_what_opens_files() -> None:
    program = (
        "import asyncio, sys\n"
        "from bot.media.reader import WorkerReader\n"
        "from tests.files import picture\n"
        "data = picture()\n"
        "for name in [name for name in sys.modules if name.split('.')[0] == 'PIL']: del sys.modules[name]\n"
        "async def main():\n"
        "    reader = WorkerReader()\n"
        "    read = await reader.read('a.png', data)\n"
        "    await reader.close()\n"
        "    return read.reading.kind\n"
        "print(asyncio.run(main()), sorted({n.split('.')[0] for n in sys.modules} & {'PIL', 'pypdfium2'}))\n"
    )
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert done.stdout == "picture []\n", done.stderr


HONEST = b'{"kind":"picture","text":"","whole":false,"pages":null,"unread":null,"pictures":[["a","image/png",3]]}'


def test_an_honest_answer_is_understood() -> None:
    assert content_in(HONEST, b"abc", Limits()).pictures[0].data == b"abc"


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (b"", b"abc"),
        (b"[]", b"abc"),
        (b"{}", b"abc"),
        (HONEST.replace(b'"picture"', b'"hostage"'), b"abc"),
        (HONEST.replace(b"image/png", b"text/html"), b"abc"),
        (HONEST.replace(b",3]", b",4]"), b"abc"),
        (HONEST.replace(b",3]", b",-3]"), b"abc"),
        (HONEST.replace(b",3]", b',"3"]'), b"abc"),
        (HONEST.replace(b'"text":""', b'"text":"' + b"x" * 3_000_000 + b'"'), b"abc"),
        (HONEST.replace(b"]]}", b"]" + b',["a","image/png",0]' * 30 + b"]}"), b"abc"),
    ],
)
def test_an_answer_that_no_worker_gives_is_not_believed(head: bytes, body: bytes) -> None:
    with pytest.raises(FrameError):
        content_in(head, body, Limits())


def test_a_frame_past_its_limits_is_not_waited_for() -> None:
    with pytest.raises(FrameError):
        lengths_of(b"\x00\x00\x00\x05\x00\x00\x00\x06", 5)
    with pytest.raises(FrameError):
        lengths_of(b"\xff\x00\x00\x00\x00\x00\x00\x00", 5)


async def test_a_worker_that_says_nonsense_is_ended() -> None:
    worker = await WorkerProcess.start(Limits().memory)

    with pytest.raises(WorkerDied):
        await worker.ask("scan.pdf", scanned_pdf(1), Limits(inline_bytes=10, picture_bytes=10))
    assert not worker.alive
