"""How many words mail trimming loses, and how much history it leaves: the bridge's own code beside mail-parser-reply.

    python benchmarks/quoted_mail.py

reads `tests/unit/mails/corpus.toml`. mail-parser-reply is no dependency; install it into an environment of its own to compare. Its
parser takes plain text, so the HTML mails reach it as the plain text that the bridge makes of them. Its languages are English and
German; Indonesian is not among those that it knows. See docs/adr/0013-quotes-by-lines.md.
"""

import tomllib
from collections.abc import Callable
from pathlib import Path

from escalation_bridge.domain.tickets.tickets import RichText
from escalation_bridge.text.known_words import KnownWords
from escalation_bridge.text.outgoing import trim
from escalation_bridge.text.rich_text import from_html, from_text

CORPUS = Path(__file__).parent.parent / "tests" / "unit" / "mails" / "corpus.toml"
Mail = dict[str, object]
Trimmer = Callable[[RichText, Mail], str]


def own(body: RichText, mail: Mail) -> str:
    known = KnownWords(mail["known"], ["Budi", "Support"])  # type: ignore[arg-type]
    return trim(body, known=known, author=str(mail["author"]), signatures=True).body.text


def main() -> None:
    trimmers: dict[str, Trimmer] = {"own code": own}
    try:
        from mailparser_reply import EmailReplyParser
    except ImportError:
        print("mail-parser-reply is not installed: only the bridge's own code is measured")
    else:
        parser = EmailReplyParser(languages=["en", "de"])
        trimmers["mail-parser-reply"] = lambda body, _: parser.parse_reply(text=body.text) or ""
    mails = tomllib.loads(CORPUS.read_text(encoding="utf-8"))["mail"]
    for name, trimmer in trimmers.items():
        losing, left = [], []
        for mail in mails:
            body = from_html(mail["mail"]) if mail.get("html") else from_text(mail["mail"])
            shown = _words(trimmer(body, mail))
            losing += [mail["name"]] if any(_words(each) not in shown for each in mail["keep"]) else []
            left += [mail["name"]] if any(_words(each) in shown for each in mail["gone"]) else []
        removable = sum(bool(mail["gone"]) for mail in mails)
        print(
            f"{name}: {len(losing)} of {len(mails)} mails lose words; {len(left)} of {removable} keep history or a signature"
        )
        for case in losing:
            print(f"    loses words: {case}")
        for case in left:
            print(f"    keeps history: {case}")


def _words(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    main()
