"""Open a single connection, for commands that need nothing else of the bridge."""

from collections.abc import Iterator
from contextlib import contextmanager

from escalation_bridge.config.loading import Configuration
from escalation_bridge.configfile.findings import list_names, suggest
from escalation_bridge.errors import BridgeError, ConfigurationError, PluginError
from escalation_bridge.plugged.discovery import Catalogue
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.plugin.connection import Connection


@contextmanager
def reached(configuration: Configuration, catalogue: Catalogue, name: str) -> Iterator[Helpdesk]:
    """A connection of the configuration, closed at the end. This sends no request.

    Raises:
        ConfigurationError: There is no such connection.
        PluginError: Its plugin cannot be created.
    """
    settings = configuration.connections.get(name)
    if settings is None:
        known = configuration.connections
        raise ConfigurationError(
            f"there is no connection {name}{suggest(name, known)} known: {list_names(known)}"
        )
    try:
        plugin = catalogue.vendors()[settings.plugin](Connection(name, settings))
    except BridgeError:
        raise
    except Exception as error:
        raise PluginError(f"{name}: the plugin {settings.plugin} cannot be made: {error!r}") from error
    helpdesk = Helpdesk(name, plugin)
    try:
        yield helpdesk
    finally:
        helpdesk.close()
