"""The JSON Schema for editors accepts what the bridge accepts, and says what each setting is for."""

from datetime import time
from typing import Annotated, Any, Literal

import pytest
from jsonschema import Draft202012Validator
from pydantic import Field, SecretStr, StringConstraints
from ruamel.yaml import YAML

from escalation_bridge.configfile import json_schema
from escalation_bridge.plugin.settings import ConnectionSettings, Secret, Settings


class Note(Settings):
    kind: Literal["note"]
    text: str


class Raise(Settings):
    kind: Literal["raise"]
    by: int = 1


class Route(Settings):
    """Where escalated tickets go."""

    to: str
    steps: list[Annotated[Note | Raise, Field(discriminator="kind")]] = Field(default_factory=list)


class Bridge(Settings):
    """The whole file."""

    port: Annotated[int, Field(ge=1, le=65535)] = 8080
    """Where webhooks are received."""
    opens: time | None = None
    """When the working day begins."""
    language: Literal["en", "id"] = "en"
    connections: dict[Annotated[str, StringConstraints(pattern="^[a-z]+$")], Any]
    """The accounts."""
    routes: list[Route] = Field(default_factory=list)


class Zendesk(ConnectionSettings):
    """A Zendesk account."""

    subdomain: Annotated[str, Field(pattern="^[a-z0-9-]+$")]
    token: Secret
    webhook_secrets: tuple[Secret, ...] = ()
    old: SecretStr | None = None
    """The token before, while it is replaced."""


class Jira(ConnectionSettings):
    url: str


EXAMPLE = """\
port: ${PORT}
opens: 09:00
language: ${LANGUAGE}
connections:
  support:
    plugin: zendesk
    subdomain: ${SUBDOMAIN}
    token: file:/run/secrets/zendesk
    webhook_secrets: ["${HOOK}", "Bearer ${HOOK}"]
    timeouts: {connect: 3, read: "${READ}"}
    enabled: false
  jira:
    plugin: jira
    url: https://example.atlassian.net
routes:
  - to: jira
    steps:
      - {kind: note, text: hello}
      - {kind: raise, by: "${BY}"}
"""


@pytest.fixture(scope="module")
def schema():
    return json_schema(Bridge, {"zendesk": Zendesk, "jira": Jira})


@pytest.fixture
def mistakes(schema):
    def check(text: str) -> list[str]:
        written = YAML(typ="safe").load(text)
        return [error.json_path for error in Draft202012Validator(schema).iter_errors(written)]

    return check


def test_it_is_a_json_schema_of_the_present_dialect(schema):
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)


def test_an_example_with_references_everywhere_is_valid(mistakes):
    assert mistakes(EXAMPLE) == []


@pytest.mark.parametrize(
    ("right", "wrong", "where"),
    [
        ("port: ${PORT}", "port: 0", "$.port"),
        ("port: ${PORT}", "port: $${PORT}", "$.port"),
        ("language: ${LANGUAGE}", "language: de", "$.language"),
        ("language: ${LANGUAGE}", "langauge: en", "$"),
        ("enabled: false", "enabled: perhaps", "$.connections.support.enabled"),
        ("subdomain: ${SUBDOMAIN}", "subdomain: A B", "$.connections.support.subdomain"),
        ("file:/run/secrets/zendesk", "hunter2", "$.connections.support.token"),
        ('"${HOOK}", ', "hunter2, ", "$.connections.support.webhook_secrets[0]"),
        (
            "    url: https://example.atlassian.net",
            "    uri: https://example.atlassian.net",
            "$.connections.jira",
        ),
        ("plugin: jira", "plugin: jra", "$.connections.jira.plugin"),
        ("  jira:\n", "  JIRA:\n", "$.connections"),
        ("kind: note", "kind: nota", "$.routes[0].steps[0]"),
    ],
)
def test_mistakes_are_found_where_they_are(mistakes, right, wrong, where):
    assert right in EXAMPLE
    assert where in mistakes(EXAMPLE.replace(right, wrong))


def test_it_says_what_settings_are_for(schema):
    assert schema["description"] == "The whole file."
    assert schema["properties"]["port"]["description"] == "Where webhooks are received."
    assert schema["properties"]["port"]["default"] == 8080
    assert schema["properties"]["connections"]["description"] == "The accounts."
    assert schema["$defs"]["Route"]["description"] == "Where escalated tickets go."
    token = schema["$defs"]["Zendesk"]["properties"]["token"]
    assert "${NAME} or file:/path" in token["description"]
    assert token["type"] == "string"
    assert "title" not in token
    old = schema["$defs"]["Zendesk"]["properties"]["old"]
    assert old["description"] == "The token before, while it is replaced."


def test_models_of_the_same_name_do_not_mix(schema):
    def jira_of_another_plugin() -> type[ConnectionSettings]:
        class Jira(ConnectionSettings):
            server: str

        return Jira

    schema = json_schema(Bridge, {"jira": Jira, "other": jira_of_another_plugin()})
    Draft202012Validator.check_schema(schema)
    connections = {"a": {"plugin": "jira", "url": "x"}, "b": {"plugin": "other", "server": "x"}}
    Draft202012Validator(schema).validate({"connections": connections})


def test_a_bridge_without_plugins_has_a_schema_too():
    Draft202012Validator.check_schema(json_schema(Bridge, {}))
