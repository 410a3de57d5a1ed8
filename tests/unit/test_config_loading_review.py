"""One report about a whole file: models chosen at run time for parts of it, and cross-checks of one's own."""

from typing import Any

import pytest
from pydantic import Field

from escalation_bridge.configfile import Document, InvalidConfiguration, Review, load_document, validate
from escalation_bridge.errors import ConfigurationError
from escalation_bridge.plugin.settings import ConnectionSettings, Secret, Settings


class Route(Settings):
    to: str
    statuses: dict[str, str] = Field(default_factory=dict)


class Bridge(Settings):
    connections: dict[str, Any]
    routes: list[Route] = Field(default_factory=list)


class Zendesk(ConnectionSettings):
    url: str
    webhook_secrets: tuple[Secret, ...] = ()


class Jira(ConnectionSettings):
    project: str


MODELS = {"zendesk": Zendesk, "jira": Jira}

CONFIGURATION = """\
connections:
  support:
    plugin: zendesk
    webhook_secret: ${HOOK}
  jira:
    plugin: ${PLUGIN}
    project: 10001
  desk: {plugin: freshdeks}
routes:
  - to: jra
    statuses: {in progres: open}
  - to: ${TARGET}
  - too: jira
"""


@pytest.fixture
def load(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def load_text(text: str, **environ: str) -> Document:
        (tmp_path / "bridge.yaml").write_text(text, encoding="utf-8")
        return load_document("bridge.yaml", environ)

    return load_text


def test_everything_that_is_wrong_is_told_in_one_report(load):
    document = load(CONFIGURATION, PLUGIN="jira", HOOK="h00k-value", TARGET="nowhere-at-all")
    review = Review(document)
    assert review.read(Bridge) is None
    connections = document.keys(("connections",))
    assert connections == ("support", "jira", "desk")
    for name in connections:
        plugin = document.value(("connections", name, "plugin"))
        if plugin in MODELS:
            review.read(MODELS[plugin], at=("connections", name))
        else:
            review.report_unknown(("connections", name, "plugin"), "plugin", [*MODELS, "freshdesk"])
    for at in (0, 1):
        review.report_unknown(("routes", at, "to"), "connection", connections)
    review.report_unknown(
        ("routes", 0, "statuses", "in progres"), "status", ["in progress", "done"], of_key=True
    )
    review.report(("routes",), "no route leads to `desk`")
    with pytest.raises(ConfigurationError) as caught:
        review.finish()
    assert str(caught.value).split("\n") == [
        "bridge.yaml:3:5: connections.support.url: missing",
        (
            "bridge.yaml:4:5: connections.support.webhook_secret: unknown key `webhook_secret`; did you mean "
            "`webhook_secrets`? known here: `enabled`, `language`, `max_webhook_mb`, `native_clocks`, `plugin`, `timeouts`, `url`, "
            "`webhook_secrets`"
        ),
        "bridge.yaml:7:14: connections.jira.project: found 10001; allowed: text, so in quotes: '10001'",
        (
            "bridge.yaml:8:18: connections.desk.plugin: unknown plugin `freshdeks`; did you mean `freshdesk`? "
            "known: `freshdesk`, `jira`, `zendesk`"
        ),
        "bridge.yaml:10:3: routes: no route leads to `desk`",
        (
            "bridge.yaml:10:9: routes[0].to: unknown connection `jra`; did you mean `jira`? "
            "known: `desk`, `jira`, `support`"
        ),
        (
            "bridge.yaml:11:16: routes[0].statuses['in progres']: unknown status `in progres`; did you mean "
            "`in progress`? known: `done`, `in progress`"
        ),
        (
            "bridge.yaml:12:9: routes[1].to: the value of `${TARGET}` names no connection; "
            "known: `desk`, `jira`, `support`"
        ),
        "bridge.yaml:13:5: routes[2].to: missing",
        "bridge.yaml:13:5: routes[2].too: unknown key `too`; did you mean `to`? known here: `statuses`, `to`",
    ]


def test_what_is_valid_is_returned_and_a_clean_review_raises_nothing(load):
    document = load("connections: {j: {plugin: jira, project: X}}\nroutes: [{to: j}]")
    review = Review(document)
    bridge = review.read(Bridge)
    jira = review.read(Jira, at=("connections", "j"))
    assert bridge is not None
    assert bridge.routes == [Route(to="j")]
    assert jira is not None
    assert jira.project == "X"
    assert review.read(dict[str, dict[str, str]], at=("connections",)) == {
        "j": {"plugin": "jira", "project": "X"}
    }
    review.finish()
    assert validate(document, Jira, at=("connections", "j")) == jira


def test_types_that_are_no_models_can_be_asked_for_too(load):
    with pytest.raises(InvalidConfiguration) as caught:
        validate(load("a: {b: [1, x]}"), dict[str, list[int]], at=("a",))
    assert str(caught.value) == "bridge.yaml:1:12: a.b[1]: found 'x'; allowed: a whole number"


def test_a_part_that_is_not_there_is_told_like_an_empty_one(load):
    document = load("routes:\n  - to: x")
    with pytest.raises(InvalidConfiguration) as caught:
        validate(document, Route, at=("routes", 7))
    assert (
        str(caught.value)
        == "bridge.yaml:2:3: routes[7]: found nothing; allowed: a mapping (`key: value` lines)"
    )


def test_nothing_is_said_about_a_value_that_could_not_be_read(load):
    document = load("connections: {support: {plugin: '${NOPE}', url: x}}\nroutes: [{to: '${NOPE}'}, {to: a}]")
    review = Review(document)
    review.report_unknown(("connections", "support", "plugin"), "plugin", ["zendesk"])
    review.report(("routes", 0), "leads nowhere")
    review.report(("routes", 1, "to"), "leads nowhere")
    assert [finding.path for finding in review.findings] == [
        "connections.support.plugin",
        "routes[0].to",
        "routes[1].to",
    ]


def test_alternatives_with_a_value_that_could_not_be_read_are_not_guessed(load):
    class Either(Settings):
        one: Zendesk | Jira

    document = load("one: {plugin: '${NOPE}', url: [], project: {}}")
    review = Review(document)
    assert review.read(Either) is None
    assert "NOPE" in str(review.findings[0])


def test_a_report_about_what_is_not_there_stands_at_the_nearest_thing_around_it(load):
    review = Review(load("a:\n  b: 1"))
    review.report(("a", "c", 0, "d"), "should be there")
    review.report(("x",), "should be there")
    assert [str(finding) for finding in review.findings] == [
        "bridge.yaml:2:3: a.c[0].d: should be there",
        "bridge.yaml:1:1: x: should be there",
    ]


def test_the_same_thing_is_told_once(load):
    review = Review(load("a: 1"))
    review.report(("a",), "wrong")
    review.report(("a",), "wrong")
    with pytest.raises(InvalidConfiguration) as caught:
        review.finish()
    assert str(caught.value) == "bridge.yaml:1:4: a: wrong"
