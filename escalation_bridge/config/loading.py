"""Load the configuration file: validated as a whole, with all errors reported at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import sqlalchemy as sa

from escalation_bridge.config.checks import check_names, check_promises, close_themselves
from escalation_bridge.config.closing import closing_rules
from escalation_bridge.config.holidays import without_countries, write_out_holidays
from escalation_bridge.config.incidents import incident_rules
from escalation_bridge.config.models import (
    BridgeSettings,
    ConfigurationFile,
    ContractSettings,
    PolicySettings,
)
from escalation_bridge.config.notices import NoticeSettings, channel_urls
from escalation_bridge.config.procedures import make_procedures
from escalation_bridge.config.review import review_rule
from escalation_bridge.config.routes import RouteSettings
from escalation_bridge.config.rules import make_rules
from escalation_bridge.config.satisfaction import satisfaction_rules
from escalation_bridge.config.teams.making import make_directory
from escalation_bridge.config.teams.settings import EscalationSettings, TeamSettings
from escalation_bridge.config.texts import own_texts
from escalation_bridge.config.triage import TriageSettings, check_triage
from escalation_bridge.config.zone_data import choose
from escalation_bridge.configfile import Document, Review, json_schema, load_document
from escalation_bridge.configfile import Path as Place
from escalation_bridge.configfile.findings import name, nearest
from escalation_bridge.domain.case.cases import Rules
from escalation_bridge.domain.sla.calendar import ALWAYS, Calendar, CalendarError, parse_calendar
from escalation_bridge.domain.sla.policy import Start
from escalation_bridge.errors import ConfigurationError
from escalation_bridge.messages.own_texts import OwnTexts
from escalation_bridge.plugged.discovery import Catalogue, PluginState
from escalation_bridge.plugin.settings import ConnectionSettings
from escalation_bridge.store.database.url import parse_database_url


@dataclass(frozen=True, slots=True)
class Configuration:
    """A valid configuration.

    Attributes:
        database: The database; a relative path is relative to the file's folder, as for `file:` secrets.
        promises: Policies, contracts and calendars as written, with public holidays as dates: plain data that can be
            stored as JSON, and from which `rules_kept` makes the same rules again.
        channels: The addresses of the channels of notices, with their secrets, by name.
        texts: The admin's own texts.
    """

    bridge: BridgeSettings
    database: sa.URL
    connections: Mapping[str, ConnectionSettings]
    rules: Rules
    promises: Mapping[str, object] = field(default_factory=dict)
    triage: TriageSettings = field(default_factory=TriageSettings)
    channels: Mapping[str, str] = field(default_factory=dict, repr=False)
    texts: OwnTexts = field(default_factory=OwnTexts)


def load_configuration(
    path: Path | str, catalogue: Catalogue, environ: Mapping[str, str] | None = None
) -> Configuration:
    """Read and check a configuration file.

    Args:
        path: The file.
        catalogue: The installed plugins; each validates its own connections.
        environ: Where `${NAME}` is looked up; by default the process's environment.

    Raises:
        ConfigurationError: With every finding: file, line, path, what was found and what is allowed.
    """
    choose()  # before any calendar is made
    document = load_document(path, environ)
    review = Review(document)
    connections = _connections(document, review, catalogue)
    calendars = _calendars(document, review)
    file = review.read(ConfigurationFile)
    check_names(document, review, catalogue)
    database = read_database(document, review, file.bridge if file else None)
    review.finish()
    if file is None or database is None:
        raise AssertionError("a file without findings is valid")
    by_name = {name: calendar for name, (_, calendar) in calendars.items()}
    directory = replace(
        make_directory(file.teams, file.levels, file.escalation, by_name, file.notices, file.channels),
        procedures=make_procedures(file.procedures),
    )
    rules = make_rules(file.policies, file.contracts, file.routes, by_name, directory)
    rules = replace(
        rules,
        severity_labels=dict(file.triage.label),
        incidents=incident_rules(file.incidents),
        satisfaction=satisfaction_rules(file.satisfaction),
        review=review_rule(file.review),
        closing=closing_rules(file.close_solved, close_themselves(document, catalogue)),
        customer_value={name.casefold(): value for name, value in file.customer_value.items()},
    )
    promises = {
        # Defaults are stored, too, because an earlier release had another default.
        "policies": _with_default_starts(document.value(("policies",))),
        "contracts": document.value(("contracts",)) or [],
        "calendars": {name: plain for name, (plain, _) in calendars.items() if name != "always"},
    }
    return Configuration(
        file.bridge,
        database,
        connections,
        rules,
        promises,
        file.triage,
        channel_urls(file.channels),
        own_texts(file.texts),
    )


def load_triage(path: Path | str, environ: Mapping[str, str] | None = None) -> TriageSettings:
    """Read how severity is found, and nothing else of the file.

    Raises:
        ConfigurationError: With every finding about this part of the file.
    """
    document = load_document(path, environ)
    here = tuple(each for each in document.findings if each.path.startswith("triage"))
    review = Review(replace(document, findings=here))
    settings = review.read(TriageSettings, ("triage",)) if document.node(("triage",)) is not None else None
    check_triage(document, review)
    review.finish()
    return settings or TriageSettings()


def read_database(document: Document, review: Review, settings: BridgeSettings | None) -> sa.URL | None:
    """Read the database URL; None, and a finding, if it is invalid."""
    if settings is None:
        return None
    try:
        return parse_database_url(settings.database, Path(document.file).parent)
    except ConfigurationError as error:
        review.report(("bridge", "database"), str(error))
        return None


def _with_default_starts(policies: object) -> list[object]:
    if not isinstance(policies, list):
        return []
    return [{"starts": Start.OPENING.value, **policy} for policy in policies]


def load_rules(path: Path | str, environ: Mapping[str, str] | None = None) -> Rules:
    """Read policies, contracts, calendars and routes, to inspect cases without accounts and their secrets.

    Raises:
        ConfigurationError: With every finding about these parts of the file.
    """
    document = load_document(path, environ)
    for team in document.keys(("teams",)):
        document = document.without(("teams", team, "rota", "calendar"))  # its address is a secret, too
    here = tuple(each for each in document.findings if each.path.startswith(_RULES))
    review = Review(replace(document, findings=here))
    calendars = _calendars(document, review)
    policies = [review.read(PolicySettings, at) for at in document.below(("policies",))]
    contracts = [review.read(ContractSettings, at) for at in document.below(("contracts",))]
    routes = {name: review.read(RouteSettings, ("routes", name)) for name in document.keys(("routes",))}
    teams = {name: review.read(TeamSettings, ("teams", name)) for name in document.keys(("teams",))}
    written = document.node(("escalation",)) is not None
    escalation = review.read(EscalationSettings, ("escalation",)) if written else None
    notices = review.read(NoticeSettings, ("notices",)) if document.node(("notices",)) else None
    check_promises(document, review)
    review.finish()
    by_name = {name: calendar for name, (_, calendar) in calendars.items()}
    return make_rules(
        [policy for policy in policies if policy is not None],
        [contract for contract in contracts if contract is not None],
        {name: route for name, route in routes.items() if route is not None},
        by_name,
        make_directory(
            {name: team for name, team in teams.items() if team is not None},
            tuple(str(document.value(level)) for level in document.below(("levels",))),
            escalation or EscalationSettings(),
            by_name,
            notices or NoticeSettings(),
            document.keys(("channels",)),
        ),
    )


_RULES = ("policies", "contracts", "calendars", "routes", "levels", "teams", "escalation", "notices")


def configuration_schema(catalogue: Catalogue) -> dict[str, object]:
    """The JSON Schema of the configuration file, with the settings of every installed plugin."""
    return json_schema(ConfigurationFile, {name: cls.settings for name, cls in catalogue.vendors().items()})


def _connections(document: Document, review: Review, catalogue: Catalogue) -> dict[str, ConnectionSettings]:
    vendors = catalogue.vendors()
    read: dict[str, ConnectionSettings] = {}
    for connection in document.keys(("connections",)):
        path = ("connections", connection)
        plugin = document.value((*path, "plugin"))
        if isinstance(plugin, str) and plugin in vendors:
            settings = review.read(vendors[plugin].settings, at=path)
            if settings is not None:
                read[connection] = settings
        elif isinstance(plugin, str) and plugin in catalogue.plugins:
            found = catalogue.plugins[plugin]
            problem = (
                found.problem
                if found.state is not PluginState.READY
                else "it is an extension, not a helpdesk"
            )
            review.report((*path, "plugin"), f"the plugin {plugin} cannot be used: {problem}")
        elif plugin is None:
            _report_no_plugin(document, review, path)
        else:
            review.report_unknown((*path, "plugin"), "plugin", sorted(vendors))
    return read


def _report_no_plugin(document: Document, review: Review, at: Place) -> None:
    """Report a connection without a `plugin`, and none of its other keys, because only the plugin could validate
    them.
    """
    keys = document.keys(at)
    near = nearest("plugin", keys) if "plugin" not in keys else None
    if near is not None:
        review.report((*at, near), f"unknown key {name(near)}; did you mean `plugin`?", of_key=True)
    elif "plugin" in keys:
        review.report(
            (*at, "plugin"), "nothing; allowed: the name of a plugin, see `escalation-bridge plugins`"
        )
    else:
        review.report(at, "plugin is missing (which plugin speaks to it: see `escalation-bridge plugins`)")


def _calendars(document: Document, review: Review) -> dict[str, tuple[Mapping[str, object], Calendar]]:
    """The calendars, with their data in which public holidays are written out as dates."""
    calendars: dict[str, tuple[Mapping[str, object], Calendar]] = {"always": ({}, ALWAYS)}
    for calendar in document.keys(("calendars",)):
        data = document.value(("calendars", calendar))
        if not isinstance(data, Mapping):
            review.report(
                ("calendars", calendar),
                "a calendar is a mapping: timezone, hours, holidays, overrides, breaks",
            )
            continue
        try:
            parse_calendar(without_countries(data))
            plain = write_out_holidays(data)
            calendars[calendar] = plain, parse_calendar(plain)
        except CalendarError as error:
            review.report(("calendars", calendar), str(error))
    return calendars
