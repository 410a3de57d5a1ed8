"""A JSON Schema of the configuration file, for editors that complete and check while one types.

The schema accepts more than the models, because a number may be a reference,
and a secret must be one. It is weaker than the bridge's own validation.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from escalation_bridge.configfile.references import VARIABLE

JsonSchema: TypeAlias = dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_DEFINITIONS = "#/$defs/"
_REFERENCE = rf"(?<!\$){VARIABLE}|^file:\S"

_HOW_SECRETS_COME = "A secret, by reference: ${NAME} or file:/path"

_ANNOTATIONS = ("title", "description", "default", "examples", "deprecated")
_SCHEMAS_BY_NAME = ("properties", "patternProperties", "$defs")
_LISTS_OF_SCHEMAS = ("anyOf", "oneOf", "allOf", "prefixItems")
_SCHEMAS = ("items", "additionalProperties")
_CONSTRAINTS = ("enum", "format", "pattern", "minLength", "maxLength")
_STRICTER_THAN_THE_MODELS = ("time", "duration", "date-time")
"""Formats that JSON Schema defines more strictly than pydantic: only pydantic accepts `09:00` as a time."""


def json_schema(root_model: type[BaseModel], connection_models: Mapping[str, type[BaseModel]]) -> JsonSchema:
    """Return a JSON Schema (draft 2020-12) of the configuration file.

    Args:
        root_model: The model of the whole file. Its `connections` are described by the other models instead.
        connection_models: The model of a connection for each plugin, by the plugin's name.
    """
    models = dict.fromkeys((root_model, *connection_models.values()))
    named, definitions = models_json_schema(
        [(model, "validation") for model in models], schema_generator=_WithoutFieldTitles
    )
    by_model = {model: schema for (model, _), schema in named.items()}
    schema = _as_written({"$defs": definitions.get("$defs", {})})
    root = schema["$defs"].pop(by_model[root_model]["$ref"].removeprefix(_DEFINITIONS))
    by_plugin = {plugin: by_model[model] for plugin, model in connection_models.items()}
    properties = root.setdefault("properties", {})
    properties["connections"] = _connections(properties.get("connections", {}), by_plugin)
    schema["$defs"]["reference"] = {
        "type": "string",
        "pattern": _REFERENCE,
        "description": "The value of an environment variable, ${NAME}, or the content of a file, file:/path",
    }
    return {"$schema": _DIALECT, **root, **schema}


class _WithoutFieldTitles(GenerateJsonSchema):
    """Omits titles like "Max Webhook Mb", which say less than the key itself."""

    def field_title_should_be_set(self, _schema: object) -> bool:
        return False


def _connections(described: JsonSchema, by_plugin: Mapping[str, JsonSchema]) -> JsonSchema:
    """Return the schema of a map whose values are selected by their `plugin`."""
    schema = {key: value for key, value in described.items() if key not in ("patternProperties", *_SCHEMAS)}
    for pattern in described.get("patternProperties", {}):
        schema["propertyNames"] = {"pattern": pattern}
    connection: JsonSchema = {
        "type": "object",
        "required": ["plugin"],
        "properties": {"plugin": {"enum": sorted(by_plugin)}},
    }
    if by_plugin:
        connection["allOf"] = [
            {"if": {"properties": {"plugin": {"const": plugin}}, "required": ["plugin"]}, "then": model}
            for plugin, model in sorted(by_plugin.items())
        ]
    return {**schema, "type": "object", "additionalProperties": connection}


def _as_written(schema: JsonSchema) -> JsonSchema:
    """Return the schema of the written value: also a reference, and only a reference for a secret."""
    written: JsonSchema = {}
    for key, value in schema.items():
        if key in _SCHEMAS_BY_NAME:
            written[key] = {name: _as_written(inner) for name, inner in value.items()}
        elif key in _LISTS_OF_SCHEMAS:
            written[key] = [_as_written(inner) for inner in value]
        elif key in _SCHEMAS and isinstance(value, dict):
            written[key] = _as_written(value)
        elif key != "discriminator":  # OpenAPI keyword; pydantic writes it, JSON Schema does not define it
            written[key] = value
    annotations = {key: written.pop(key) for key in _ANNOTATIONS if key in written}
    if written.get("format") == "password":
        described = annotations.get("description", "")
        annotations["description"] = (
            described if "${NAME}" in described else f"{described} {_HOW_SECRETS_COME}".strip()
        )
        return {**annotations, "type": "string", "pattern": _REFERENCE}
    if written.get("format") in _STRICTER_THAN_THE_MODELS:
        del written["format"]
    if written.get("type") in ("integer", "number", "boolean") or not written.keys().isdisjoint(_CONSTRAINTS):
        written = {"anyOf": [written, {"$ref": f"{_DEFINITIONS}reference"}]}
    return {**annotations, **written}
