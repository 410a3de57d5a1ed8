"""Files on their way to a vendor: streamed in one piece of a form, and under names that are names."""

from collections.abc import Iterator
from email.parser import BytesParser
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation_bridge.plugin import FileBody, FileDraft, FormBody, Visibility, file_name

MIB = 1024 * 1024


def draft(content: bytes, kind: str = "image/png") -> FileDraft:
    return FileDraft("a", kind, len(content), "", Visibility.PRIVATE, lambda: BytesIO(content))


@given(
    name=st.text(max_size=300),
    kind=st.text(max_size=60),
    content=st.binary(max_size=300),
    said=st.text(max_size=50),
)
def test_no_name_type_or_content_breaks_out_of_its_part(name: str, kind: str, content: bytes, said: str):
    body = FormBody(
        "attachments[]", file_name(name), draft(content, kind), [("body", said), ("private", "true")]
    )
    whole = b"".join(body)
    assert len(whole) == len(body)
    form = BytesParser().parsebytes(f"Content-Type: {body.content_type}\r\n\r\n".encode() + whole)
    parts = form.get_payload()
    assert [part.get_param("name", header="content-disposition") for part in parts] == [
        "body",
        "private",
        "attachments[]",
    ]
    assert parts[2].keys() == ["Content-Disposition", "Content-Type"]
    head, _, rest = whole.partition(b'name="attachments[]"')[2].partition(b"\r\n\r\n")
    assert head.count(b'"') == 2
    assert rest.startswith(content)


@pytest.mark.parametrize(
    ("given_type", "sent_type"),
    [
        ("image/png", "image/png"),
        ("image/svg+xml", "image/svg+xml"),
        ("text/plain; charset=utf-8", "text/plain; charset=utf-8"),
        ("text/plain\r\nX-Evil: 1", "application/octet-stream"),
        ('text/"', "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
def test_only_a_type_is_sent_as_one(given_type: str, sent_type: str):
    assert f"Content-Type: {sent_type}\r\n\r\nx".encode() in b"".join(
        FormBody("file", "a", draft(b"x", given_type))
    )


@pytest.mark.parametrize("form", [FileBody, lambda file: FormBody("file", "a", file)])
def test_a_body_is_read_anew_at_every_attempt_and_piece_by_piece(form):
    class Endless(BytesIO):
        asked: list[int] = []  # noqa: RUF012 - of all that were opened

        def read(self, size: int | None = -1, /) -> bytes:
            self.asked.append(size or 0)
            return super().read(size)

    opened: list[Endless] = []

    def open_() -> Endless:
        opened.append(Endless(bytes(MIB)))
        return opened[-1]

    body = form(FileDraft("a", "", MIB, "", Visibility.PRIVATE, open_))
    attempts: list[Iterator[bytes]] = [iter(body), iter(body)]
    first, second = (b"".join(attempt) for attempt in attempts)
    assert first == second
    assert len(first) == len(body)
    assert len(opened) == 2
    assert all(each.closed for each in opened)
    assert 0 < max(Endless.asked) <= 64 * 1024


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        ("report.pdf", "report.pdf"),
        ("C:\\tmp\\report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("a\r\nb.txt", "ab.txt"),
        (" ", "attachment"),
        ("../" + "a" * 300 + ".tar", "a" * 196 + ".tar"),
        ("bukti pembayaran № 1.pdf", "bukti pembayaran № 1.pdf"),
    ],
)
def test_a_name_is_a_name_and_keeps_its_ending(given_name: str, name: str):
    assert file_name(given_name) == name


@given(st.text(max_size=300))
def test_a_name_is_never_a_path_nor_empty_nor_endless(given_name: str):
    name = file_name(given_name)
    assert 0 < len(name) <= 200
    assert not set(name) & set("/\\\r\n\0")
