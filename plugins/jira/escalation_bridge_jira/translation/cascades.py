"""Cascading selects: a choice below another one. Written and read as one text, `Hardware - Printer`, as Jira's pages show it.

A choice of the first level alone is `Hardware`. https://support.atlassian.com/jira-cloud-administration/docs/custom-fields-types-in-company-managed-projects/
"""

from collections.abc import Iterator, Mapping

from escalation_bridge.plugin import JsonPart

BETWEEN = " - "
TYPE = "option-with-child"


def as_cascade(value: object) -> dict[str, object]:
    """What Jira is sent: of `Hardware - Printer`, or of a list of both levels, the parent with its child."""
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


def cannot_be_told_apart(field: JsonPart) -> bool:
    """Whether a parent's own name has what stands between the levels: then no text says which level is which."""
    return any(
        BETWEEN in ((parent / "value").maybe_text() or "") for parent in (field / "allowedValues").items()
    )
