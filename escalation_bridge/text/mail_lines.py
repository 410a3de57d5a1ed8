"""Lines that mail programs and helpdesks write, in the languages of their users.

To add a language, add its words to these tables and a mail to the corpus of `tests/unit/mails`. Only lines of ordinary length are
parsed, by their words, so that no line is expensive.
"""

from collections.abc import Sequence

_LONGEST_LINE = 300

_INTRODUCTIONS = (  # how it begins, and its verb
    ("on ", " wrote"),
    ("pada ", " menulis"),
    ("am ", " schrieb"),
    ("le ", " a écrit"),
    ("el ", " escribió"),
    ("em ", " escreveu"),
    ("op ", " schreef"),
    ("il ", " ha scritto"),
)
_DIVIDERS = (
    "original message",
    "original appointment",
    "pesan asli",
    "ursprüngliche nachricht",
    "message d'origine",
    "mensaje original",
)
_FORWARDINGS = (
    "begin forwarded message",
    "forwarded message",
    "pesan terusan",
    "pesan yang diteruskan",
    "awal pesan yang diteruskan",
    "weitergeleitete nachricht",
    "anfang der weitergeleiteten nachricht",
)
_FROM = frozenset("from dari von de van da".split())
_SENT = frozenset("sent date dikirim terkirim tanggal gesendet datum envoyé enviado verzonden".split())
_OTHERS = frozenset(
    "to cc bcc subject reply-to kepada untuk ke subjek perihal tembusan an betreff objet para asunto aan onderwerp".split()
)
_GREETINGS = frozenset("hi hello dear halo hai yth kepada hallo guten sehr liebe lieber good selamat".split())
_CLOSINGS = (
    "best regards",
    "kind regards",
    "regards",
    "best",
    "thanks",
    "thank you",
    "many thanks",
    "sincerely",
    "salam",
    "salam hormat",
    "hormat kami",
    "terima kasih",
    "mit freundlichen grüßen",
    "viele grüße",
    "beste grüße",
    "liebe grüße",
    "danke",
)
_HELPDESKS = (
    "this email is a service from",
    "delivered by zendesk",
    "email ini adalah layanan dari",
    "diese e-mail ist ein service von",
    "to add additional comments, reply to this email",
    "your request (",
    "permintaan anda (",
    "ihre anfrage (",
    "ticket-id",
    "ticket id",
)
_MONTHS = frozenset(
    "jan feb mar apr may jun jul aug sep oct nov dec mei agu okt des mär mai dez "
    "januari februari maret april juni juli agustus september oktober november desember "
    "january february march june august october december januar februar märz".split()
)
_FOOTERS = (  # how it begins, and whether a device or a program has to follow
    "sent from my",
    "sent from",
    "get outlook for",
    "sent via",
    "dikirim dari",
    "dapatkan outlook untuk",
    "von meinem",
    "gesendet von meinem",
    "gesendet von",
    "outlook für",
    "holen sie sich outlook für",
)
_DEVICES = frozenset(
    "iphone ipad galaxy samsung android huawei xiaomi redmi oppo vivo realme pixel nokia blackberry mobile phone handy ponsel hp "
    "smartphone tablet outlook yahoo mail email gmail proton windows ios mobilgerät perangkat".split()
)
_AFTER_DEVICES = _DEVICES | frozenset(
    "saya cerdas seluler for für untuk on pada mac os 4g 5g lte device app pro max plus mini ultra note tab se gesendet secure the".split()
)


def is_introduction(text: str) -> bool:
    """Whether it is "On Mon, 2 Mar 2026 at 16:02, Sari <sari@example.com> wrote:". It must have a date: "On the
    phone she wrote:" is none.
    """
    if len(text) > _LONGEST_LINE or not text.endswith(":") or not any(map(str.isdigit, text)):
        return False
    folded = text.casefold()
    return any(folded.startswith(start) and verb in folded for start, verb in _INTRODUCTIONS)


def is_divider(text: str) -> bool:
    """Whether it is "-----Original Message-----" (Outlook) or "##- Please type your reply above this line -##"
    (Zendesk).
    """
    if len(text) > _LONGEST_LINE:
        return False
    if text.startswith("##-") and text.endswith("-##"):
        return True
    inner = text.strip("-_ ")
    return inner != text and inner.casefold() in _DIVIDERS and text[0] in "-_"


def is_forwarding(text: str) -> bool:
    """Whether it begins a forwarded message."""
    return len(text) <= _LONGEST_LINE and text.strip("-_ :").casefold().startswith(_FORWARDINGS)


def header_block(texts: Sequence[str]) -> int:
    """The number of header lines of the quoted mail, as Outlook writes them; 0: none."""
    kinds = []
    for text in texts:
        kind = _header(text)
        if kind is None:
            break
        kinds.append(kind)
    whole = len(kinds) >= 3 and kinds[0] == "from" and "sent" in kinds[1:3] and "other" in kinds
    return len(kinds) if whole else 0


def _header(text: str) -> str | None:
    name, colon, value = text[:_LONGEST_LINE].partition(":")
    word = name.strip("* ").casefold()
    if not colon or not value.strip("* "):
        return None
    return next(
        (kind for kind, words in (("from", _FROM), ("sent", _SENT), ("other", _OTHERS)) if word in words),
        None,
    )


def is_mails_own(text: str) -> bool:
    """Whether a mail program or a helpdesk wrote the line, rather than a person."""
    if len(text) > _LONGEST_LINE:
        return False
    folded = text.casefold().strip()
    words = folded.replace(",", " ").replace(".", " ").split()
    return (
        not words
        or not any(map(str.isalnum, folded))
        or is_introduction(text)
        or is_divider(text)
        or _header(text) is not None
        or folded.startswith(_HELPDESKS)
        or folded.strip(" ,.!") in _CLOSINGS
        or (words[0] in _GREETINGS and len(words) <= 5 and text.rstrip()[-1] in ",!")
        or (len(words) <= 8 and any(map(str.isdigit, folded)) and not _MONTHS.isdisjoint(words))
        or is_footer(text)
    )


def is_footer(text: str) -> bool:
    """Whether it is only a footer of a phone or a program, such as "Sent from my iPhone"."""
    folded = text.casefold().strip(" .!-_")
    if len(folded) > 80:
        return False
    for start in _FOOTERS:
        if folded.startswith(start + " "):
            first, *others = folded[len(start) :].split()
            if first in _DEVICES and all(each in _AFTER_DEVICES or _is_model(each) for each in others):
                return True
    return False


def _is_model(word: str) -> bool:
    return len(word) <= 5 and any(map(str.isdigit, word))


def is_contact_detail(text: str) -> bool:
    """Whether a line may be part of a signature: a name, a role, a company, a number, an address; not a sentence,
    step or question.
    """
    words = text.split()
    if not words or len(text) > 90 or len(words) > 9 or text.startswith(">"):
        return False
    if text[-1] in "?!:;" or (text[-1] == "." and len(words) > 3):
        return False
    first = words[0]
    is_step = first in ("-", "*", "•", "\u2013", "->", "=>") or (
        first.rstrip(".):").isdigit() and first[-1] in ".):"
    )
    return not is_step
