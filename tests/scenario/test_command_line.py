"""The program's commands as people type them: what goes where, how they end, and the sentence when they fail."""

import http.server
import json
import os
import re
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot import __version__
from bot.cli import operators_sentence
from bot.errors import StoreError, StoreFull
from tests.files import pdf, picture
from tests.scenario.conftest import ELSEWHERE, Here
from tests.scenario.program import ROOT, Ran, Shell, ended, first_line, stopped

LONG = "Write 2000 words about gates, pace 40"
KEY = "sk-a-key-that-nobody-may-read"


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    return Shell(tmp_path_factory.mktemp("shell"))


@pytest.mark.parametrize("words", [(), ("ask",), ("db", "backup")])
def test_version_and_help_are_told_everywhere(here: Here, words: tuple[str, ...]) -> None:
    assert here.run(*words, "--version") == Ran(0, f"gatepost {__version__}\n", "")
    told = here.run(*words, "--help")
    assert (told.status, told.err) == (0, "")
    assert told.out.startswith("usage: gatepost")


def test_the_answer_alone_is_on_standard_output(shell: Shell) -> None:
    (shell.directory / "heron.pdf").write_bytes(pdf(["The secret word is heron."]))
    (shell.directory / "wall.png").write_bytes(picture(size=(80, 60), colour="red"))

    asked = shell.run("ask", "-", "-f", "heron.pdf", "-f", "wall.png", typed="What is in these?\n")

    assert asked.status == 0
    assert "The secret word is heron." in asked.out
    assert "80 × 60" in asked.out
    assert asked.err == "reading heron.pdf, wall.png…\n"


def test_an_answer_streams_and_ctrl_c_ends_it_quietly(shell: Shell) -> None:
    asking = shell.begin("ask", LONG)
    assert first_line(asking) == "# On gates\n"
    assert asking.poll() is None

    left = stopped(asking)
    assert (left.status, left.err) == (130, "")


def test_a_reader_who_has_enough_ends_the_answer_quietly(shell: Shell) -> None:
    asking = shell.begin("ask", LONG)
    assert first_line(asking) == "# On gates\n"
    assert asking.stdout is not None
    asking.stdout.close()

    assert ended(asking) == Ran(1, "", "")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("ask", "x", "-f", "nowhere.pdf"), "gatepost: There is no file nowhere.pdf."),
        (("ask", "x", "-f", "."), "gatepost: . is a directory, not a file."),
        (("ask", " "), "gatepost: There is nothing to ask: the question is empty."),
        (("db", "restore", "nowhere"), "gatepost: nowhere could not be restored: No such file or directory."),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(here: Here, words: tuple[str, ...], sentence: str) -> None:
    ran = here.run(*words)
    assert (ran.status, ran.sentence) == (1, sentence)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (StoreFull("SQLITE_FULL: disk"), "The disk that holds the database is full. Make room on it."),
        (StoreError("SQLITE_IOERR: disk"), "The database can't be used (SQLITE_IOERR: disk). `gatepost check`"),
    ],
)
def test_the_operator_is_not_told_that_the_operator_was_told(error: StoreError, said: str) -> None:
    assert operators_sentence(error).startswith(said)


@pytest.mark.parametrize("words", [("ask",), ("db",), ("sing",), ("demo-gateway", "--port", "99999")])
def test_a_wrong_usage_ends_with_2(here: Here, words: tuple[str, ...]) -> None:
    ran = here.run(*words)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("usage: gatepost")


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("scripted", "Did you mean gatepost/scripted, gatepost/faulty, gatepost/hostile?"),
        ("gpt", "`gatepost models` lists them."),
    ],
)
def test_a_model_without_its_creator_is_told_how_it_is_called(here: Here, model: str, sentence: str) -> None:
    ran = here.run("ask", "hello", "-m", model)
    assert ran.status == 1
    assert ran.sentence == (
        f"gatepost: There is no model {model}: their names are of the form creator/model. {sentence}"
    )


def test_a_model_that_does_not_exist_is_named(here: Here) -> None:
    ran = here.run("ask", "hello", "-m", "nobody/nothing")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.endswith("`gatepost models` lists no nobody/nothing.\n")
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("words", [("ask", "hello"), ("models",)])
def test_a_refused_key_and_a_silent_address_are_told_to_who_can_mend_them(
    here: Here, words: tuple[str, ...]
) -> None:
    with refusing() as address:
        refused = here.run(*words, AI_GATEWAY_BASE_URL=address, AI_GATEWAY_API_KEY=KEY)
    silent = here.run(*words, AI_GATEWAY_BASE_URL=address)

    assert (refused.status, silent.status) == (1, 1)
    assert refused.sentence == "gatepost: The gateway refused the key. Check AI_GATEWAY_API_KEY."
    assert silent.sentence == "gatepost: The gateway does not answer. Check AI_GATEWAY_BASE_URL and the network."


@pytest.mark.parametrize("words", [("ask", "hello"), ("models",)])
def test_an_address_without_its_v1_is_not_blamed_on_the_key(here: Here, words: tuple[str, ...]) -> None:
    class Elsewhere(Quiet):
        def do_GET(self) -> None:
            self.answer(404, {"detail": "Not Found"})

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

    with serving_by(Elsewhere) as address:
        ran = here.run(*words, AI_GATEWAY_BASE_URL=address, AI_GATEWAY_API_KEY=KEY)

    assert ran.status == 1
    said = "gatepost: There is no gateway at AI_GATEWAY_BASE_URL. Check the address; it usually ends in /v1.\n"
    assert ran.err.endswith(said)
    assert "GatewayRefused" not in ran.err


def test_models_are_listed_for_people_and_for_programs(here: Here) -> None:
    rows = here.run("models").out.splitlines()
    listed = json.loads(here.run("models", "--json").out)
    assert rows[0].split() == ["id", "context", "price", "can"]
    assert [row["id"] for row in listed] == [row.split()[0] for row in rows[1:]]
    assert "gatepost/scripted" in {row["id"] for row in listed}
    assert {row.split()[0] for row in here.run("models", "draws", "image").out.splitlines()[1:]} == {
        "gatepost/painter"
    }
    nothing = here.run("models", "unheard-of")
    assert (nothing.status, nothing.sentence) == (1, "gatepost: No model matches unheard-of.")


def test_a_question_waits_for_the_catalogue_once_and_then_takes_the_copy(here: Here) -> None:
    (here.directory / "data").mkdir()
    with listing() as (address, listed):
        for _ in range(2):
            here.run("ask", "hello", AI_GATEWAY_BASE_URL=address, AI_GATEWAY_API_KEY=KEY)

    assert listed == ["/v1/models"]
    assert len(list((here.directory / "data").glob("models-*.json"))) == 1


def test_the_built_in_gateway_answers_alone_and_says_when_its_port_is_taken(shell: Shell, here: Here) -> None:
    serving = shell.begin("demo-gateway")
    address = first_line(serving).strip()
    try:
        port = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/v1", address)
        assert port is not None
        with urllib.request.urlopen(f"{address}/models", timeout=10) as answer:
            assert json.load(answer)["data"]
        taken = here.run("demo-gateway", "--port", port[1])
    finally:
        left = stopped(serving)

    sentence = f"gatepost: Port {port[1]} is taken; choose another one for the built-in gateway."
    assert (taken.status, taken.sentence) == (1, sentence)
    assert (left.status, left.err) == (130, "")


def test_the_store_is_saved_beside_a_running_bot_and_put_back_only_without_one(here: Here) -> None:
    running = Shell(here.directory).begin("run")
    try:
        assert first_line(running).startswith("Open http://127.0.0.1:")
        second = here.run("run", **ELSEWHERE)
        beside = here.run("ask", "repeat after me: beside")
        saved = here.run("db", "backup", "saved.zip")
        refused = here.run("db", "restore", "saved.zip")
    finally:
        left = stopped(running)

    assert (second.status, refused.status, left.status) == (1, 1, 0)
    for ran in (second, refused):
        assert "Gatepost is already running with the data in" in ran.sentence
    assert (beside.status, beside.out) == (0, "beside\n")
    assert (saved.status, saved.err) == (0, "")
    assert here.run("db", "restore", "saved.zip").status == 0
    assert here.run("db", "upgrade").status == 0


@pytest.mark.parametrize("words", [(), ("models",)])
@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        (b'AI_GATEWAY_API_KEY="sk-unclosed', "Line 1 of .env has to be NAME=value, with every quote closed."),
        (b"AI_GATEWAY_API_KEY=\xff", "The file .env is not text in UTF-8. Save it as UTF-8."),
    ],
)
def test_a_file_of_settings_that_cannot_be_read_stops_every_command(
    here: Here, words: tuple[str, ...], written: bytes, sentence: str
) -> None:
    (here.directory / ".env").write_bytes(written)
    ran = here.run(*words)
    assert (ran.status, ran.sentence) == (1, f"gatepost: {sentence}")


@pytest.mark.parametrize(
    ("redirected", "sentence"),
    [
        (">&-", "Standard output is closed, so there is nowhere to write to."),
        (">/dev/full", "No space left on device."),
    ],
)
def test_an_output_that_takes_nothing_is_said_and_ends_the_command(
    shell: Shell, redirected: str, sentence: str
) -> None:
    ran = typed_in_sh(shell, f"ask hi {redirected}")
    assert (ran.status, ran.sentence) == (1, f"gatepost: {sentence}")


def test_an_answer_comes_even_when_standard_error_is_closed(shell: Shell) -> None:
    assert typed_in_sh(shell, "ask 'repeat after me: heron' 2>&-") == Ran(0, "heron\n", "")


def test_a_question_from_a_closed_input_is_refused(shell: Shell) -> None:
    ran = typed_in_sh(shell, "ask - <&-")
    assert (ran.status, ran.sentence) == (
        1,
        "gatepost: Standard input is closed, so there is no question to read.",
    )


@pytest.mark.parametrize(
    "line",
    [
        r"""ask "$(printf 'repeat after me: \377 heron')" """,
        r"""ask - < question""",
    ],
)
def test_bytes_that_are_no_text_are_replaced_in_a_question(shell: Shell, line: str) -> None:
    (shell.directory / "question").write_bytes(b"repeat after me: \xff heron")
    assert typed_in_sh(shell, line) == Ran(0, "\ufffd heron\n", "")


def test_a_file_is_read_from_a_pipe_and_under_a_name_that_is_no_text(shell: Shell) -> None:
    heron = pdf(["The secret word is heron."])
    (shell.directory / os.fsdecode(b"\xffheron.pdf")).write_bytes(heron)

    piped = typed_in_sh(shell, "ask x -f /dev/stdin", before="cat *heron.pdf |")
    named = typed_in_sh(shell, """ask x -f "$(printf '\\377heron.pdf')" """)

    for ran in (piped, named):
        assert ran.status == 0
        assert "The secret word is heron." in ran.out
    assert (piped.err, named.err) == ("reading stdin…\n", "reading \ufffdheron.pdf…\n")


@pytest.mark.parametrize("interrupts", [signal.default_int_handler, signal.SIG_IGN], ids=["typed", "background"])
def test_a_question_that_is_terminated_leaves_nothing_behind(
    shell: Shell, tmp_path: Path, interrupts: signal.Handlers
) -> None:
    before = signal.signal(signal.SIGINT, interrupts)  # what a script starts with & ignores Ctrl-C
    asking = shell.begin("ask", LONG, TMPDIR=str(tmp_path))
    signal.signal(signal.SIGINT, before)
    assert first_line(asking) == "# On gates\n"
    assert [path.name[:13] for path in tmp_path.iterdir()] == ["gatepost-ask-"]

    asking.send_signal(signal.SIGTERM)
    left = ended(asking)

    assert (left.status, left.err) == (143, "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("opened", [False, True])
def test_ask_ends_when_it_is_told_to_while_nobody_writes_to_its_pipe(
    shell: Shell, tmp_path: Path, opened: bool, number: signal.Signals
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    silent = os.open(pipe, os.O_RDWR) if opened else None
    asking = shell.begin("ask", "x", "-f", str(pipe))
    assert asking.stderr is not None
    assert asking.stderr.readline() == "reading pipe…\n"
    asking.send_signal(number)
    ran = ended(asking)
    if silent is not None:
        os.close(silent)
    assert ran.status == {signal.SIGTERM: 143, signal.SIGINT: 130}[number]
    assert (ran.out, ran.err) == ("", "")


@pytest.mark.parametrize(("first", "second"), [(signal.SIGINT, signal.SIGTERM), (signal.SIGTERM, signal.SIGINT)])
def test_a_second_signal_of_either_kind_ends_an_orderly_end_at_once(
    first: signal.Signals, second: signal.Signals
) -> None:
    slow = """
import asyncio
from bot.cli.process import until_stopped
async def work(stop):
    print("runs", flush=True)
    await stop.wait()
    print("ends", flush=True)
    await asyncio.sleep(3600)
until_stopped(work)
"""
    running = subprocess.Popen(
        [sys.executable, "-c", slow],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert first_line(running) == "runs\n"
    running.send_signal(first)
    assert first_line(running) == "ends\n"
    running.send_signal(second)

    assert ended(running).status == -second


def typed_in_sh(shell: Shell, line: str, before: str = "") -> Ran:
    """What came of `gatepost` with the line after it, as a shell reads it."""
    command = f'{before} exec "{sys.executable}" -m bot {line}'
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
    return ended(
        subprocess.Popen(
            ["sh", "-c", command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=shell.directory,
            env=environment,
        )
    )


@contextmanager
def refusing() -> Iterator[str]:
    """The address of a gateway that knows no key, and repeats the one it was given."""

    class Refusal(Quiet):
        def do_GET(self) -> None:
            self.answer(401, {"error": {"message": self.headers["Authorization"], "type": "authentication_error"}})

    with serving_by(Refusal) as address:
        yield address


@contextmanager
def listing() -> Iterator[tuple[str, list[str]]]:
    """The address of a gateway that lists one model and answers nothing, and how often its list was read."""
    listed: list[str] = []

    class Listing(Quiet):
        def do_GET(self) -> None:
            listed.append(self.path)
            self.answer(200, {"data": [{"id": "acme/alpha-2"}]})

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.answer(404, {"error": {"message": "no", "type": "model_not_found"}})

    with serving_by(Listing) as address:
        yield address, listed


class Quiet(http.server.BaseHTTPRequestHandler):
    """Answers in JSON and says nothing about it."""

    def answer(self, status: int, body: object) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: the test says what it saw."""


@contextmanager
def serving_by(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    """The base URL of a server whose requests are answered so."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes of this kind")
def test_what_is_kept_is_for_the_eyes_of_its_own_user_also_in_a_directory_that_others_may_read(
    tmp_path: Path,
) -> None:
    here = Shell(tmp_path)
    (tmp_path / "data").mkdir(mode=0o755)

    here.run("db", "upgrade")
    here.run("db", "backup", "saved.zip")

    kept = [*(tmp_path / "data").iterdir(), tmp_path / "saved.zip"]
    assert (tmp_path / "data" / "gatepost.db") in kept
    assert {file.name: oct(file.stat().st_mode & 0o077) for file in kept} == {file.name: "0o0" for file in kept}
