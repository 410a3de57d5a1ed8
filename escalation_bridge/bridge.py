"""The running bridge: everything the engine and the receiver work with, put together from a configuration."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog

from escalation_bridge.config.loading import Configuration
from escalation_bridge.config.rules import rules_kept
from escalation_bridge.config.teams.rota_calendars import facts_of_files
from escalation_bridge.config.triage import rule_book
from escalation_bridge.config.zone_data import OLD_DATA, choose, fingerprints, system_fingerprints
from escalation_bridge.domain.case.cases import Rules
from escalation_bridge.domain.sla.standstills import Span
from escalation_bridge.domain.teams.directory import Directory
from escalation_bridge.domain.teams.facts import Facts, RoleLeads, with_facts
from escalation_bridge.domain.triage.assess import RuleBook
from escalation_bridge.errors import AuthenticationFailed, PluginError, StoreUnavailable
from escalation_bridge.messages.signed_links import SignedLinks
from escalation_bridge.plugged.channels import Channel, make_channels
from escalation_bridge.plugged.discovery import Catalogue
from escalation_bridge.plugged.extensions import Extensions
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.plugin.connection import Connection, HelpdeskPlugin, utc_now
from escalation_bridge.plugin.http.meter import Budgets
from escalation_bridge.plugin.settings import ConnectionSettings
from escalation_bridge.store.cases.incident_memory import IncidentMemory
from escalation_bridge.store.connections.refused_credentials import (
    note_accepted,
    note_refused,
    refused_connections,
)
from escalation_bridge.store.connections.request_budgets import StoredBoard
from escalation_bridge.store.database.bridge_id import bridge_id, known_link_secret, link_secret
from escalation_bridge.store.database.database import Database
from escalation_bridge.store.operation.heartbeat import Heartbeat
from escalation_bridge.store.rules.versions import keep_version, load_version
from escalation_bridge.store.rules.zones import keep_rules, known_rules, wake_counted_cases, zones_in_use

_log = structlog.get_logger(__name__)


class KnownFacts:
    """What is known about teams beside the configuration. Replaced as a whole; safe to use from several threads."""

    def __init__(self) -> None:
        self._facts: tuple[Facts, RoleLeads] = ({}, {})
        self._merged: tuple[Directory, tuple[Facts, RoleLeads], Directory] | None = None

    def learn(self, facts: Facts, role_leads: RoleLeads | None = None) -> None:
        """Replace all facts about teams, and who is a lead by a role."""
        self._facts = facts, role_leads or {}

    def added_to(self, configured: Directory) -> Directory:
        """A directory with the facts in it; the configured one itself while nothing is known."""
        facts, merged = self._facts, self._merged
        if not any(facts):
            return configured
        if merged is None or merged[0] is not configured or merged[1] is not facts:
            merged = self._merged = configured, facts, with_facts(configured, *facts)
        return merged[2]


@dataclass(frozen=True, slots=True)
class Bridge:
    """One bridge.

    Attributes:
        id: Its own id, kept in its database.
        helpdesks: The enabled connections, by name.
        rules: Those of the configuration, under which new cases are opened. Decisions need `rules_under`.
        rules_version: Their number in the store; 0 where none is kept.
        catch_up_per_minute: How many overdue ladder steps are carried out per minute after a standstill.
        language: The language of what it writes, unless a connection says otherwise.
        now: The wall clock.
        rule_book: How the severity is found; None: only the priority counts.
        urgent_is_emergency: Whether the vendor's priority urgent makes an emergency.
        incident_memory: What this process remembers of the tickets that arrived.
        links: Makes and reads the signed links to the receiver's pages.
        channels: By which notices go out, by name.
    """

    id: str
    database: Database
    helpdesks: Mapping[str, Helpdesk]
    extensions: Extensions
    rules: Rules
    language: str
    now: Callable[[], datetime]
    catch_up_per_minute: int = 60
    rules_version: int = 0
    rule_book: RuleBook | None = None
    urgent_is_emergency: bool = True
    links: SignedLinks = field(default_factory=SignedLinks, repr=False, compare=False)
    channels: Mapping[str, Channel] = field(default_factory=dict)
    known_facts: KnownFacts = field(default_factory=KnownFacts, repr=False, compare=False)
    _kept_rules: dict[int, Rules] = field(default_factory=dict, repr=False, compare=False)
    incident_memory: IncidentMemory = field(default_factory=IncidentMemory, repr=False, compare=False)
    _heartbeat: Heartbeat = field(default_factory=Heartbeat, repr=False, compare=False)

    def __post_init__(self) -> None:
        for helpdesk in self.helpdesks.values():
            helpdesk.watch = self._note_credentials

    def _note_credentials(self, name: str, refused: AuthenticationFailed | None) -> None:
        """Write down whether a connection's credentials are accepted. Trouble with the database is no trouble of the vendor's."""
        try:
            if refused is not None:
                with self.database.write() as transaction:
                    note_refused(transaction, name, str(refused), self.now())
                return
            with self.database.read() as transaction:
                is_alerted = any(one.name == name for one in refused_connections(transaction))
            if is_alerted:
                with self.database.write() as transaction:
                    note_accepted(transaction, name, self.now())
        except StoreUnavailable as error:
            _log.error("connection.not_noted", connection=name, error=str(error))

    def rules_under(self, version: int | None) -> Rules:
        """The rules of a version: what a case was opened under counts for it, whatever is configured since.

        Their teams are the present ones, with what is known about them.
        """
        rules = self._configured_under(version)
        directory = self.known_facts.added_to(rules.directory)
        return rules if directory is rules.directory else replace(rules, directory=directory)

    def _configured_under(self, version: int | None) -> Rules:
        if version is None or version == self.rules_version:
            return self.rules
        if version not in self._kept_rules:
            with self.database.read() as transaction:
                kept = load_version(transaction, version)
            self._kept_rules[version] = replace(
                rules_kept(json.loads(kept.document), self.rules),
                severity_labels=self.rules.severity_labels,
            )
        return self._kept_rules[version]

    def language_of(self, connection: str) -> str:
        """The language of what is written into a connection's tickets."""
        helpdesk = self.helpdesks.get(connection)
        return (helpdesk.settings.language if helpdesk else None) or self.language

    def opens_cases(self, connection: str) -> bool:
        """Whether a ticket of a connection opens a case under the rules in force."""
        return self.rules.opens_cases(connection)

    def beat(self) -> None:
        """Say that a worker is running, so that it is known later when none was."""
        self._heartbeat.beat(self.database, self.now())

    def standstills(self) -> tuple[Span, ...] | None:
        """When no worker ran, until now; None: that was never kept."""
        return self._heartbeat.standstills(self.database, self.now())

    def close(self) -> None:
        """Close all connections."""
        for helpdesk in self.helpdesks.values():
            helpdesk.close()
        self.database.close()


def open_bridge(
    configuration: Configuration,
    catalogue: Catalogue,
    now: Callable[[], datetime] = utc_now,
    *,
    looks_only: bool = False,
) -> Bridge:
    """Put a bridge together. Makes or upgrades the database; touches no vendor.

    Args:
        configuration: The configuration.
        catalogue: The installed plugins.
        now: The clock.
        looks_only: Make and upgrade nothing; there has to be a database.

    Raises:
        StoreUnavailable: The database cannot be opened.
        StoreMissing: It looks only, and there is no database of this version.
        PluginError: A plugin breaks the contract.
    """
    database = Database(configuration.database)
    own_id, secret, version = _make_ready(database, configuration, now(), looks_only=looks_only)
    vendors = catalogue.vendors()
    helpdesks = {
        name: helpdesk
        for name, settings in configuration.connections.items()
        if settings.enabled
        and (
            helpdesk := _connect(
                Connection(name, settings, now, Budgets(StoredBoard(database, name))),
                vendors[settings.plugin],
            )
        )
        is not None
    }
    extensions = Extensions(
        {name: catalogue.extensions()[name]() for name in configuration.bridge.extensions},
        configuration.texts,
    )
    known_facts = KnownFacts()
    known_facts.learn(facts_of_files(configuration.rules.directory, now()))
    return Bridge(
        id=own_id,
        database=database,
        helpdesks=helpdesks,
        extensions=extensions,
        rules=configuration.rules,
        language=configuration.bridge.language,
        now=now,
        catch_up_per_minute=configuration.bridge.catch_up_per_minute,
        rules_version=version,
        rule_book=rule_book(configuration.triage),
        urgent_is_emergency=configuration.triage.urgent_is_emergency,
        known_facts=known_facts,
        links=SignedLinks(secret, configuration.bridge.public_url),
        channels=make_channels(configuration.channels),
    )


def _make_ready(
    database: Database, configuration: Configuration, now: datetime, *, looks_only: bool
) -> tuple[str, str, int]:
    """The bridge's id, the secret of its links, and the version of its rules.

    Who looks only works with the rules that the cases have.
    """
    if looks_only:
        database.require()
        with database.read() as transaction:
            return bridge_id(transaction), known_link_secret(transaction) or "", 0
    database.upgrade()
    with database.write() as transaction:
        promises = json.dumps(configuration.promises, sort_keys=True)
        version = keep_version(transaction, promises, now)
        _follow_zone_rules(transaction, version, now)
        return bridge_id(transaction), link_secret(transaction), version


def _follow_zone_rules(transaction: sa.Connection, version: int, now: datetime) -> None:
    """Have running dues computed again where the rules of their time zones are not those from before."""
    data = choose()
    if data.is_old(now.date()):
        _log.warning("zones.old", version=data.version, source=data.source, advice=OLD_DATA)
    present = fingerprints(zones_in_use(transaction, version))
    known = known_rules(transaction)
    # Before they were kept Python's choice counted: the operating system's.
    before = system_fingerprints(present) if known is None else known
    changed = [zone for zone, rules in present.items() if before.get(zone, rules) != rules]
    if changed:
        woken = wake_counted_cases(transaction, changed, now)
        _log.warning("zones.changed", zones=changed, version=str(data), cases=woken)
    if known is None or any(known.get(zone) != rules for zone, rules in present.items()):
        keep_rules(transaction, {**(known or {}), **present})


def _connect(
    connection: Connection[ConnectionSettings], vendor: type[HelpdeskPlugin[Any]]
) -> Helpdesk | None:
    """One connection; None, and a line in the log, where its plugin cannot even be made: the others work."""
    try:
        return Helpdesk(connection.name, vendor(connection))
    except PluginError:
        raise
    except Exception:  # noqa: BLE001 - a stranger's constructor; one connection in trouble stops no other
        _log.exception("connection.broken", connection=connection.name, plugin=vendor.vendor)
        return None
