"""Loading a configuration from its text, and what is wrong with it."""

import pytest

from bridge_helpers.policy_files import CATALOGUE
from escalation_bridge.config.loading import load_configuration
from escalation_bridge.configfile import InvalidConfiguration


@pytest.fixture
def load(tmp_path):
    def load_text(text):
        path = tmp_path / "bridge.yaml"
        path.write_text(text, encoding="utf-8")
        return load_configuration(path, CATALOGUE, {})

    return load_text


@pytest.fixture
def findings(load):
    def find(text):
        with pytest.raises(InvalidConfiguration) as caught:
            load(text)
        return {finding.path: finding.message for finding in caught.value.findings}

    return find
