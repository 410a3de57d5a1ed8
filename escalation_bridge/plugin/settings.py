"""The base of all settings: strict models, secrets by reference only, and the settings of every connection."""

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic_core import PydanticCustomError


class Settings(BaseModel):
    """A part of the configuration file: unknown keys are errors, values are frozen."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_default=True, use_attribute_docstrings=True
    )


class Resolved(str):
    """A text from an environment variable or a file, not from the configuration file itself."""

    __slots__ = ()


def _by_reference(value: object) -> object:
    if isinstance(value, SecretStr | Resolved):
        return value
    raise PydanticCustomError(
        "secret_in_file",
        "a secret must not stand in the configuration file: write ${NAME} for an environment variable, "
        "or file:/path/to/the/secret",
    )


Secret = Annotated[
    SecretStr,
    BeforeValidator(_by_reference),
    Field(examples=["${NAME}", "file:/run/secrets/name"]),
]
"""A secret. In the file it is `${NAME}` or `file:/path`; printed it is `**********`."""


class Timeouts(Settings):
    """The bridge's timeouts for the vendor, in seconds."""

    connect: float = Field(default=5.0, gt=0, le=60)
    """For establishing a connection."""
    read: float = Field(default=25.0, gt=0, le=300)
    """For the next byte of the answer."""


class ConnectionSettings(Settings):
    """One account of a vendor. A plugin's own settings class derives from this and adds the vendor's settings."""

    vendor_name: ClassVar[str] = ""

    plugin: str
    """The plugin: see `escalation-bridge plugins`."""
    enabled: bool = True
    """A disabled connection receives no webhooks and is not written to."""
    language: Literal["en", "id"] | None = None
    """The language of the bridge's texts in this helpdesk; by default the bridge's."""
    max_webhook_mb: float = Field(default=5.0, gt=0, le=25)
    """The largest webhook that is accepted, in megabytes. Jira sends up to 25."""
    timeouts: Timeouts = Timeouts()
    """The bridge's timeouts for this vendor."""
    native_clocks: bool = True
    """Whether the vendor's own SLA clocks are read, too, to compare them with the bridge's. This costs a request
    now and then.
    """
