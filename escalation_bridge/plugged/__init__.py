"""The core's side of the plugin interface: discovery, and typed calls to connections and extensions."""
