"""The body that creates, edits and transitions an issue, taken apart."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from escalation_bridge_sandbox.jira.edition import Edition
from escalation_bridge_sandbox.jira.errors import JiraError, field_errors, invalid_payload

KNOWN = frozenset({"fields", "update", "properties", "transition", "historyMetadata"})
PROPERTY_LIMIT = 32768
PROPERTY_KEY_LIMIT = 255


@dataclass(frozen=True)
class Operation:
    """One verb of an `update`: `{"add": "label"}`."""

    verb: str
    value: Any


@dataclass(frozen=True)
class IssueBean:
    """What is to be set. `historyMetadata` is read over, as it changes nothing that can be seen here."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    update: Mapping[str, tuple[Operation, ...]] = field(default_factory=dict)
    properties: Mapping[str, Any] = field(default_factory=dict)
    transition: Mapping[str, Any] | None = None


def read_bean(body: Any, edition: Edition) -> IssueBean:
    """Take a request's body apart.

    Raises:
        JiraError: It has not the shape that Jira reads.
    """
    if not isinstance(body, dict):
        raise _wrong_shape(edition, "IssueUpdateBean")
    if not edition.is_cloud:
        # Cloud reads over unknown properties of the bean, Data Center does not.
        unknown = sorted(set(body) - KNOWN)
        if unknown:
            raise JiraError(
                400,
                f'Unrecognized field "{unknown[0]}" (Class com.atlassian.jira.rest.v2.issue.IssueUpdateBean), '
                "not marked as ignorable",
            )
    fields, update, transition = body.get("fields"), body.get("update"), body.get("transition")
    for part in (fields, update, transition):
        if part is not None and not isinstance(part, dict):
            raise _wrong_shape(edition, "LinkedHashMap")
    bean = IssueBean(
        fields or {},
        {name: _operations(name, verbs, edition) for name, verbs in (update or {}).items()},
        read_properties(body.get("properties"), edition),
        transition,
    )
    both = sorted(set(bean.fields) & set(bean.update))
    if both:
        message = "Field '{}' cannot appear in both 'fields' and 'update'"
        raise field_errors({name: message.format(name) for name in both})
    return bean


def read_properties(value: Any, edition: Edition) -> dict[str, Any]:
    """Entity properties as a list of key and value.

    Raises:
        JiraError: It is no such list, or one of them is too long.
    """
    if value is None:
        return {}
    if not isinstance(value, list):
        raise _wrong_shape(edition, "ArrayList")
    properties: dict[str, Any] = {}
    for each in value:
        if (
            not isinstance(each, dict)
            or not set(each) <= {"key", "value"}
            or not isinstance(each.get("key"), str)
        ):
            raise _wrong_shape(edition, "EntityPropertyBean")
        check_property_key(each["key"])
        properties[each["key"]] = each.get("value")
    return properties


def check_property_key(key: str) -> None:
    if not key or len(key) > PROPERTY_KEY_LIMIT:
        raise JiraError(
            400, f"The property key has to be between 1 and {PROPERTY_KEY_LIMIT} characters long."
        )


def _operations(name: str, verbs: Any, edition: Edition) -> tuple[Operation, ...]:
    if not isinstance(verbs, list):
        raise _wrong_shape(edition, "ArrayList")
    operations: list[Operation] = []
    for each in verbs:
        if not isinstance(each, dict):
            raise _wrong_shape(edition, "FieldOperation")
        if len(each) != 1:
            raise field_errors({name: "Field update must have exactly one operation"})
        [(verb, value)] = each.items()
        operations.append(Operation(verb, value))
    return tuple(operations)


def _wrong_shape(edition: Edition, java_type: str) -> JiraError:
    if edition.is_cloud:
        return invalid_payload()
    return JiraError(400, f"Can not deserialize instance of {java_type} out of the given token")
