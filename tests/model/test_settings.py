"""The registry of settings: what a word means, and which of several places counts."""

from __future__ import annotations

import pytest

from simtui.errors import UsageError
from simtui.model.settings import SETTINGS, Setting, find, parse, resolve

THEME = find("display.theme")


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.key)
def test_every_setting_can_be_what_it_is_by_default(setting: Setting) -> None:
    assert parse(setting, setting.default) == setting.default
    assert all(parse(setting, choice) == choice for choice in setting.choices)
    assert resolve(setting, {}, {}).source == "default"


def test_keys_and_variables_are_each_there_once() -> None:
    keys = [setting.key for setting in SETTINGS]
    variables = [setting.environment for setting in SETTINGS if setting.environment]
    assert len(set(keys)) == len(keys)
    assert len(set(variables)) == len(variables)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.key)
def test_every_variable_bears_our_name_and_every_setting_says_what_it_does(
    setting: Setting,
) -> None:
    assert setting.environment is not None
    assert setting.environment.startswith("SIMTUI_")
    assert setting.environment != "SIMTUI_HOME"  # the home's own
    assert setting.doc.endswith(".")


@pytest.mark.parametrize("word", ["simtui-light", " Simtui-Light ", "SIMTUI-LIGHT"])
def test_a_value_is_read_in_any_case(word: str) -> None:
    assert parse(THEME, word) == "simtui-light"


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("simtui-lite", "Did you mean simtui-light?"),
        ("", "display.theme is one of simtui, simtui-light, simtui-ansi, not"),
        ("\x1b[31m", r"\\x1b\[31m"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_with_the_nearest(word: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse(THEME, word)


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("display.thme", "Did you mean display.theme?"),
        ("theme", "Did you mean display.theme?"),
        ("Display.Theme", "Did you mean display.theme?"),
        ("zzz", "There are: display.theme, display.times, vault.lock_after, import.on_conflict"),
        ("\x1b]0;", r"no setting .\\x1b\]0;"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest(key: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        find(key)


def test_the_flag_goes_before_the_environment_before_the_library_before_the_default() -> None:
    stored = {"display.theme": "simtui-light"}
    environment = {"SIMTUI_THEME": "simtui-ansi"}
    places = [
        resolve(THEME, {}, {}),
        resolve(THEME, stored, {}),
        resolve(THEME, stored, environment),
        resolve(THEME, stored, environment, "simtui"),
    ]
    assert [(place.value, place.source) for place in places] == [
        ("simtui", "default"),
        ("simtui-light", "library"),
        ("simtui-ansi", "environment"),
        ("simtui", "flag"),
    ]


def test_a_word_that_cannot_be_meant_is_passed_over() -> None:
    stored = {"display.theme": "simtui-light"}
    found = resolve(THEME, stored, {"SIMTUI_THEME": "neon"}, "")
    assert (found.value, found.source) == ("simtui-light", "library")
    assert resolve(THEME, {"display.theme": "neon"}, {}).source == "default"
