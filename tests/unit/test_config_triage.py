"""The section `triage` of the configuration file, and what `config check` says of it."""

import pytest

from escalation_bridge.config.loading import load_triage
from escalation_bridge.errors import ConfigurationError

GOOD = """
triage:
  off: [by_phone]
  signals: {spill: ["~spill", "tumpah"], acid: ["acid|asam"]}
  rules:
    - {name: acid_spilled, kind: safety, all: [spill, acid], near: 4, says: {en: acid was spilled}}
"""


def test_a_good_section(tmp_path):
    file = tmp_path / "bridge.yaml"
    file.write_text(GOOD)
    settings = load_triage(file)
    assert settings.rules[0].name == "acid_spilled"
    assert load_triage(_written(tmp_path, "bridge: {}\n")).rules == ()


def _written(folder, text):
    file = folder / "other.yaml"
    file.write_text(text)
    return file


@pytest.mark.parametrize(
    ("section", "line", "problem"),
    [
        ("{off: [by_phon]}", 1, "did you mean `by_phone`"),
        ("{signals: {a: ['... fire']}}", 1, "begins or ends with `...`"),
        ("{signals: {a: ['@nothing']}}", 1, "there is no list `@nothing`"),
        ("{idioms: ['fire [tv]']}", 1, "begins or ends with a word in brackets"),
        ("{rules: [{name: a, kind: safety, all: [brning]}]}", 1, "there is no signal `brning`; did you mean `burning`"),
        ("{rules: [{name: a, kind: danger, all: [burning]}]}", 1, "safety"),
        ("{rules: [{name: a, kind: safety}]}", 1, "can never fire: it names no signal and no fact"),
        ("{rules: [{name: a, kind: safety, all: [burning], unless: [burning]}]}", 1, "required by `all` and forbidden by `unless`"),
        ("{rules: [{name: a, kind: safety, all: [burning, drill]}]}", 1, "the veto `drill` always applies"),
        ("{rules: [{name: a, kind: safety, all: [burning, burning]}]}", 1, "names a signal twice"),
        ("{signals: {a: []}, rules: [{name: a, kind: safety, all: [a]}]}", 1, "has no patterns"),
        ("{rules: [{name: a, kind: safety, all: [burning]}, {name: a, kind: safety, all: [burning]}]}", 1, "written twice"),
        ("{off: [smoking], rules: [{name: a, kind: safety, all: [smoking]}]}", 1, "there is no signal `smoking`"),
        ("{threshld: 5}", 1, "threshold"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_found_with_its_line(tmp_path, section, line, problem):
    with pytest.raises(ConfigurationError) as refused:
        load_triage(_written(tmp_path, f"triage: {section}\n"))
    assert problem in str(refused.value)
    assert f"other.yaml:{line}" in str(refused.value)
