"""Commands find the database from the configuration file's folder, and those that only look never make one."""

import os

import pytest
from typer.testing import CliRunner

from escalation_bridge.cli.main import app
from escalation_bridge.errors import BridgeError
from escalation_bridge.store.database.database import Database

CONFIGURATION = """
bridge: {database: "sqlite:///data/bridge.db"}
connections:
  support: {plugin: zendesk, url: "https://acme.zendesk.com", sign_in: {access_token: "file:token"}}
  shop: {plugin: freshdesk, url: "https://acme.freshdesk.com", api_key: "file:token"}
routes:
  support-to-shop:
    from: support
    to: shop
    status:
      to_linked: {new: keep, open: keep, waiting_customer: keep, waiting_third_party: keep, solved: keep, closed: keep}
      to_origin: {open: keep, waiting_customer: keep, waiting_third_party: keep, solved: open, closed: keep}
"""
LOOKING = [
    ["cases"],
    ["explain", "1"],
    ["sla", "explain", "1"],
    ["sla", "reprocess"],
    ["sla", "reprocess", "--apply"],
    ["webhooks", "list"],
    ["webhooks", "show", "1"],
    ["webhooks", "replay", "--all"],
    ["dead", "list"],
    ["dead", "retry", "1"],
    ["retry", "1"],
    ["retry", "--connection", "support"],
    ["choose", "1", "origin"],
    ["release", "support"],
    ["acknowledge", "1"],
    ["set-due", "1", "resolution", "2026-12-01 17:00"],
    ["clear-due", "1", "resolution"],
    ["reconcile", "--dry-run"],
    ["reconcile"],
    ["link", "1", "2", "--route", "support-to-shop", "--dry-run"],
    ["backfill", "--dry-run"],
    ["close-solved", "--dry-run"],
    ["unlink", "1", "2", "--route", "support-to-shop"],
]


@pytest.fixture
def config(tmp_path, monkeypatch):
    """A configuration file in another folder than the current directory."""
    folder, elsewhere = tmp_path / "etc", tmp_path / "home"
    for each in (folder / "data", elsewhere):
        each.mkdir(parents=True)
    monkeypatch.chdir(elsewhere)
    (folder / "token").write_text("a-token-of-the-account")
    (folder / "bridge.yaml").write_text(CONFIGURATION)
    return folder / "bridge.yaml"


def everything(folder):
    return sorted(str(each) for each in folder.rglob("*"))


def run(config, *arguments):
    result = CliRunner().invoke(app, [*arguments, "-c", str(config)], env={"COLUMNS": "250"})
    told = str(result.exception) if isinstance(result.exception, BridgeError) else result.output
    return result.exit_code, told


@pytest.mark.parametrize("arguments", LOOKING, ids=" ".join)
def test_where_there_is_no_database_they_say_so_and_make_none(config, tmp_path, arguments):
    before = everything(tmp_path)
    status, told = run(config, *arguments)
    assert (status, f"there is no database yet at {config.parent / 'data' / 'bridge.db'}" in told) == (
        1,
        True,
    )
    assert everything(tmp_path) == before


@pytest.mark.parametrize("named", ["absolute", "relative"])
def test_they_look_where_the_bridge_writes(config, tmp_path, named):
    Database(f"sqlite:///{config.parent}/data/bridge.db").upgrade()
    path = config if named == "absolute" else os.path.relpath(config)
    status, told = run(path, "cases")
    assert (status, "Cases" in told) == (0, True)
    assert not list((tmp_path / "home").iterdir())


def test_the_configuration_file_is_refused_with_a_database_that_cannot_be(config):
    config.write_text(CONFIGURATION.replace("sqlite:///data/bridge.db", "postgresql://u:hunter@zwei@h/d"))
    for arguments in (["cases"], ["config", "check"], ["reconcile"]):
        status, told = run(config, *arguments)
        assert (status, "has too many @" in told) == (1, True)
        assert "hunter" not in told
        assert "bridge.yaml" in told
