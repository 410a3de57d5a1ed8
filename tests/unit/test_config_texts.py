"""The section `texts` of the configuration file: errors are found with template, line and name."""

import pytest

from escalation_bridge.config.loading import load_configuration
from escalation_bridge.errors import ConfigurationError
from escalation_bridge.messages.own_texts import Occasion
from escalation_bridge.plugged.discovery import discover

REST = """
connections: {support: {plugin: zendesk, url: "https://a.zendesk.com", sign_in: {oauth: {client_id: a, client_secret: "${SECRET}"}}}}
teams:
  payments: {places: [{connection: support, group: Payments}]}
escalation: {last_resort: payments}
"""


@pytest.fixture
def load(tmp_path):
    def load(texts, **files):
        for name, text in files.items():
            (tmp_path / f"{name}.html").write_text(text)
        file = tmp_path / "bridge.yaml"
        file.write_text(REST + texts)
        return load_configuration(file, discover(), {"SECRET": "{{ tiger }}"}).texts

    return load


def test_texts_are_read_with_the_configuration_and_found_by_what_they_are_for(load, tmp_path):
    own = load(
        """
texts:
  specialist_took_over:
    en: <p>Hi {{ customer }}.</p>
    id: file:other.html
    teams:
      payments: {en: "<p>Payments has it.</p>"}
""",
        other="<p>Halo {{ customer }}.</p>\n",
    )
    (tmp_path / "other.html").unlink()
    facts = {"customer": "Dewi"}

    def words(language, **occasion):
        found = own.find("specialist_took_over", language, Occasion(**occasion))
        return found.render(facts) if found is not None else None

    assert words("en") == "<p>Hi Dewi.</p>"
    assert words("en", team="payments") == "<p>Payments has it.</p>"
    assert words("en", team="other") == "<p>Hi Dewi.</p>"
    assert words("id", team="payments") == "<p>Halo Dewi.</p>"
    assert own.find("sla_warning", "en", Occasion()) is None


@pytest.mark.parametrize(
    ("texts", "place", "problem"),
    [
        ("texts: {specialist_tok_over: {en: x}}", ":6:9", "unknown message `specialist_tok_over`; did you mean `specialist_took_over`?"),
        ("texts: {notice: {eng: x}}", ":6:18", "did you mean `en`?"),
        ("texts: {notice: {teams: {paymets: {en: x}}}}", ":6:26", "unknown team `paymets`; did you mean `payments`"),
        ("texts: {notice: {routes: {a: {en: x}}}}", ":6:27", "unknown route `a`"),
        ("texts: {notice: {en: ''}}", ":6:22", "at least 1 character"),
        ("texts:\n  notice:\n    en: |\n      <p>\n      {{ ticket_ky }}", ":8:9",
         "texts.notice.en: line 2: unknown variable `ticket_ky`; did you mean `ticket_key`?"),
        ("texts: {notice: {en: file:own.html}}", ":6:22",
         "line 3 of `file:own.html`: unknown filter `durations`; did you mean `duration`?"),
        ("texts: {notice: {id: file:own.html}}", ":6:22", "line 3 of `file:own.html`"),
        ("texts: {notice: {en: file:large.html}}", ":6:22", "`file:large.html` is too large; allowed: 64 KiB"),
        ("texts: {notice: {en: file:gone.html}}", ":6:22", "`file:gone.html` cannot be read"),
        ("texts: {notice: {routes: {}, teams: {payments: {id: '{{ 2 ** 99 }}'}}}}", ":6:53",
         "texts.notice.teams.payments.id: line 1: `**` is not allowed"),
    ],
)  # fmt: skip
def test_an_error_names_template_line_and_name(load, texts, place, problem):
    with pytest.raises(ConfigurationError) as refused:
        load(texts, own="<p>\n\n{{ late_seconds | durations }}</p>", large="x" * 10_000_000)
    assert problem in str(refused.value)
    assert f"bridge.yaml{place}" in str(refused.value)


def test_a_secret_in_a_template_is_never_shown(load):
    with pytest.raises(ConfigurationError) as refused:
        load("texts: {notice: {en: '${SECRET}'}}")
    assert "tiger" not in str(refused.value)
