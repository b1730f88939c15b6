"""The program's commands as people type them: what goes where, how they end, and the sentence when they fail."""

import http.server
import json
import re
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bot import __version__
from tests.files import pdf, picture
from tests.scenario.conftest import ELSEWHERE, Here
from tests.scenario.program import Ran, Shell, ended, first_line, stopped

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


@pytest.mark.parametrize("words", [("ask",), ("db",), ("sing",), ("demo-gateway", "--port", "99999")])
def test_a_wrong_usage_ends_with_2(here: Here, words: tuple[str, ...]) -> None:
    ran = here.run(*words)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("usage: gatepost")


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


def test_models_are_listed_for_people_and_for_programs(here: Here) -> None:
    rows = here.run("models").out.splitlines()
    listed = json.loads(here.run("models", "--json").out)
    assert rows[0].split() == ["id", "context", "price", "can"]
    assert [row["id"] for row in listed] == [row.split()[0] for row in rows[1:]]
    assert "gatepost/scripted" in {row["id"] for row in listed}


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


@contextmanager
def refusing() -> Iterator[str]:
    """The address of a gateway that knows no key, and repeats the one it was given."""

    class Refusal(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(
                {"error": {"message": self.headers["Authorization"], "type": "authentication_error"}}
            )
            self.send_response(401)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Nothing: the test says what it saw."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusal) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1"
        finally:
            server.shutdown()
            thread.join()
