"""Signed links: valid for what they were made for, until they expire."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation_bridge.messages.signed_links import LinkExpired, LinkInvalid, SignedLinks

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LINKS = SignedLinks("a-secret-of-this-bridge", "https://bridge.example.com/hooks/")
FACTS = st.dictionaries(
    st.text(min_size=1, max_size=10).filter(lambda name: name != "until"), st.text(max_size=40)
)


def token_of(links: SignedLinks, facts: dict[str, str], page: str = "ack") -> str:
    url = links.url(page, facts, NOW, timedelta(days=1))
    assert url is not None
    return url.rsplit("/", 1)[1]


@given(FACTS)
def test_a_link_says_what_it_is_about_until_it_expires(facts):
    token = token_of(LINKS, facts)
    assert LINKS.read("ack", token, NOW + timedelta(hours=24)) == facts
    with pytest.raises(LinkExpired):
        LINKS.read("ack", token, NOW + timedelta(hours=24, seconds=1))


@given(FACTS, st.integers(min_value=0), st.characters(categories=["L", "N"]))
def test_a_changed_link_is_never_valid(facts, position, letter):
    token = token_of(LINKS, facts)
    at = position % len(token)
    changed = token[:at] + letter + token[at + 1 :]
    if changed == token:
        return
    with pytest.raises(LinkInvalid):
        LINKS.read("ack", changed, NOW)


@pytest.mark.parametrize("token", ["", "x", "a.b", "é", "W10.x" * 1000, "..", "%00"])
def test_no_link_of_this_bridge_is_refused(token):
    with pytest.raises(LinkInvalid):
        LINKS.read("ack", token, NOW)


def test_a_link_to_one_page_is_none_to_another():
    with pytest.raises(LinkInvalid):
        LINKS.read("rate", token_of(LINKS, {"case": "1"}), NOW)


def test_a_link_of_another_bridge_is_refused():
    other = SignedLinks("another-secret", LINKS.public_url)
    with pytest.raises(LinkInvalid):
        LINKS.read("ack", token_of(other, {"case": "1"}), NOW)


def test_the_address_is_below_the_public_one():
    assert str(LINKS.url("ack", {}, NOW, timedelta(1))).startswith("https://bridge.example.com/hooks/ack/")
    assert SignedLinks("secret").url("ack", {}, NOW, timedelta(1)) is None


def test_the_secret_is_in_no_representation():
    assert "a-secret-of-this-bridge" not in repr(LINKS)
