"""`escalation-bridge classify`: how grave a text is, and why; many texts as JSON lines; and how good the rules are."""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from escalation_bridge.cli.console.output import AsJson, iso, print_json
from escalation_bridge.cli.console.terminal import print_line
from escalation_bridge.cli.running import opened_store
from escalation_bridge.cli.severity.measure import Quality, measure, quality_lines
from escalation_bridge.config.loading import load_triage
from escalation_bridge.config.triage import TriageSettings, rule_book
from escalation_bridge.domain.tickets.classification import Classification
from escalation_bridge.domain.triage.assess import Assessment, Report, RuleBook
from escalation_bridge.errors import BridgeError
from escalation_bridge.messages.severity import explain_severity, reason_line, veto_line
from escalation_bridge.store.cases.corrections import load_corrections

Language = Literal["en", "id"]


def classify(
    text: Annotated[str | None, typer.Argument(help="The text of a ticket.")] = None,
    subject: Annotated[str, typer.Option(help="The ticket's subject.")] = "",
    channel: Annotated[str, typer.Option(help="The channel through which it came.")] = "",
    tag: Annotated[list[str] | None, typer.Option(help="A tag of the ticket; may be repeated.")] = None,
    language: Annotated[Language, typer.Option(help="The language of the reasons.")] = "en",
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="A configuration file with rules of your own.")
    ] = None,
    measured: Annotated[
        Path | None,
        typer.Option(
            "--measure", help="Compare with a file of labelled texts: JSON lines with text and kind."
        ),
    ] = None,
    corrections: Annotated[
        bool,
        typer.Option("--corrections", help="List the severities that agents corrected, as JSON lines."),
    ] = False,
    batch: Annotated[
        bool,
        typer.Option(
            "--batch", help="Read one JSON object per line from standard input, and answer in the same order."
        ),
    ] = False,
    *,
    as_json: AsJson = False,
) -> None:
    """Show how grave a text is, and why; many as JSON lines.

    It needs no configuration and no database; only --corrections reads them.

    With --batch, in: {"text": "...", "subject"?, "channel"?, "tags"?, "language"?}; out: {"severity": "emergency" or "standard",
    "kind": "safety", "disruption", "damage", "important" or "standard", "reason": "..."}. A bad line is answered {"error": "..."},
    the other lines are processed, and the exit status is 1.
    """
    if sum((batch, corrections, measured is not None, text is not None)) != 1:
        raise typer.BadParameter(
            "one of these is required: a text, --batch, --measure FILE, or --corrections"
        )
    if corrections:
        _list_corrections(config or Path("bridge.yaml"))
        return
    book = rule_book(load_triage(config) if config is not None else TriageSettings())
    if batch:
        _answer_lines(book, language)
    elif measured is not None:
        _measure(book, measured, as_json=as_json)
    else:
        report = Report(text or "", subject=subject, channel=channel, tags=tuple(tag or ()))
        assessment = book.assess(report)
        if as_json:
            print_json(_facts(assessment, report, language))
        else:
            print_line("\n".join(_lines(assessment, report, language)))


def _lines(assessment: Assessment, report: Report, language: str) -> Iterator[str]:
    yield explain_severity(assessment, language, empty=_is_empty(report))
    for reason in assessment.reasons:
        yield f"  +{reason.points:<3} {reason.rule}: {reason_line(reason, language)}"
    for veto in assessment.vetoes:
        yield f"  -    {veto.rule}: {veto_line(veto, language)}"


def _facts(assessment: Assessment, report: Report, language: str) -> dict[str, object]:
    return {
        "severity": str(assessment.severity),
        "kind": str(assessment.kind),
        "reason": explain_severity(assessment, language, empty=_is_empty(report)),
    }


def _is_empty(report: Report) -> bool:
    return not (report.text.strip() or report.subject.strip())


# --- many -----------------------------------------------------------------------------------------------------------


def _answer_lines(book: RuleBook, language: str) -> None:
    failed = False
    for line in sys.stdin.buffer:
        try:
            report = read_report(_read(line))
            given = _facts(book.assess(report), report, language)
        except (ValueError, RecursionError) as error:
            failed = True
            given = {"error": "nested too deep" if isinstance(error, RecursionError) else str(error)}
        sys.stdout.write(json.dumps(given) + "\n")
        sys.stdout.flush()  # whoever asks may wait for the answer before asking on
    if failed:
        raise typer.Exit(1)


def _read(line: bytes) -> Mapping[str, Any]:
    try:
        given = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ValueError(f"line: not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"line: not JSON: {error.msg} at column {error.colno}") from None
    except ValueError:
        raise _wrong("line", "a number has too many digits") from None
    if not isinstance(given, dict):
        raise _wrong("line", "must be a JSON object")
    return given


def _wrong(place: str, problem: str) -> ValueError:
    return ValueError(f"{place}: {problem}")


def read_report(given: Mapping[str, Any]) -> Report:
    """Read a ticket of a line. Fields that it does not know are ignored, and null is an absent field.

    Raises:
        ValueError: A field is missing or of the wrong kind; the message begins with its name.
    """
    if given.get("text") is None:
        raise ValueError("text: is missing")
    tags = given.get("tags")
    if tags is not None and not (isinstance(tags, list) and all(isinstance(tag, str) for tag in tags)):
        raise _wrong("tags", "must be a list of texts")
    fields = given.get("fields")
    if fields is not None and not isinstance(fields, dict):
        raise _wrong("fields", "must be an object")
    return Report(
        text=_text(given, "text"),
        subject=_text(given, "subject"),
        channel=_text(given, "channel"),
        tags=tuple(tags or ()),
        language=_text(given, "language")[:2].casefold() or None,
        tier=_text(given, "tier"),
        fields={name: str(value) for name, value in (fields or {}).items() if value is not None},
        similar=_count(given, "similar"),
        customers=_count(given, "customers"),
    )


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _wrong(name, "must be a text")
    return value


def _count(given: Mapping[str, Any], name: str) -> int:
    value = given.get(name)
    if value is None:
        return 0
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise _wrong(name, "must be a whole number of at least 0")
    return value


# --- what people corrected ------------------------------------------------------------------------------------------


def _list_corrections(config: Path) -> None:
    with opened_store(config) as (database, _), database.read() as transaction:
        for stored in load_corrections(transaction):
            correction = stored.correction
            line = {
                "case": stored.case_id,
                "ticket": str(stored.ticket),
                "at": iso(correction.at),
                "by": correction.by,
                "before": _as_document(correction.before),
                "after": _as_document(correction.after),
                "reason": correction.reason,
            }
            sys.stdout.write(json.dumps(line) + "\n")


def _as_document(classification: Classification) -> dict[str, object]:
    return {
        "severity": str(classification.severity),
        "category": classification.category,
        "rules": list(classification.rules),
    }


# --- how good the rules are -----------------------------------------------------------------------------------------


def _measure(book: RuleBook, file: Path, *, as_json: bool) -> None:
    quality = measure(book, list(_labelled(file)))
    if as_json:
        print_json(quality.as_dict())
    else:
        print_line("\n".join(quality_lines(quality)))


def _labelled(file: Path) -> Iterator[tuple[Report, str, bool]]:
    """The texts of a file, their kinds, and whether they are traps. Lines that begin with # are comments."""
    try:
        lines = file.read_bytes().splitlines()
    except OSError as error:
        raise BridgeError(f"{file} cannot be read: {error.strerror}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith(b"#"):
            continue
        try:
            given = _read(line)
            kind = given.get("kind")
            if kind not in Quality.KINDS:
                raise _wrong("kind", f"must be one of {', '.join(Quality.KINDS)}")
            yield read_report(given), str(kind), bool(given.get("trap"))
        except ValueError as error:
            raise BridgeError(f"{file}, line {number}: {error}") from error
