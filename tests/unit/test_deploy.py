"""What is shipped for servers fits the program."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PINNED = (ROOT / "deploy" / "requirements.txt").read_text()


def test_every_dependency_is_pinned_with_a_version_in_its_bounds_and_hashes() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pinned = {
        _normal(found["name"]): (found["version"], found["rest"])
        for found in re.finditer(r"^(?P<name>[\w.-]+)==(?P<version>[\w.]+)(?P<rest>(?:.*\\\n)+.*)", PINNED, re.M)
    }

    for wanted in project["dependencies"]:
        bound = re.match(r"(?P<name>[\w.-]+)(?:\[\w+\])?>=(?P<least>[\w.]+)", wanted)
        assert bound is not None, wanted
        version, rest = pinned[_normal(bound["name"])]
        assert _numbers(version) >= _numbers(bound["least"]), wanted
        assert "--hash=sha256:" in rest, wanted


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]


def test_image_and_service_give_an_orderly_end_the_time_it_needs() -> None:
    service = (ROOT / "deploy" / "gatepost.service").read_text()
    compose = (ROOT / "deploy" / "compose.yaml").read_text()

    stops = [re.search(r"TimeoutStopSec=(\d+)", service), re.search(r"stop_grace_period: (\d+)s", compose)]

    assert all(stop is not None and int(stop[1]) > 10 for stop in stops)


def test_a_copy_of_the_example_leaves_the_container_its_volume_and_its_port() -> None:
    compose = (ROOT / "deploy" / "compose.yaml").read_text()
    kept = re.findall(r"^      ([A-Z_]+): \"?([^\s\"]+)", compose, re.M)

    assert {("DATA_DIR", "/data"), ("HTTP_HOST", "0.0.0.0"), ("HTTP_PORT", "8080")} <= set(kept)


def test_what_the_readme_runs_beside_the_service_is_the_same_user_in_the_same_folder() -> None:
    service = (ROOT / "deploy" / "gatepost.service").read_text()
    [beside] = re.findall(r"systemd-run .*", (ROOT / "README.md").read_text())

    for same in ("DynamicUser=yes", "User=gatepost", "StateDirectory=gatepost", "StateDirectoryMode=0700"):
        assert re.search(rf"^{same}$", service, re.M), same
        assert f"-p {same} " in beside, same
    assert "-p WorkingDirectory=/var/lib/gatepost " in beside
    assert "-p EnvironmentFile=/etc/gatepost/env " in beside
