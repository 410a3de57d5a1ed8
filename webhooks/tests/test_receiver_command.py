"""Where the receiver is told to listen."""

import pytest

from escalation_bridge.errors import ConfigurationError
from escalation_bridge_webhooks.running import _address


@pytest.mark.parametrize(
    ("listen", "address"),
    [
        ("127.0.0.1:8080", ("127.0.0.1", 8080)),
        ("localhost:0", ("localhost", 0)),
        ("[::1]:443", ("[::1]", 443)),
        ("0.0.0.0:65535", ("0.0.0.0", 65535)),
    ],
)
def test_an_address_is_host_and_port(listen, address):
    assert _address(listen) == address


@pytest.mark.parametrize(
    "listen", ["", "8080", ":8080", "host", "host:", "host:http", "host:65536", "::1:80", "host:٣٥", "a b:1"]
)
def test_anything_else_is_told_plainly(listen):
    with pytest.raises(ConfigurationError, match="write host:port"):
        _address(listen)
