"""Texts that are longer than a vendor takes."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation_bridge.plugin import (
    Circumstances,
    FileDraft,
    FileRefused,
    RichText,
    Visibility,
    from_html,
    from_text,
    shortened,
    whole_text,
    write_whole,
)


@given(
    paragraphs=st.lists(st.text(min_size=1, max_size=300), min_size=1, max_size=6),
    times=st.integers(1, 60),
    longest=st.integers(100, 8_000),
)
def test_never_is_more_written_than_fits(paragraphs: list[str], times: int, longest: int):
    body = from_text("\n\n".join(paragraphs * times))
    cut = shortened(body, longest)
    assert len(cut.html.encode()) <= longest
    assert cut == body or cut.text.endswith("[… full-text.txt]")
    assert (cut == body) is (len(body.html.encode()) <= longest)


def test_what_fits_keeps_its_formatting():
    body = from_html("<p>We are <b>on it</b>.</p>")
    assert shortened(body, 1_000) == body
    assert shortened(RichText("", "1 < 2"), 1_000).html == "<p>1 &lt; 2</p>"


@pytest.mark.parametrize("visibility", Visibility)
@pytest.mark.parametrize("refused", [False, True])
def test_what_is_cut_goes_with_all_of_it_or_alone(visibility: Visibility, refused: bool):
    written: list[tuple[RichText, FileDraft | None]] = []

    def write(body: RichText, file: FileDraft | None) -> str:
        written.append((body, file))
        if refused and file is not None:
            raise FileRefused("no files here", Circumstances("desk", "add_comment"))
        return "written"

    body = from_text("Many words. " * 1_000)
    assert write_whole(body, 1_000, visibility, write) == "written"
    short, file = written[0]
    assert short == shortened(body, 1_000)
    assert file is not None
    assert (file.name, file.visibility) == ("full-text.txt", visibility)
    with file.open() as content:
        assert content.read().decode() == body.text
    assert written[1:] == ([(short, None)] if refused else [])


def test_what_fits_goes_without_a_file():
    body = from_text("On it.")
    assert write_whole(body, 1_000, Visibility.PUBLIC, lambda text, file: (text, file)) == (body, None)


def test_a_text_without_words_is_whole_in_its_markup():
    file = whole_text(RichText("<p><img></p>", ""), Visibility.PRIVATE)
    assert BytesIO(file.open().read()).getvalue() == b"<p><img></p>"
