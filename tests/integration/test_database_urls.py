"""What `bridge.database` may say. An error is clear and never shows a password, escaped or not."""

import traceback

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation_bridge.errors import ConfigurationError, StoreUnavailable
from escalation_bridge.store.database.database import Database
from escalation_bridge.store.database.url import parse_database_url

HEAD, TAIL = "hunter", "zwei"


@pytest.mark.parametrize("scheme", ["postgresql+psycopg", "postgresql", "postgres"])
@pytest.mark.parametrize(
    "sign", ["@", "@@", "@/", "@:", "@?", "@#", "@[", "@?a=", "@/x?b=c", ":@", "/@", "?@"]
)
def test_a_password_that_is_not_escaped_is_refused_and_not_shown(scheme, sign):
    with pytest.raises(ConfigurationError) as refused:
        parse_database_url(f"{scheme}://bridge:{HEAD}{sign}{TAIL}@db.invalid/bridge")
    assert str(refused.value).startswith("bridge.database ")
    assert "%40" in str(refused.value)
    told = "".join(traceback.format_exception(refused.value))
    assert HEAD + sign not in told
    assert TAIL not in str(refused.value)


@settings(derandomize=True, max_examples=300, deadline=None)
@given(signs=st.text("@:/?#[]%&=+ ;", max_size=6))
def test_whatever_is_in_a_password_neither_it_nor_the_database_goes_wrong(signs):
    """Either the URL is refused, or it reaches the host that is meant with the password that is meant."""
    refusal, url = "", None
    try:
        url = parse_database_url(f"postgresql+psycopg://bridge:{HEAD}{signs}{TAIL}@db.invalid/bridge")
    except ConfigurationError as error:
        refusal = str(error)
    if url is not None:
        assert (url.host, url.database, url.query) == ("db.invalid", "bridge", {})
        assert (url.password or "").startswith(HEAD)
        assert (url.password or "").endswith(TAIL)
    assert HEAD not in refusal
    assert TAIL not in refusal


@pytest.mark.parametrize(
    "url",
    [
        "", "bridge.db", "/var/lib/bridge.db", "sqlite:", "sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite://bridge.db",
        "sqlite://folder/bridge.db", "sqlite:///file:bridge.db", "sqlite:///bridge.db?mode=ro", "sqlite:///bridge.db?timeout=x",
        "sqlite:///a%00b", "sqlite:///a\nb", "sqlite:///\ud83d", "sqlite+aiosqlite:///bridge.db", "mysql://root@localhost/bridge",
        "postgresql+asyncpg://u@h/d", "postgresql+psycopg2://u@h/d", "postgresql://u@h:port/d", "postgresql://u@h:99999/d",
        "postgresql://u@h:-1/d", "postgresql://u@h/d?nothing", "postgresql://u@h/d?A B=c", "postgresql://u@h\x00/d", "http://[", "🔥",
    ],
)  # fmt: skip
def test_what_cannot_be_a_database_is_refused_clearly(url):
    with pytest.raises(ConfigurationError, match=r"^bridge\.database "):
        Database(url)


@pytest.mark.parametrize(
    "options",
    ["nonsense=1", "connect_timeout=x", "autocommit=1", "sslmode=odd", "hostaddr=odd", "prepare_threshold=x"],
)
def test_odd_options_are_trouble_with_a_reason(options):
    database = Database(f"postgresql://u:{HEAD}{TAIL}@127.0.0.1:1/d?{options}")
    with pytest.raises((StoreUnavailable, ConfigurationError), match="database") as failed:
        database.upgrade()
    assert HEAD not in str(failed.value)
    database.close()


def test_a_relative_path_starts_from_the_configuration_file(tmp_path, monkeypatch):
    conf, elsewhere = tmp_path / "etc", tmp_path / "home"
    conf.mkdir()
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert parse_database_url("sqlite:///data/b.db", conf).database == str(conf / "data" / "b.db")
    assert parse_database_url("sqlite:///../b.db", conf).database == str(tmp_path / "b.db")
    assert parse_database_url(f"sqlite:///{tmp_path}/b.db", conf).database == f"{tmp_path}/b.db"
    assert not list(elsewhere.iterdir())
    # Before, it started from the current directory: a database that was made so is not silently left behind.
    (elsewhere / "b.db").touch()
    with pytest.raises(ConfigurationError, match="move it there or write its absolute path"):
        parse_database_url("sqlite:///b.db", conf)
    (conf / "b.db").touch()
    assert parse_database_url("sqlite:///b.db", conf).database == str(conf / "b.db")
