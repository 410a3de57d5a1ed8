"""Reading request bodies: JSON, or multipart forms where files may come along."""

import json
import re
from collections.abc import Collection
from typing import Any

import flask
from werkzeug.datastructures import FileStorage

from escalation_bridge_sandbox.freshdesk.input.checks import refuse_unknown
from escalation_bridge_sandbox.freshdesk.input.problems import (
    JSON,
    Invalid,
    Refusal,
    invalid_json,
    invalid_value,
    it_should_be,
    unsupported_media_type,
)
from escalation_bridge_sandbox.freshdesk.state.records import Upload

Body = dict[str, Any]

MULTIPART = "multipart/form-data"
ATTACHMENT_LIMIT = 20 * 1024 * 1024

_LIST_KEY = re.compile(r"(?P<name>[^\[\]]+)\[\]")
_NESTED_KEY = re.compile(r"(?P<name>[^\[\]]+)\[(?P<key>[^\[\]]+)\]")
_WHOLE_NUMBER = re.compile(r"-?\d+")


def read_json() -> Body:
    """The JSON object of a request.

    Raises:
        Refusal: 415 for another content type, 400 for what is no JSON object.
    """
    content_type = flask.request.mimetype
    if content_type != JSON:
        raise unsupported_media_type(content_type or "none")
    try:
        body = json.loads(flask.request.get_data(cache=True) or b"{}")
    except ValueError as problem:
        raise invalid_json() from problem
    if not isinstance(body, dict):
        raise invalid_json()
    return body


def read_json_or_form(
    numbers: Collection[str] = (), flags: Collection[str] = ()
) -> tuple[Body, list[Upload]]:
    """A body that may bring files: `attachments[]` is only possible in a multipart form.

    A form has strings only: those named in `numbers` and `flags` are read as numbers and booleans where they look
    like one, and so are whole numbers among the custom fields.

    Raises:
        Refusal: As `read_json`; an `attachments` of JSON is refused as well.
    """
    if flask.request.mimetype != MULTIPART:
        body = read_json()
        if "attachments" in body:
            # Wording not verified.
            raise Invalid([invalid_value("attachments", it_should_be("valid file format"))])
        return body, []
    return _nested_form(numbers, flags), _uploads()


def read_nothing() -> None:
    """For endpoints that take no body; an empty one (or `{}`) is fine.

    Raises:
        Refusal: There is one.
    """
    text = flask.request.get_data(cache=True).strip()
    if text not in (b"", b"{}", b'""'):
        # Wording not verified.
        raise Refusal(400, {"code": "no_content_required", "message": "No JSON data required"})


def query_params(allowed: Collection[str]) -> dict[str, str]:
    """The query string; of a parameter given twice, the last one counts.

    Raises:
        Invalid: A parameter that the endpoint does not have.
    """
    refuse_unknown(flask.request.args, allowed)
    return {name: values[-1] for name, values in flask.request.args.lists()}


def check_attachment_size(uploads: Collection[Upload], already: int = 0) -> None:
    """Refuse more than 20 MB on one ticket (wording not verified).

    Raises:
        Invalid: It is more.
    """
    if already + sum(len(upload.content) for upload in uploads) > ATTACHMENT_LIMIT:
        raise Invalid([invalid_value("attachments", "The total size of attachments should not exceed 20 MB")])


def _nested_form(numbers: Collection[str], flags: Collection[str]) -> Body:
    body: Body = {}
    for key, values in flask.request.form.lists():
        if listed := _LIST_KEY.fullmatch(key):
            name = listed["name"]
            body.setdefault(name, []).extend(_read(value, name, numbers, flags) for value in values)
        elif nested := _NESTED_KEY.fullmatch(key):
            group = body.setdefault(nested["name"], {})
            if isinstance(group, dict):
                group[nested["key"]] = _read_custom(values[-1])
        else:
            body[key] = _read(values[-1], key, numbers, flags)
    return body


def _read(text: str, name: str, numbers: Collection[str], flags: Collection[str]) -> object:
    if name in numbers and _WHOLE_NUMBER.fullmatch(text):
        return int(text)
    if name in flags and text in {"true", "false"}:
        return text == "true"
    return text


def _read_custom(text: str) -> object:
    # Which custom field it is, and so whether a number is meant, is known to the validation only.
    return FormText(text)


class FormText(str):
    """A string from a form, which may stand for a number or a boolean."""

    __slots__ = ()

    def as_number(self) -> object:
        return int(self) if _WHOLE_NUMBER.fullmatch(self) else str(self)

    def as_flag(self) -> object:
        return self == "true" if self in {"true", "false"} else str(self)


def _uploads() -> list[Upload]:
    files = flask.request.files
    refuse_unknown(files, {"attachments[]"})
    return [_upload(stored) for stored in files.getlist("attachments[]")]


def _upload(stored: FileStorage) -> Upload:
    return Upload(
        name=stored.filename or "attachment",
        content_type=stored.mimetype or "application/octet-stream",
        content=stored.read(),
    )
