"""Cascading selects: a choice below another one. Read and written as one text, `Hardware - Printer`, as on Jira's pages.

A choice of the first level alone is `Hardware`. https://support.atlassian.com/jira-cloud-administration/docs/custom-fields-types-in-company-managed-projects/
"""

from collections.abc import Iterator, Mapping

from escalation_bridge.plugin import JsonPart

BETWEEN = " - "
TYPE = "option-with-child"


def as_cascade(value: object) -> dict[str, object]:
    """The parent with its child in Jira's form, from `Hardware - Printer` or a list of both levels."""
    levels = (
        [str(each) for each in value] if isinstance(value, list | tuple) else str(value).split(BETWEEN, 1)
    )
    parent, *children = (level.strip() for level in levels)
    return (
        {"value": parent, "child": {"value": BETWEEN.join(children)}}
        if children
        else {"value": parent, "child": None}
    )


def in_one_text(value: Mapping[str, object]) -> dict[str, object]:
    """Both levels of a stored value as one choice with one id: the child's, which no other parent has."""
    child = value.get("child")
    if not isinstance(child, Mapping):
        return dict(value)
    return {"id": child.get("id"), "value": f"{value.get('value')}{BETWEEN}{child.get('value')}"}


def choices(field: JsonPart) -> Iterator[str]:
    """All choices of a field's metadata, parents and children."""
    for parent in (field / "allowedValues").items():
        if (name := (parent / "value").maybe_text()) is not None:
            yield name
            for child in (parent / "children").items():
                if (below := (child / "value").maybe_text()) is not None:
                    yield f"{name}{BETWEEN}{below}"


def is_ambiguous(field: JsonPart) -> bool:
    """Whether a parent's own name contains the separator: then a text is ambiguous."""
    return any(
        BETWEEN in ((parent / "value").maybe_text() or "") for parent in (field / "allowedValues").items()
    )
