"""What the operator sets, by environment variable or in `.env`: read once, checked whole."""

import os
import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import unquote

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.byok import read_byok, secrets_in
from bot.envfile import ENCODING, in_effect, read_env_file
from bot.errors import StartError
from bot.secretfiles import read_secret_files

NOTHING_TO_RUN = "PLAYGROUND is off and no other platform is set up, so there is nothing to run."

_SLACK_FORMS = {
    "slack_bot_token": r"(xoxe\.)?xoxb-[!-~]+",
    "slack_app_token": r"xapp-[!-~]+",
    "slack_signing_secret": r"[0-9a-zA-Z]{16,}",
}


class Settings(BaseSettings):
    """Every setting. A field's description completes the sentence "NAME has to be …"."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding=ENCODING, env_ignore_empty=True, extra="ignore", frozen=True
    )

    ai_gateway_api_key: SecretStr | None = Field(
        None, description="a key of the gateway, on one line and without spaces"
    )
    vercel_oidc_token: SecretStr | None = Field(None, description="a token from `vercel env pull`, on one line")
    ai_gateway_base_url: str = Field(
        "https://ai-gateway.vercel.sh/v1", pattern=r"^https?://\S+$", description="an http(s) address"
    )
    default_model: str | None = Field(None, pattern=r"^\S+$", description="a model's id, such as creator/model")
    fallback_models: Annotated[tuple[str, ...] | None, NoDecode] = Field(
        None, max_length=8, description="a list of at most 8 models' ids, such as creator/model,creator/other"
    )
    image_model: str | None = Field(None, pattern=r"^\S+/\S+$", description="the id of a model that draws")
    byok_file: Path | None = Field(None, description="a JSON file")

    budget_per_day: Decimal | None = Field(
        Decimal(5), ge=0, max_digits=12, description="an amount of US dollars such as 5 or 0.50, or off"
    )
    budget_per_person_per_day: Decimal | None = Field(
        Decimal(1), ge=0, max_digits=12, description="an amount of US dollars such as 1 or 0.50, or off"
    )
    budget_model: str | None = Field(None, pattern=r"^\S+$", description="a model's id, such as creator/model")

    discord_bot_token: SecretStr | None = Field(
        None, min_length=20, description="a bot's token from Discord's developer portal, on one line"
    )
    discord_api_base_url: str = Field(
        "https://discord.com/api/v10",
        pattern=r"^https?://\S+/api/v10/?$",
        description="an address ending in /api/v10",
    )
    discord_reply_in: Literal["thread", "place"] = Field("thread", description="thread or place")

    slack_bot_token: SecretStr | None = Field(
        None, description="a bot token, which begins with xoxb- and stands on the app's page “OAuth & Permissions”"
    )
    slack_app_token: SecretStr | None = Field(
        None, description="an app-level token, which begins with xapp- and stands on the app's “Basic Information”"
    )
    slack_signing_secret: SecretStr | None = Field(
        None, description="the signing secret on the app's “Basic Information”: at least 16 letters and digits"
    )
    slack_api_base_url: str = Field(
        "https://slack.com/api/", pattern=r"^https?://\S+$", description="an http(s) address that ends in /api/"
    )

    allowed_workspaces: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="a list such as discord:1234,slack:T12AB"
    )
    admins: Annotated[tuple[str, ...], NoDecode] = Field((), description="a list such as discord:1234,slack:U12AB")

    data_dir: Path = Field(Path("data"), description="a directory")
    database_url: str | None = Field(
        None, pattern=r"^(sqlite|postgresql)", description="sqlite:///path or postgresql://…"
    )
    retention_days: int | None = Field(
        90, ge=1, le=36_500, description="a number of days from 1 to 36500, or off to keep everything"
    )

    http_host: str = Field("127.0.0.1", min_length=1, description="an address to listen on")
    http_port: int = Field(8080, ge=0, le=65535, description="a port number from 0 to 65535")
    playground: Literal["auto", "on", "off"] = Field("auto", description="auto, on or off")
    playground_password: SecretStr | None = Field(None, min_length=8, description="at least 8 characters")
    metrics: Literal["local", "on", "off"] = Field("local", description="local, on or off")

    weather_base_url: str | None = Field(
        None, pattern=r"^https?://\S+$", description="the http(s) address of an Open-Meteo API"
    )
    mcp_config: Path | None = Field(None, description="a file that names MCP servers")

    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="debug, info, warning or error"
    )
    log_format: Literal["text", "json"] | None = Field(None, description="text or json")

    @field_validator("admins", "allowed_workspaces", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        """A comma-separated list of `platform:id`."""
        if not isinstance(value, str):
            return value
        people = tuple(part.strip() for part in value.split(",") if part.strip())
        if not all(platform and separator and name for platform, separator, name in map(_pair, people)):
            raise ValueError("not platform:id")
        return people

    @field_validator("fallback_models", mode="before")
    @classmethod
    def _split_models(cls, value: Any) -> Any:
        """A comma-separated list of ids; `none` is an empty one."""
        if not isinstance(value, str):
            return value
        models = tuple(dict.fromkeys(part.strip() for part in value.split(",") if part.strip()))
        if any(len(model.split()) > 1 for model in models):
            raise ValueError("not a list of ids")
        return () if models == ("none",) else models

    @field_validator("ai_gateway_api_key", "vercel_oidc_token", "discord_bot_token")
    @classmethod
    def _fits_a_header(cls, value: SecretStr | None) -> SecretStr | None:
        secret = value.get_secret_value().strip() if value is not None else ""
        if not secret.isascii() or not secret.isprintable() or " " in secret:
            raise ValueError("no header can carry it")
        return value

    @field_validator("budget_per_day", "budget_per_person_per_day", mode="before")
    @classmethod
    def _amount(cls, value: Any) -> Any:
        """Dollars, perhaps with their sign; `off` is no limit."""
        if not isinstance(value, str):
            return value
        typed = value.strip().lower()
        return None if typed == "off" else typed.removeprefix("$")

    @field_validator("retention_days", mode="before")
    @classmethod
    def _days(cls, value: Any) -> Any:
        """Whole days; `off` is for ever."""
        typed = value.strip().lower() if isinstance(value, str) else value
        return None if typed == "off" else typed

    @field_validator("slack_bot_token", "slack_app_token", "slack_signing_secret")
    @classmethod
    def _is_of_its_kind(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is not None and not re.fullmatch(_SLACK_FORMS[str(info.field_name)], value.get_secret_value()):
            raise ValueError("not of its kind")
        return value

    @field_validator("slack_api_base_url")
    @classmethod
    def _ends_in_a_slash(cls, value: str) -> str:
        return value.rstrip("/") + "/"

    @model_validator(mode="after")
    def _slack_is_whole(self) -> Self:
        """A bot token alone hears nothing, and the other two say nothing without it."""
        ways = self.slack_app_token or self.slack_signing_secret
        if ways is not None and self.slack_bot_token is None:
            raise StartError("SLACK_BOT_TOKEN is missing: Slack needs it beside the app token or signing secret.")
        if self.slack_bot_token is not None and ways is None:
            raise StartError(
                "SLACK_APP_TOKEN is missing: set it for Socket Mode, or SLACK_SIGNING_SECRET for HTTP events."
            )
        return self

    @field_validator("log_level", "log_format", "playground", "metrics", "discord_reply_in", mode="before")
    @classmethod
    def _lower(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

    @property
    def has_credential(self) -> bool:
        """Whether there is a key or a token for the gateway."""
        return bool(self.ai_gateway_api_key or self.vercel_oidc_token)

    @property
    def demo(self) -> bool:
        """Whether the built-in gateway answers: no credential is set, and no address either."""
        return not self.has_credential and "ai_gateway_base_url" not in self.model_fields_set

    @property
    def platforms(self) -> tuple[str, ...]:
        """The chat platforms that have credentials."""
        credentials = {"discord": self.discord_bot_token, "slack": self.slack_bot_token}
        return tuple(name for name, credential in credentials.items() if credential is not None)

    @property
    def shows_page(self) -> bool:
        """Whether the playground is served: where it is wanted, or where there is nothing else."""
        return self.playground == "on" or (self.playground == "auto" and not self.platforms)

    @property
    def database(self) -> str:
        """The database's URL."""
        return self.database_url or f"sqlite:///{self.data_dir / 'gatepost.db'}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be printed."""
        held = (
            self.ai_gateway_api_key,
            self.vercel_oidc_token,
            self.playground_password,
            self.discord_bot_token,
            self.slack_bot_token,
            self.slack_app_token,
            self.slack_signing_secret,
        )
        named = (secret.get_secret_value() for secret in held if secret is not None)
        logins = (*_logins(self.ai_gateway_base_url), *_logins(self.database_url or ""))
        return (*named, *logins, *secrets_in(self.byok))

    @property
    def byok(self) -> Mapping[str, Any] | None:
        """Providers' own credentials, read anew. Raises StartError when the file is not what it has to be."""
        return read_byok(self.byok_file) if self.byok_file is not None else None


def _logins(url: str) -> tuple[str, ...]:
    """What stands before the @ of an address, and the password alone, as written and as it is sent."""
    login, at, _host = url.partition("://")[2].partition("/")[0].rpartition("@")
    password = login.partition(":")[2]
    return tuple(dict.fromkeys(part for part in (login, password, unquote(password)) if at and part))


def _pair(person: str) -> tuple[str, str, str]:
    return person.partition(":")


def read_settings(env_file: str | None = ".env") -> Settings:
    """The settings. Raises StartError with one sentence that names the variable; values are never repeated."""
    written = read_env_file(env_file) if env_file else {}
    secrets = read_secret_files(SECRETS, in_effect(written, os.environ))
    try:
        return Settings(_env_file=env_file if written else None, **dict[str, Any](secrets))
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        raise StartError(_sentence(str(fault["loc"][0]))) from error


SECRETS = tuple(
    name.upper()
    for name, field in Settings.model_fields.items()
    if "SecretStr" in str(field.annotation) or name == "database_url"
)
"""Settings that may stand in a file of their own, whose path is then in NAME_FILE."""


def _sentence(field: str) -> str:
    known = Settings.model_fields.get(field)
    wanted = known.description if known else "something else"
    return f"{field.upper()} is not valid: it has to be {wanted}."
