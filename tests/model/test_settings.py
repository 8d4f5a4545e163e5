"""The registry of settings: what a word means, and which of several places counts."""

from __future__ import annotations

import pytest

from simtui.errors import UsageError
from simtui.model.retention import Policy
from simtui.model.settings import SETTINGS, Setting, find, number, parse, resolve

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
        (
            "",
            "is one of simtui, simtui-light, simtui-ansi, simtui-safe, or themes/NAME, not",
        ),
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
        (
            "zzz",
            "There are: display.theme, display.times, display.mouse, vault.lock_after",
        ),
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


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("themes/Mine.toml", "themes/Mine.toml"),
        ("themes/..", None),
        ("mine", None),
        ("themes/a/b", None),
    ],
)
def test_a_theme_of_ones_own_is_a_name_in_its_folder(text: str, value: str | None) -> None:
    assert THEME.meant(text) == value


def test_a_word_that_cannot_be_meant_is_passed_over() -> None:
    stored = {"display.theme": "simtui-light"}
    found = resolve(THEME, stored, {"SIMTUI_THEME": "neon"}, "")
    assert (found.value, found.source) == ("simtui-light", "library")
    assert resolve(THEME, {"display.theme": "neon"}, {}).source == "default"


DAYS = find("keep.trash_days")


@pytest.mark.parametrize(
    ("text", "value"), [("0", "0"), (" 030 ", "30"), ("36500", "36500"), ("Forever", "forever")]
)
def test_a_number_is_kept_as_one(text: str, value: str) -> None:
    assert parse(DAYS, text) == value


@pytest.mark.parametrize("text", ["36501", "-1", "1.5", "1e3", "٣", "", "9" * 400, "thirty"])
def test_what_is_no_number_that_may_be_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is a whole number, 0 to 36500, or forever, not"):
        parse(DAYS, text)
    assert resolve(DAYS, {"keep.trash_days": text}, {}).source == "default"


def test_a_number_in_force_is_one_and_a_word_is_none() -> None:
    assert number("keep.trash_days", {}, {}) is None
    assert number("keep.trash_days", {"keep.trash_days": "30"}, {}) == 30
    environment = {"SIMTUI_KEEP_TRASH_DAYS": "7"}
    assert number("keep.trash_days", {"keep.trash_days": "30"}, environment) == 7
    assert number("keep.trash_days", {"keep.trash_days": "30"}, environment, "forever") is None


def test_the_policy_is_what_the_settings_say() -> None:
    assert Policy.of({}, {}) == Policy(last=0, daily=7, weekly=4, monthly=12, yearly=0)
    stored = {f"backup.keep_{rule}": str(n) for n, rule in enumerate(Policy.__slots__, 1)}
    assert Policy.of(stored, {"SIMTUI_KEEP_WEEKLY": "9"}) == Policy(1, 2, 9, 4, 5)
