"""What of the SDK is not needed is not executed, and is there for whoever asks for it."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.gateway.deferral import defer

_BUILD = """
import asyncio, sys, time
from bot.gateway.transport import Transport

async def key():
    return "key"

async def main():
    transport = Transport(base_url="http://127.0.0.1:1/v1", credential=key, clock=time.time, connect_timeout=1.0)
    await transport.warm()
    print(len([name for name in sys.modules if name.startswith("openai.types.responses")]))
    await transport.close()

asyncio.run(main())
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, said in {"": "", ".inner": "from deferral_case.inner.leaf import LEAF\nNAME = 'inner'\n"}.items():
        directory = tmp_path / f"deferral_case{name}".replace(".", "/")
        directory.mkdir()
        (directory / "__init__.py").write_text(said)
    (tmp_path / "deferral_case/inner/leaf.py").write_text("LEAF = 'leaf'\n")
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("deferral_case", "deferral_case.inner", "deferral_case.inner.leaf"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return "deferral_case.inner"


def test_a_deferred_package_is_executed_when_a_name_is_taken_from_it(package: str) -> None:
    defer(package)
    from deferral_case import inner  # type: ignore[import-not-found]

    assert "NAME" not in vars(inner)
    assert f"{package}.leaf" not in sys.modules
    assert inner.NAME == "inner"
    assert inner.LEAF == "leaf"
    with pytest.raises(AttributeError, match="nothing"):
        _ = inner.nothing


def test_submodules_of_a_deferred_package_are_imported_without_it(package: str) -> None:
    defer(package)
    from deferral_case.inner.leaf import LEAF  # type: ignore[import-not-found]

    assert LEAF == "leaf"
    assert "NAME" not in vars(sys.modules[package])


def test_what_is_not_there_is_not_deferred(package: str) -> None:
    defer(f"{package}.nowhere.at_all")

    assert not [name for name in sys.modules if "nowhere" in name]


def test_the_sdk_is_built_without_what_only_its_resources_need() -> None:
    done = subprocess.run([sys.executable, "-c", _BUILD], capture_output=True, text=True, check=True)

    assert int(done.stdout) < 10
