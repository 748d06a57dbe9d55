"""Settings: from the environment, then from what was given; what cannot be is told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from coldreel.errors import SettingsError
from coldreel.settings import PREFIX, Settings


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)


def test_nothing_need_be_set() -> None:
    settings = Settings.load()
    assert (settings.provider, settings.host, settings.database_url) == ("auto", "127.0.0.1", None)
    assert settings.workers >= 1


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_can_be_set_by_its_variable(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    values = {
        "data_dir": "/somewhere/else", "database_url": "postgresql:///x", "provider": "other", "host": "::1",
        "api_key": "sixteen letters!", "show_again": "false", "batch": "true",
        "openai_takes_video": "true", "hwaccel": "auto", "child_memory_mb": "777",
        "with_sound": "true", "random_share": "0.17",
    }  # fmt: skip
    value = values.get(name, "17")
    monkeypatch.setenv(PREFIX + name.upper(), value)
    found = getattr(Settings.load(), name)
    assert (str(found).lower() if isinstance(found, bool) else str(found)).removesuffix(".0") == value


def test_what_is_given_beats_the_environment_and_none_gives_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLDREEL_PORT", "1111")
    monkeypatch.setenv("COLDREEL_HOST", "::1")
    settings = Settings.load(port=2222, host=None)
    assert (settings.port, settings.host) == (2222, "::1")


def test_a_home_folder_is_found_whoever_wrote_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setenv("COLDREEL_DATA_DIR", "~/reel")
    assert Settings.load().data_dir == Path("/home/ada/reel")
    monkeypatch.setenv("COLDREEL_DATA_DIR", "~nobody-has-this-name/reel")
    with pytest.raises(SettingsError, match="COLDREEL_DATA_DIR"):
        Settings.load()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "65536"),
        ("PORT", "http"),
        ("WORKERS", "0"),
        ("LEASE_S", "0"),
        ("LEASE_S", "-1"),
        ("CHILD_MEMORY_MB", "16"),
        ("SHOW_AGAIN", "perhaps"),
        ("PAGE_SIZE", ""),
    ],
)
def test_a_value_that_cannot_be_names_its_variable(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(SettingsError, match=f"{PREFIX}{name} is {value!r}"):
        Settings.load()


@pytest.mark.parametrize(
    ("name", "told"), [("COLDREEL_WORKER", "COLDREEL_WORKERS"), ("COLDREEL_DATADIR", "COLDREEL_DATA_DIR")]
)
def test_a_misspelt_variable_is_not_passed_over(
    name: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "1")
    with pytest.raises(SettingsError, match=told):
        Settings.load()


def test_a_variable_like_no_other_gets_the_whole_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLDREEL_ZZZ", "1")
    with pytest.raises(SettingsError, match=r"known are COLDREEL_API_KEY, .*COLDREEL_WORKERS"):
        Settings.load()


def test_a_key_that_cannot_be_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLDREEL_API_KEY", "tooshort")
    with pytest.raises(SettingsError, match=r"COLDREEL_API_KEY is not usable: .*16") as told:
        Settings.load()
    assert "tooshort" not in str(told.value)


def test_a_process_started_with_exported_settings_has_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings.load(
        data_dir=Path("/some where"), workers=3, show_again=False, lease_s=2.5, api_key="0123456789abcdef"
    )
    for name, value in settings.exported().items():
        monkeypatch.setenv(name, value)
    assert Settings.load() == settings


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().port = 1  # type: ignore[misc]
