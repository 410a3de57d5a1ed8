"""Create issues with the fields that their screens accept: only fields that Jira requires can prevent a create.

If a field is not on the create screen, or its value is not accepted, Jira refuses the whole issue, with a message for each
field. The messages are in the account's language, the fields' ids are not: refused fields that are not essential are left out, and the
rest is sent again. A 400 proves that nothing was created.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NoReturn

from escalation_bridge.plugin import (
    FieldsRefused,
    JsonPart,
    LeftOut,
    PersonRefused,
    Rejected,
    RichText,
    TicketDraft,
    VendorError,
    sparing,
)
from escalation_bridge_jira.http.client import Edition, complaints, explain
from escalation_bridge_jira.site.desk import Desk, labels_of
from escalation_bridge_jira.text.document import Blocks, Paragraph, Run
from escalation_bridge_jira.text.limits import LONGEST_SUMMARY, one_line
from escalation_bridge_jira.translation.field_shapes import project
from escalation_bridge_jira.vocabulary import PROPERTY, reference

_NEVER_LEFT_OUT = frozenset({"project", "issuetype", "summary", "security", "parent"})
"""Without a security level more people could read the issue; a sub-task needs its parent."""
_PEOPLE = frozenset({"assignee", "reporter"})
"""If Jira refuses one of these people, the engine leaves them out, and the description names them."""
_REFUSED = frozenset({400})
_NO_KEY = (
    "the create screen has neither labels nor a description, so an issue that was created could not be found again: "
    "put one of them on the screen"
)


def keyed(edition: Edition, key: str) -> Edition:
    """Writes texts with the key as their last line, however much is cut before it."""

    def written(blocks: Blocks) -> object:
        return edition.written((*blocks, Paragraph((Run(key),))))

    return replace(edition, written=written)


@dataclass(frozen=True)
class Created:
    """A created issue: Jira's answer, and the fields that were left out."""

    answer: JsonPart
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True)
class Creation:
    """One issue to create.

    Attributes:
        further: Fields of the route's configuration.
    """

    desk: Desk
    draft: TicketDraft
    key: str
    project: str
    further: Mapping[str, object]

    def create(self) -> Created:
        """Create it. Fields that only the edit screen accepts are set right after.

        Raises:
            Rejected: Jira requires a field, or refuses an essential one.
        """
        further = self.desk.fitting(self.further)
        wanted: dict[str, object] = {
            "project": project(self.project),
            "issuetype": reference(str(self.draft.fields.get("issue_type") or self.desk.settings.issue_type)),
            "summary": one_line(self.draft.summary, LONGEST_SUMMARY),
            "description": self.draft.description,
            "labels": [*labels_of(self.draft.labels), self.key],
        }
        if self.draft.priority is not None:
            wanted["priority"] = reference(self.desk.mapper.vendor_priority(self.draft.priority))
        wanted.update(further.values)
        wanted = {name: value for name, value in wanted.items() if name not in self.draft.without}
        self._keep_what_must_not_be_left_out(further.unfit)

        def named(refused: Mapping[str, str]) -> tuple[LeftOut, ...]:
            return tuple(LeftOut(name, further.names.get(name, name), refused[name]) for name in refused)

        def note(refused: Mapping[str, str]) -> None:
            # Where the answer is lost, nothing is set right after.
            self.desk.memory.left_out.put(self.key, (*further.unfit, *self._wished(named(refused))))

        note({})
        answer, refused = sparing(wanted, frozenset(wanted) - _NEVER_LEFT_OUT, self._send, note)
        if answer is None:
            self.desk.reject("nothing is left to be created")
        left = named(refused)
        spared = self._wished(left)
        return Created(answer, (*further.unfit, *self._completed(answer, wanted, left, spared)))

    def _wished(self, left: tuple[LeftOut, ...]) -> tuple[LeftOut, ...]:
        """Fields that somebody else wanted, without the label for the bridge's key."""
        return tuple(each for each in left if each.field != "labels" or self.draft.labels)

    def _keep_what_must_not_be_left_out(self, unfit: tuple[LeftOut, ...]) -> None:
        for each in unfit:
            if each.name.casefold() in _NEVER_LEFT_OUT | {"security level"}:
                self.desk.reject(f"{each.name}: {each.reason}")

    def _send(self, wanted: Mapping[str, object]) -> JsonPart:
        if "labels" not in wanted and "description" not in wanted:
            self.desk.reject(_NO_KEY)
        body = {
            "fields": self._written(wanted),
            "properties": [{"key": PROPERTY, "value": {"key": self.key}}],
        }
        try:
            return write_fields(self.desk, "POST", "/issue", body)
        except FieldsRefused as refusal:
            people = _PEOPLE & refusal.named.keys() & wanted.keys()
            if not people:
                raise
            try:
                refusal.fail()
            except Rejected as refused:
                raise PersonRefused(refused.message, refused.at, people=frozenset(people)) from refused

    def _written(self, wanted: Mapping[str, object]) -> dict[str, object]:
        """The fields in Jira's form. The key is a label or, if there are none, the description's last line."""
        fields, description = dict(wanted), wanted.get("description")
        if isinstance(description, RichText):
            edition = self.desk.jira.edition
            edition = edition if "labels" in wanted else keyed(edition, self.key)
            fields["description"] = edition.document(description, self.desk.language)
        return fields

    def _completed(
        self,
        answer: JsonPart,
        wanted: Mapping[str, object],
        left: tuple[LeftOut, ...],
        spared: tuple[LeftOut, ...],
    ) -> tuple[LeftOut, ...]:
        """Set fields that are only on the edit screen. Returns those that are on neither."""
        if not left:
            return ()
        issue_id = (answer / "id").maybe_text()
        if issue_id is None:
            return spared
        refused = complete(
            self.desk, issue_id, self._written({each.field: wanted[each.field] for each in left})
        )
        return tuple(each for each in spared if each.field in refused)


def complete(desk: Desk, issue_id: str, fields: Mapping[str, object]) -> Mapping[str, str]:
    """Set fields of a new issue. Returns the refused ones with Jira's messages; it never fails because of a field."""

    def send(wanted: Mapping[str, object]) -> JsonPart:
        labels = wanted.get("labels")
        body: dict[str, object] = {
            "fields": {name: value for name, value in wanted.items() if name != "labels"}
        }
        if isinstance(labels, list):
            body["update"] = {"labels": [{"add": label} for label in labels]}
        return write_fields(desk, "PUT", f"/issue/{issue_id}", body)

    try:
        _, refused = sparing(fields, frozenset(fields), send)
    except VendorError as error:
        # The issue is there: whatever keeps its rest from being set must not look as if it was not.
        return dict.fromkeys(fields, error.message)
    return refused


def write_fields(desk: Desk, method: str, path: str, body: Mapping[str, object]) -> JsonPart:
    """Write an issue's fields. Messages about single fields are raised as `FieldsRefused`."""
    jira = desk.jira
    answer = jira.exchange(
        method, jira.edition.api + path, json=body, repeatable=method == "PUT", accept=_REFUSED
    )
    if answer.status_code not in _REFUSED:
        return jira.read(answer)

    def fail() -> NoReturn:
        jira.transport.refuse(Rejected, jira.operation, explain(answer), answer)

    raise FieldsRefused(complaints(answer), fail)
