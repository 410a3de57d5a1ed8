"""What all settings have in common: strict models, secrets that only come by reference, and the base of a connection."""

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic_core import PydanticCustomError


class Settings(BaseModel):
    """A part of the configuration file: unknown keys are errors, values are frozen."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_default=True, use_attribute_docstrings=True
    )


class Resolved(str):
    """A text that came from an environment variable or a file, not from the configuration file itself."""

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
    """How long the bridge waits for the vendor, in seconds."""

    connect: float = Field(default=5.0, gt=0, le=60)
    """Until a connection is made."""
    read: float = Field(default=25.0, gt=0, le=300)
    """Until the next byte of the answer comes."""


class ConnectionSettings(Settings):
    """One account of a vendor. A plugin's own settings class derives from this and adds what its vendor needs."""

    vendor_name: ClassVar[str] = ""

    plugin: str
    """Which plugin speaks to it: see `escalation-bridge plugins`."""
    enabled: bool = True
    """A connection that is switched off receives nothing and is not written to."""
    language: Literal["en", "id"] | None = None
    """The language of what the bridge writes into this helpdesk; by default the bridge's."""
    max_webhook_mb: float = Field(default=5.0, gt=0, le=25)
    """The largest webhook that is accepted, in megabytes. Jira sends up to 25."""
    timeouts: Timeouts = Timeouts()
    """How long the bridge waits for this vendor."""
    native_clocks: bool = True
    """Whether the vendor's own SLA clocks are read too, to be compared with the bridge's: a request now and then."""
