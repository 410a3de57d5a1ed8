"""What mail programs add is left out; what somebody wrote never is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation_bridge.text.known_words import KnownWords
from escalation_bridge.text.outgoing import trim
from escalation_bridge.text.rich_text import from_html, from_text

HISTORY, BOTH = ("quoted_text",), ("mail_footer", "quoted_text")
KNOWN = KnownWords(
    ["Please restart it.\n\nBudi", "Restart it.", "Restart it.\nTwice.", "Mulai ulang."],
    ["Budi", "Budi Santoso"],
)
QUOTE = "<blockquote><p>Please restart it.</p><p>Budi</p></blockquote>"

# As mail programs write them: what is read, what is left of it, and what is said to be left out.
MAILS = {
    "Gmail": (
        "<div>It works now.</div><div><br></div><div>On Mon, 2 Mar 2026 at 16:02, Budi &lt;b@example.com&gt; wrote:</div>"
        + QUOTE,
        "It works now.",
        HISTORY,
    ),
    "Gmail in Indonesian": (
        "<div>Sudah bisa.</div><div>Pada tanggal Sen, 2 Mar 2026 pukul 16.02 Budi &lt;b@example.com&gt; menulis:</div>"
        + QUOTE,
        "Sudah bisa.",
        HISTORY,
    ),
    "Apple Mail, with a signature of the phone": (
        f"<p>It works.</p><p>Sent from my iPhone</p><p>On 2 Mar 2026, at 16:02, Budi wrote:</p>{QUOTE}",
        "It works.",
        BOTH,
    ),
    "an Indonesian phone": ("<p>Oke.<br>Dikirim dari iPhone saya</p>", "Oke.", ("mail_footer",)),
    "Outlook, headers in bold": (
        "<p>It works.</p><p><b>From:</b> Budi<br><b>Sent:</b> Monday, 2 March 2026 16:02<br><b>To:</b> Sari</p><p>Please restart it.</p>",
        "It works.",
        HISTORY,
    ),
    "Outlook in Indonesian": (
        "<p>Bisa.</p><p>Dari: Budi<br>Dikirim: Senin<br>Kepada: Sari<br>Subjek: RE: Printer</p><p>Mulai ulang.</p>",
        "Bisa.",
        HISTORY,
    ),
    "an old Outlook": (
        "<p>Yes.</p><p>-----Original Message-----<br>From: Budi</p><p>Restart it.</p>",
        "Yes.",
        HISTORY,
    ),
    "Zendesk's own line": (
        "<p>Yes.</p><p>##- Please type your reply above this line -##</p><p>Your request (17) has been updated.</p><p>Restart it.</p>",
        "Yes.",
        HISTORY,
    ),
    "an introduction over two lines": (
        "<p>Yes.</p><p>On Monday, 2 March 2026, Budi Santoso<br>&lt;b@example.com&gt; wrote:<br>&gt; Restart it.</p>",
        "Yes.",
        HISTORY,
    ),
    "a quote that is not marked": (
        "<p>Yes.</p><p>On 2 Mar 2026 Budi wrote:</p><p>Restart it.</p><p>Twice.</p>",
        "Yes.",
        HISTORY,
    ),
    "a signature": ("<p>Yes.</p><p>--<br>Sari<br>Toko Maju</p>", "Yes.", ("signature",)),
    "a signature below the quote": (
        "<p>Yes.</p><p>On 2 Mar 2026 Budi wrote:<br>&gt; Restart it.</p><p>--<br>Sari</p>",
        "Yes.",
        HISTORY,
    ),
    "German": (
        f"<p>Ja.</p><p>Am 2. März 2026 um 16:02 schrieb Budi &lt;b@x.de&gt;:</p>{QUOTE}",
        "Ja.",
        HISTORY,
    ),
    "a picture": (
        f'<p><img src="https://x.example/a.png"></p><p>On 2 Mar 2026 Budi wrote:</p>{QUOTE}',
        "[image]",
        HISTORY,
    ),
}

KEPT = {
    "an answer between the lines": (
        "<p>See below.</p><p>On 2 Mar 2026 Budi wrote:</p><blockquote><p>Which version?</p></blockquote><p>Seven.</p>"
    ),
    "an answer between the lines of a text": (
        "<p>On 2 Mar 2026 Budi wrote:<br>&gt; Which version?<br>Seven.<br>&gt; Which colour?<br>Red.</p>"
    ),
    "a forwarded message": (
        "<p>See what they say.</p><p>---------- Forwarded message ---------<br>From: Budi<br>Date: Monday<br>"
        "Subject: Printer<br>To: Sari</p><p>It burns.</p>"
    ),
    "nothing but a quote": f"<p>On 2 Mar 2026 Budi wrote:</p>{QUOTE}",
    "nothing but a signature": "<p>--<br>Sari</p>",
    "nothing but a forwarded mail": "<p>From: Budi<br>Sent: Monday<br>Subject: Printer</p><p>It burns.</p>",
    "what somebody wrote on the phone": "<p>On the phone she wrote:</p><p>restart it.</p>",
    "a message that is quoted": "<p>The printer says:</p><blockquote><p>PC LOAD LETTER</p></blockquote>",
    "one header": "<p>From: the beginning it was slow.</p><p>To: be fair, not always.</p><p>It stays so.</p>",
    "a command line": "<p>I typed<br>&gt; npm install<br>&gt; npm start</p>",
    "two hyphens far from the end": "<p>First.<br>--<br>"
    + "<br>".join(f"Point {n}." for n in range(20))
    + "</p>",
    "what was sent from somewhere": "<p>Sent from my iPhone</p><p>and from my desk it fails as well.</p>",
    "thanks": "<p>Thanks,<br>it works. But now the other one fails.</p>",
}


@pytest.mark.parametrize("case", MAILS.values(), ids=MAILS.keys())
def test_what_mail_programs_add_is_left_out(case):
    markup, left, left_out = case
    trimmed = trim(from_html(markup), known=KNOWN, author="Sari Dewi", signatures=True)
    assert (trimmed.body.text, trimmed.left_out) == (left, left_out)
    assert trim(trimmed.body, known=KNOWN, author="Sari Dewi", signatures=True).body == trimmed.body


@pytest.mark.parametrize("markup", KEPT.values(), ids=KEPT.keys())
def test_what_somebody_wrote_is_kept(markup):
    body = from_html(markup)
    trimmed = trim(body, known=KNOWN, author="Sari Dewi", signatures=True)
    assert (trimmed.body, trimmed.left_out) == (body, ())


def test_colleagues_may_part_their_paragraphs_with_hyphens():
    body = from_html("<p>First.</p><p>--</p><p>Sari</p>")
    assert trim(body, known=KNOWN, author="Sari Dewi", signatures=False).body == body
    assert trim(body, known=KNOWN, author="Sari Dewi", signatures=True).body.text == "First."


def test_plain_text_is_trimmed_as_well():
    mail = "It works.\n\nOn 2 Mar 2026, Budi <b@example.com> wrote:\n> Restart it.\n> Budi\n\n-- \nSari"
    trimmed = trim(from_text(mail), known=KNOWN, author="Sari", signatures=True)
    assert (trimmed.body.text, trimmed.left_out) == ("It works.", HISTORY)


def test_formatting_above_the_cut_stays():
    body = from_html(f"<ul><li><b>One</b></li></ul><p><i>On 2 Mar 2026 Budi wrote:</i></p>{QUOTE}")
    assert (
        trim(body, known=KNOWN, author="Sari Dewi", signatures=True).body.html
        == "<ul><li><b>One</b></li></ul>"
    )


pieces = st.sampled_from(
    [
        "Words",
        "On 2 Mar 2026 Budi wrote:",
        "Pada 2 Mar 2026 Budi menulis:",
        "--",
        "&gt; quoted",
        "From: Budi",
        "Sent: Monday",
        "To: Sari",
        "Sent from my phone",
        "-----Original Message-----",
        "Forwarded message",
    ]
)
tags = st.sampled_from(
    ["<p>{}</p>", "<blockquote><p>{}</p></blockquote>", "{}<br>", "<pre>{}</pre>", "<b>{}", "</p>{}"]
)


@given(st.lists(st.tuples(tags, pieces), max_size=12), st.booleans())
def test_nothing_is_made_up_and_nothing_trimmed_to_nothing(parts, signatures):
    body = from_html("".join(tag.format(piece) for tag, piece in parts))
    trimmed = trim(body, known=KNOWN, author="Sari Dewi", signatures=signatures)
    assert bool(trimmed.body) is bool(body)
    assert body.text.startswith(trimmed.body.text.rstrip())
    assert (trimmed.body == body) is (trimmed.left_out == ())


@given(st.text(max_size=300), st.booleans())
def test_no_text_is_too_odd(text, signatures):
    for body in (from_text(text), from_html(text)):
        assert bool(trim(body, known=KNOWN, author="Sari Dewi", signatures=signatures).body) is bool(body)
