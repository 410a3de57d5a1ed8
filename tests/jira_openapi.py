"""Holds requests and answers of Jira Cloud against Atlassian's own API descriptions.

The descriptions are not a part of this repository. They are looked for in the folder that the environment variable
`ESCALATION_BRIDGE_SPECS` names, then in `shared/specs` beside the repository. In tests use the fixture
`jira_openapi`, which skips where they are missing.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jsonschema import Draft4Validator, Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

VARIABLE = "ESCALATION_BRIDGE_SPECS"
BESIDE = Path(__file__).resolve().parents[2] / "shared" / "specs"
PLATFORM = "jira-cloud-v3.openapi.json"
SERVICE_DESK = "jira-service-management.openapi.json"
DOCUMENT_FORMAT = "adf.schema.json"
# Described as one thing, while the description's own example is a list of it.
LISTS = frozenset({("get", "/rest/api/3/issue/{issueIdOrKey}/remotelink")})
# Bodies beside the schema that the operation's own text describes: "`null`, the issue is set to unassigned".
ALSO_SAID = (("put", "/rest/api/3/issue/{issueIdOrKey}/assignee", {"accountId": None}),)
# Read over when a path is looked up: the prefix of requests through the API gateway.
GATEWAY = re.compile(r"^/ex/jira/[^/]+")


class SpecsMissingError(Exception):
    """The API descriptions are not on this machine."""


class ContractError(AssertionError):
    """A request or an answer that does not fit the API description."""


@dataclass(frozen=True)
class Operation:
    """An operation of a description: where it stands in it, and what it says."""

    description: str
    template: str
    method: str
    details: Mapping[str, Any]
    parameters: tuple[Mapping[str, Any], ...]

    def pointer(self, *steps: str) -> str:
        """The address of a part of the operation."""
        parts = ("paths", self.template, self.method, *steps)
        escaped = "/".join(part.replace("~", "~0").replace("/", "~1") for part in parts)
        return f"urn:{self.description}#/{escaped}"


class JiraOpenApi:
    """The descriptions of Jira Cloud's platform and of Jira Service Management, and the document format."""

    def __init__(self, folder: Path) -> None:
        self._specs = {name: _load(folder / name) for name in (PLATFORM, SERVICE_DESK)}
        self._registry: Registry[Any] = Registry().with_resources(
            (f"urn:{name}", DRAFT202012.create_resource(spec)) for name, spec in self._specs.items()
        )
        self._document = Draft4Validator(json.loads((folder / DOCUMENT_FORMAT).read_text()))
        self._templates = [
            (_as_regex(template), name, template)
            for name, spec in self._specs.items()
            for template in spec["paths"]
        ]
        # A fixed path goes before one with a variable in the same place.
        self._templates.sort(key=lambda entry: entry[2].count("{"))

    def knows(self, method: str, path: str) -> bool:
        """Whether an operation is described; those of v2 and of admin webhooks are not."""
        return self._find(method, path) is not None

    def validate_request(self, method: str, path: str, body: Any = None) -> None:
        """Check a request: its query parameters and its JSON body.

        Args:
            method: HTTP method.
            path: Path or URL, with the query string if there is one.
            body: The JSON body; None for none, and for bodies that are not JSON.

        Raises:
            ContractError: It is not described, or does not fit.
        """
        operation = self._operation(method, path)
        self._check_query(operation, path)
        content = operation.details.get("requestBody", {}).get("content", {})
        if body is None:
            if operation.details.get("requestBody", {}).get("required") and "application/json" in content:
                raise ContractError(f"{method} {path} needs a body")
            return
        if "application/json" not in content:
            raise ContractError(f"{method} {path} takes no JSON body")
        if (operation.method, operation.template, body) in ALSO_SAID:
            return
        pointer = operation.pointer("requestBody", "content", "application/json", "schema")
        self._validate({"$ref": pointer}, body, f"body of {method} {path}")

    def validate_response(self, method: str, path: str, status: int, body: Any = None) -> None:
        """Check an answer: its status and its JSON body.

        Raises:
            ContractError: The operation or the status is not described, or the body does not fit.
        """
        operation = self._operation(method, path)
        responses = operation.details["responses"]
        if str(status) not in responses:
            raise ContractError(f"{method} {path} answered {status}; described are {', '.join(responses)}")
        described = responses[str(status)].get("content", {}).get("application/json", {})
        if not described.get("schema"):
            return
        pointer = operation.pointer("responses", str(status), "content", "application/json", "schema")
        many = isinstance(body, list) and (operation.method, operation.template) in LISTS
        for each in body if many else [body]:
            self._validate({"$ref": pointer}, each, f"{status} of {method} {path}")

    def validate_schema(self, name: str, value: Any, description: str = PLATFORM) -> None:
        """Check a value against a schema by its name, `StatusDetails`.

        Raises:
            ContractError: It does not fit.
        """
        self._validate({"$ref": f"urn:{description}#/components/schemas/{name}"}, value, name)

    def validate_document(self, document: Any) -> None:
        """Check a document against the Atlassian Document Format.

        Raises:
            ContractError: It does not fit.
        """
        _raise_first(self._document.iter_errors(document), "document")

    def is_document(self, document: Any) -> bool:
        return self._document.is_valid(document)

    def _operation(self, method: str, path: str) -> Operation:
        operation = self._find(method, path)
        if operation is None:
            raise ContractError(f"{method} {path} is in no API description")
        return operation

    def _find(self, method: str, path: str) -> Operation | None:
        plain = GATEWAY.sub("", urlsplit(path).path)
        for pattern, name, template in self._templates:
            item = self._specs[name]["paths"][template]
            if pattern.fullmatch(plain) and method.lower() in item:
                details = item[method.lower()]
                parameters = (*item.get("parameters", ()), *details.get("parameters", ()))
                return Operation(name, template, method.lower(), details, parameters)
        return None

    def _check_query(self, operation: Operation, path: str) -> None:
        sent = parse_qsl(urlsplit(path).query, keep_blank_values=True)
        described = {each["name"]: each for each in operation.parameters if each["in"] == "query"}
        for name, value in sent:
            if name not in described:
                raise ContractError(
                    f"query parameter {name} of {path} is not described: {', '.join(described)}"
                )
            schema = described[name].get("schema", {})
            if schema.get("type") == "integer" and not re.fullmatch(r"-?\d+", value):
                raise ContractError(f"query parameter {name} of {path} must be a number")
            if schema.get("type") == "boolean" and value not in ("true", "false"):
                raise ContractError(f"query parameter {name} of {path} must be true or false")
            if "enum" in schema and value not in schema["enum"]:
                raise ContractError(f"query parameter {name} of {path} must be one of {schema['enum']}")
        missing = [
            name for name, each in described.items() if each.get("required") and name not in dict(sent)
        ]
        # The description calls paging required in places where the text beside it gives defaults.
        missing = [name for name in missing if "default" not in described[name].get("schema", {})]
        if missing:
            raise ContractError(f"query parameters are missing in {path}: {', '.join(missing)}")

    def _validate(self, schema: Mapping[str, Any], value: Any, what: str) -> None:
        validator = Draft202012Validator(schema, registry=self._registry)
        _raise_first(validator.iter_errors(value), what)


def _raise_first(errors: Iterator[Any], what: str) -> None:
    error = next(errors, None)
    if error is not None:
        raise ContractError(f"{what}: at {error.json_path}: {error.message[:500]}")


def _as_regex(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(template)))


def _load(path: Path) -> Any:
    return _with_null_types(json.loads(path.read_text()))


def _with_null_types(node: Any) -> Any:
    """OpenAPI 3.0 says `nullable`, JSON Schema has a type for it."""
    if isinstance(node, list):
        return [_with_null_types(each) for each in node]
    if not isinstance(node, dict):
        return node
    changed = {
        key: _with_null_types(value) for key, value in node.items() if key not in ("example", "examples")
    }
    if changed.get("nullable") is True and isinstance(changed.get("type"), str):
        changed["type"] = [changed["type"], "null"]
    return changed


def find_specs() -> Path:
    """The folder of the descriptions.

    Raises:
        SpecsMissingError: There is none; the message says where it was looked for.
    """
    folder = Path(os.environ.get(VARIABLE) or BESIDE)
    missing = [name for name in (PLATFORM, SERVICE_DESK, DOCUMENT_FORMAT) if not (folder / name).is_file()]
    if missing:
        raise SpecsMissingError(
            f"no {', '.join(missing)} in {folder}; set {VARIABLE} to a folder that has them"
        )
    return folder


@cache
def load() -> JiraOpenApi:
    """The descriptions, read once.

    Raises:
        SpecsMissingError: They are not on this machine.
    """
    return JiraOpenApi(find_specs())


def validate_request(method: str, path: str, body: Any = None) -> None:
    """See `JiraOpenApi.validate_request`."""
    load().validate_request(method, path, body)


def validate_response(method: str, path: str, status: int, body: Any = None) -> None:
    """See `JiraOpenApi.validate_response`."""
    load().validate_response(method, path, status, body)
