"""Which Jira is played: Cloud, or a Data Center of some version."""

from dataclasses import dataclass
from typing import Literal

Deployment = Literal["cloud", "datacenter"]

CLOUD_VERSION = (1001, 0, 0)
DATACENTER_VERSION = (10, 3, 0)


@dataclass(frozen=True)
class Edition:
    """A deployment and its version, asked for what differs between them."""

    deployment: Deployment
    version: tuple[int, int, int]

    @property
    def is_cloud(self) -> bool:
        return self.deployment == "cloud"

    @property
    def api_versions(self) -> tuple[int, ...]:
        """Cloud serves v3 (documents) and v2 (wiki markup) side by side, Data Center v2 only."""
        return (2, 3) if self.is_cloud else (2,)

    @property
    def has_moved_webhooks(self) -> bool:
        """Data Center 10 moved webhook registration to `/rest/jira-webhook/1.0/webhooks`."""
        return not self.is_cloud and self.version[0] >= 10

    @property
    def allows_passwords(self) -> bool:
        """Cloud takes API tokens only; Jira 11 is reported to have basic authentication switched off."""
        return not self.is_cloud and self.version[0] < 11

    @property
    def has_whole_createmeta(self) -> bool:
        """`GET issue/createmeta` for all projects at once was removed from Data Center 9."""
        return self.is_cloud or self.version[0] < 9

    @property
    def version_text(self) -> str:
        return "1001.0.0-SNAPSHOT" if self.is_cloud else ".".join(str(number) for number in self.version)


def edition_of(deployment: str, version: str | None = None) -> Edition:
    """The edition for constructor arguments; the version is for Data Center only.

    Raises:
        ValueError: No such deployment, or a version that is none.
    """
    if deployment == "cloud":
        if version is not None:
            raise ValueError("Jira Cloud has no version to choose")
        return Edition("cloud", CLOUD_VERSION)
    if deployment != "datacenter":
        raise ValueError(f"deployment must be cloud or datacenter, not {deployment!r}")
    if version is None:
        return Edition("datacenter", DATACENTER_VERSION)
    parts = version.split(".")
    if not 1 <= len(parts) <= 3 or not all(part.isdecimal() for part in parts):
        raise ValueError(f"version must look like 10.3.0, not {version!r}")
    major, minor, patch = (*(int(part) for part in parts), 0, 0)[:3]
    return Edition("datacenter", (major, minor, patch))
