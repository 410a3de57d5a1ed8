"""Multipart uploads in Jira's form: a field named `file`, and names without refused characters."""

import re

from escalation_bridge.plugin import (
    FileDraft,
    FormBody,
    file_name,
)

_NOT_IN_NAMES = re.compile(r'[\\/"%:$?*<>|]')
"""Characters that Jira is reported to refuse in a file's name."""


def clean_name(given: str) -> str:
    """A file's name as Jira accepts it; its extension stays."""
    return _NOT_IN_NAMES.sub("_", file_name(given)).strip(". ") or "file"


class Upload(FormBody):
    """A file to upload, with a header that no form on a web page can send."""

    def __init__(self, name: str, file: FileDraft) -> None:
        super().__init__("file", name, file)
        self.headers = {"Content-Type": self.content_type, "X-Atlassian-Token": "no-check"}
