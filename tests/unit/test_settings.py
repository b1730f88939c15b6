"""What the operator sets: read once, refused in one sentence, never repeated where it is secret."""

import os
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from bot.cli.serving import is_demo
from bot.errors import StartError
from bot.settings import Settings, read_settings


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTP_PORT", "eighty"),
        ("HTTP_PORT", "70000"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
        ("PLAYGROUND", "maybe"),
        ("PLAYGROUND_PASSWORD", "short"),
        ("AI_GATEWAY_BASE_URL", "ftp://example.org"),
        ("DATABASE_URL", "mysql://x"),
        ("ADMINS", "ada"),
        ("ALLOWED_WORKSPACES", "my team"),
        ("BUDGET_PER_DAY", "a lot"),
        ("BUDGET_PER_DAY", "nan"),
        ("BUDGET_PER_PERSON_PER_DAY", "-1"),
        ("BUDGET_MODEL", "two words"),
        ("DEFAULT_MODEL", "two words"),
        ("FALLBACK_MODELS", "acme/alpha two/words"),
        ("FALLBACK_MODELS", ",".join(f"acme/alpha-{n}" for n in range(9))),
        ("SLACK_BOT_TOKEN", "xapp-1-swapped"),
        ("SLACK_APP_TOKEN", "xoxb-1-swapped"),
        ("SLACK_SIGNING_SECRET", "short"),
        ("SLACK_API_BASE_URL", "slack.com"),
    ],
)
def test_a_malformed_value_is_refused_in_one_sentence_that_names_the_variable_and_hides_the_value(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(StartError) as refused:
        read_settings(None)

    assert refused.value.said.startswith(f"{name} is not valid")
    assert value not in refused.value.said
    assert refused.value.said.count("\n") == 0


@pytest.mark.parametrize(("typed", "days"), [("", 90), ("1", 1), ("off", None), (" OFF ", None)])
def test_messages_are_kept_for_ninety_days_unless_it_is_set(
    typed: str, days: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RETENTION_DAYS", typed)

    assert read_settings(None).retention_days == days


def test_the_env_file_is_read_and_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = tmp_path / ".env"
    written.write_text("HTTP_PORT=1234\nLOG_LEVEL=debug\nSOMETHING_ELSE=1\nDEFAULT_MODEL=\n")
    monkeypatch.setenv("HTTP_PORT", "4321")

    settings = read_settings(str(written))

    assert (settings.http_port, settings.log_level, settings.default_model) == (4321, "debug", None)


def test_without_any_credential_the_built_in_gateway_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = read_settings(None).demo
    monkeypatch.setenv("AI_GATEWAY_BASE_URL", "http://127.0.0.1:11434/v1")
    elsewhere = read_settings(None).demo
    monkeypatch.delenv("AI_GATEWAY_BASE_URL")
    monkeypatch.setenv("AI_GATEWAY_API_KEY", "key")
    keyed = read_settings(None).demo

    assert (alone, elsewhere, keyed) == (True, False, False)


@pytest.mark.parametrize(
    "written", ["", "AI_GATEWAY_API_KEY=k", "AI_GATEWAY_BASE_URL=http://127.0.0.1:1/v1", "HTTP_PORT=1"]
)
@pytest.mark.parametrize(
    "set_now",
    [
        {},
        {"VERCEL_OIDC_TOKEN": "t"},
        {"AI_GATEWAY_API_KEY": ""},
        {"AI_GATEWAY_BASE_URL": "http://127.0.0.1:1/v1"},
        {"VERCEL_OIDC_TOKEN_FILE": "token"},
    ],
)
def test_the_light_guess_at_the_demo_is_right(
    set_now: dict[str, str], written: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text(written)
    (tmp_path / "token").write_text("t")
    monkeypatch.chdir(tmp_path)
    for name, value in set_now.items():
        monkeypatch.setenv(name, value)

    assert is_demo(os.environ, str(env_file)) == read_settings(str(env_file)).demo


def test_the_example_file_as_it_stands_starts_the_playground() -> None:
    settings = read_settings(str(Path(__file__).parents[2] / ".env.example"))

    assert settings.demo
    assert settings == Settings(_env_file=None)


def test_a_secret_may_stand_in_a_file_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text("vck_from_file\n")
    written = tmp_path / ".env"
    written.write_text(f"AI_GATEWAY_API_KEY_FILE={tmp_path / 'key'}\n")
    monkeypatch.setenv("AI_GATEWAY_API_KEY", "")

    settings = read_settings(str(written))

    assert settings.ai_gateway_api_key is not None
    assert settings.ai_gateway_api_key.get_secret_value() == "vck_from_file"
    assert "vck_from_file" in settings.secrets


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "which can't be read: No such file or directory."),
        (b" \n", "which is empty."),
        (b"\xff\xfe", "which is not text."),
        (b"x" * 70_000, "which is too large for a secret."),
    ],
)
def test_a_secrets_file_that_holds_none_stops_the_start_by_name(
    content: bytes | None, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "key"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv("AI_GATEWAY_API_KEY_FILE", str(path))

    with pytest.raises(StartError, match=re.escape(f"AI_GATEWAY_API_KEY_FILE names {path}, {said}")):
        read_settings(None)


def test_a_secret_that_is_given_twice_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AI_GATEWAY_API_KEY", "a")
    monkeypatch.setenv("AI_GATEWAY_API_KEY_FILE", __file__)

    with pytest.raises(StartError, match="AI_GATEWAY_API_KEY and AI_GATEWAY_API_KEY_FILE are both set"):
        read_settings(None)


def test_secrets_are_not_in_the_settings_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AI_GATEWAY_API_KEY", "vck_very_secret")
    monkeypatch.setenv("PLAYGROUND_PASSWORD", "open-sesame")

    settings = read_settings(None)

    assert "vck_very_secret" not in repr(settings)
    assert "open-sesame" not in repr(settings)
    assert set(settings.secrets) == {"vck_very_secret", "open-sesame"}


def test_the_logins_in_addresses_are_secrets_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AI_GATEWAY_BASE_URL", "https://ada:p%40ss-word@gate.example/v1")
    monkeypatch.setenv("DATABASE_URL", "postgresql://bot:db-word@db.example/x")

    assert set(read_settings(None).secrets) == {
        "ada:p%40ss-word",
        "p%40ss-word",
        "p@ss-word",
        "bot:db-word",
        "db-word",
    }


def test_an_address_with_an_at_sign_in_its_path_holds_no_login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AI_GATEWAY_BASE_URL", "https://gate.example/@team/v1")

    assert read_settings(None).secrets == ()


@pytest.mark.parametrize("read", [read_settings, lambda name: is_demo({}, name)])
@pytest.mark.parametrize(
    ("written", "line"),
    [
        ('AI_GATEWAY_API_KEY="sk-unclosed\n', 1),
        ("# mine\n\nHTTP_PORT=1\n\n\nAI_GATEWAY_API_KEY sk-no-equals\n", 6),
        ('AI_GATEWAY_API_KEY="sk-unclosed\nDEFAULT_MODEL="a/b"\n', 1),
    ],
)
def test_a_malformed_line_stops_the_start_by_its_number_instead_of_dropping_the_key(
    read: Callable[[str], object],
    written: str,
    line: int,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text(written)

    with pytest.raises(StartError) as refused:
        read(str(env_file))

    assert refused.value.said == f"Line {line} of {env_file} has to be NAME=value, with every quote closed."
    assert caplog.records == []


@pytest.mark.parametrize("read", [read_settings, lambda name: is_demo({}, name)])
def test_a_file_that_is_no_utf_8_is_refused_in_a_sentence(read: Callable[[str], object], tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_bytes("AI_GATEWAY_API_KEY=clé".encode("latin-1"))

    with pytest.raises(StartError) as refused:
        read(str(env_file))

    assert refused.value.said == f"The file {env_file} is not text in UTF-8. Save it as UTF-8."


def test_the_mark_that_windows_puts_before_a_file_hides_no_key(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("AI_GATEWAY_API_KEY=k", encoding="utf-8-sig")

    assert not is_demo({}, str(env_file))
    assert not read_settings(str(env_file)).demo


def test_people_are_listed_with_their_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMINS", "discord:12, slack:U1 ,")

    assert read_settings(None).admins == ("discord:12", "slack:U1")


def test_every_setting_stands_in_the_example_file_with_a_comment() -> None:
    example = (Path(__file__).parents[2] / ".env.example").read_text().splitlines()
    named = {line.lstrip("# ").split("=")[0]: index for index, line in enumerate(example) if "=" in line}

    for field in Settings.model_fields:
        index = named.get(field.upper())
        assert index is not None, f"{field.upper()} is missing"
        assert example[index - 1].startswith("# "), f"{field.upper()} has no comment"


@pytest.mark.parametrize(
    ("written", "amount"),
    [("5", Decimal(5)), ("$0.50", Decimal("0.5")), ("0", Decimal(0)), ("Off", None), ("", Decimal(1))],
)
def test_a_budget_is_an_amount_of_dollars_or_off(
    monkeypatch: pytest.MonkeyPatch, written: str, amount: Decimal | None
) -> None:
    monkeypatch.setenv("BUDGET_PER_PERSON_PER_DAY", written)

    assert read_settings(None).budget_per_person_per_day == amount


def test_budgets_hold_from_the_first_start() -> None:
    settings = read_settings(None)

    assert (settings.budget_per_day, settings.budget_per_person_per_day) == (Decimal(5), Decimal(1))


def test_fallback_models_are_a_list_that_may_be_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FALLBACK_MODELS", " acme/alpha-1, zeta/fast-3,acme/alpha-1,")
    assert read_settings(None).fallback_models == ("acme/alpha-1", "zeta/fast-3")

    monkeypatch.setenv("FALLBACK_MODELS", "none")
    assert read_settings(None).fallback_models == ()


@pytest.mark.parametrize(
    "held",
    [
        "sk-canary-1234",
        "[]",
        "{}",
        '{"acme": {"apiKey": "sk-canary-1234"}}',
        '{"acme": []}',
        '{"acme": ["sk-canary-1234"]}',
        '{"sk canary 1234": [{"apiKey": "x"}]}',
    ],
)
def test_a_malformed_file_of_keys_stops_the_start_and_nothing_of_it_is_repeated(
    held: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "byok.json"
    file.write_text(held)
    monkeypatch.setenv("BYOK_FILE", str(file))

    with pytest.raises(StartError, match="BYOK_FILE") as refused:
        _ = read_settings(None).byok

    assert "canary" not in refused.value.said
    assert "canary" not in str(refused.value.__cause__), "a traceback would show it"


def test_a_file_of_keys_that_is_not_there_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BYOK_FILE", "/nowhere/byok.json")

    with pytest.raises(StartError, match="can't be read"):
        _ = read_settings(None).secrets


def test_providers_own_keys_count_as_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "byok.json"
    file.write_text('{"acme": [{"apiKey": "sk-canary-1234"}], "vertex": [{"google": {"key": "canary-5678"}}]}')
    monkeypatch.setenv("BYOK_FILE", str(file))

    assert {"sk-canary-1234", "canary-5678"} <= set(read_settings(None).secrets)


def test_half_of_slacks_credentials_are_refused_with_the_other_half_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1-2-three")
    with pytest.raises(StartError, match="SLACK_APP_TOKEN is missing"):
        read_settings(None)
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-1-2-three")
    assert read_settings(None).platforms == ("slack",)
    monkeypatch.delenv("SLACK_BOT_TOKEN")
    with pytest.raises(StartError, match="SLACK_BOT_TOKEN is missing"):
        read_settings(None)
