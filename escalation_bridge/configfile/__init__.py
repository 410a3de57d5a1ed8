"""The configuration file: parse it, validate it against models, and report all errors at once.

    document = load_document("bridge.yaml")
    review = Review(document)
    settings = review.read(BridgeSettings)
    for name in document.keys(("connections",)):
        review.read(settings_of_the_plugin, at=("connections", name))
    review.report_unknown(("routes", 0, "to"), "connection", known=connections)
    review.finish()

This package knows YAML, references and pydantic, and none of the bridge's own settings. Its rooms, in the order of the
work: `yamlreader` makes a tree of the text, `references` follows `${NAME}` and `file:`, `document` is the outcome,
`review` validates, `translation` puts pydantic's errors into words, `schema` publishes a JSON Schema for editors.
"""

from escalation_bridge.configfile.document import Document, load_document
from escalation_bridge.configfile.findings import Finding, InvalidConfiguration, Path, Place, write_path
from escalation_bridge.configfile.review import Review, validate
from escalation_bridge.configfile.schema import json_schema

__all__ = [
    "Document",
    "Finding",
    "InvalidConfiguration",
    "Path",
    "Place",
    "Review",
    "json_schema",
    "load_document",
    "validate",
    "write_path",
]
