"""What a ticket speaks of: the same for both languages, chat spellings and misspellings."""

import pytest

from escalation_bridge.domain.incidents.subjects import Subjects, is_trouble, usual_share
from escalation_bridge.domain.incidents.tables.concepts import CONCEPTS
from escalation_bridge.domain.incidents.tables.topics import CONCEPTS_OF

SUBJECTS = Subjects()


def subjects(text):
    return SUBJECTS.of(text).subjects


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("internet mati", "the wifi is down", {"concept:internet", "concept:outage"}),
        ("internetnya matii", "network outage", {"concept:internet", "concept:outage"}),
        ("gabisa bayar pake qris", "cannot pay by QR code", {"concept:payment", "concept:qris", "concept:failing"}),
        ("kepotong dua kali", "charged twice", {"concept:charge", "concept:twice"}),
        ("otp ga masuk masuk", "never received the verification code", {"concept:otp", "concept:not-received"}),
        ("kode verifikasinya tidak dikirim", "one time password not sent", {"concept:otp", "concept:not-received"}),
        ("abis masuk balik lagi ke halaman login", "endless redirect to the login page", {"concept:login", "concept:thrown-back"}),
        ("rekapnya kosong", "CSV export has no data", {"concept:report", "concept:missing"}),
        ("aplikasi nutup sendiri habis update", "app keeps closing since the new version", {"concept:app", "concept:crash", "concept:update"}),
        ("kurir mogok kerja", "courier strike", {"concept:courier", "concept:strike"}),
        ("motor kerendem banjir", "scooter flooded", {"concept:motorbike", "concept:flood"}),
        ("anak saya muntah2", "my daughter vomited", {"concept:child", "concept:sick"}),
        ("ada penipu ngaku dari bank", "a scammer pretending to be you", {"concept:scam"}),
        ("paket nyangkut di gudang", "parcel stuck at the warehouse", {"concept:parcel", "concept:stuck", "concept:hub"}),
    ],
)  # fmt: skip
def test_both_languages_speak_of_the_same(one, other, shared):
    assert shared <= subjects(one)
    assert shared <= subjects(other)


@pytest.mark.parametrize("text", ["indihome", "indihom", "indihomee"])
def test_a_misspelt_word_is_the_word(text):
    assert "concept:internet" in subjects(f"{text} lemot")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("di Depok", "place:depok"),
        ("margonda mati lampu", "place:depok"),
        ("near Harapan Indah", "place:bekasi"),
        ("daerah pd. Kelapa gading", "place:jakarta utara"),
        ("kelapa gading", "place:jakarta"),
        ("kota solo", "place:solo"),
        ("outage in Brooklyn", "place:new york"),
    ],
)
def test_a_district_leads_to_its_city(text, place):
    assert place in subjects(text)


@pytest.mark.parametrize("text", ["paket galaxy saya", "tutup benda itu", "hari senen kemarin"])
def test_an_ordinary_word_is_no_place_by_itself(text):
    assert not any(each.startswith("place:") for each in subjects(text))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("error 1015 on every camera", "code:1015"),
        ("version 5.2.0 crashes", "code:5.2.0"),
        ("batch LK2291 smells", "code:lk2291"),
        ("response code 91", "code:91"),
        ("see https://www.bonus-prize.cc/x?y=1", "address:bonus-prize.cc"),
    ],
)
def test_codes_and_addresses_are_kept(text, code):
    assert code in subjects(text)


@pytest.mark.parametrize(
    "text", ["order 88120034", "Rp250.000 sudah 3 hari", "jam 12:30", "call 0812 3456 7890", "mail a@b.com"]
)
def test_numbers_that_differ_from_ticket_to_ticket_are_not(text):
    assert not any(each.startswith(("code:", "address:")) for each in subjects(text))


@pytest.mark.parametrize(
    "text", ["", "   ", "???", "🙏🙏", "a" * 100_000, "\x00\ud800", "tolong dibantu ya kak terima kasih"]
)
def test_nothing_is_read_in_nothing(text):
    assert len(subjects(text)) <= 1


def test_an_english_text_has_no_indonesian_water():
    assert "concept:water" not in subjects("the air in the room is bad, please help me with this")
    assert "concept:water" in subjects("air di rumah mati")


def test_a_subject_is_shown_in_the_words_of_the_ticket():
    written = SUBJECTS.of("kok lemot bgt ya, di Margonda").written
    assert written["concept:slow"] == "lemot"
    assert written["district:margonda"] == "margonda"


def test_names_are_words_with_a_capital_letter_within_a_sentence():
    reading = SUBJECTS.of("Kamera Vionet saya rusak. Tolong")
    assert reading.names == {"word:vionet"}


def test_each_concept_is_found_by_each_of_its_words():
    for concept in CONCEPTS:
        for word in concept.words:
            if word not in {
                "air",
                "ban",
                "los",
                "bis",
                "tol",
                "rob",
                "kos",
                "ac",
                "api",
            }:  # depend on the language
                assert f"concept:{concept.name}" in subjects(word), (concept.name, word)


def test_topics_name_concepts():
    known = {concept.name for concept in CONCEPTS}
    assert all(names <= known for names in CONCEPTS_OF.values())
    assert all(0 < usual_share(f"topic:{topic}") < 0.5 for topic in CONCEPTS_OF)


def test_a_trouble_is_what_went_wrong():
    assert is_trouble("concept:outage")
    assert is_trouble("concept:flood")
    assert not is_trouble("concept:internet")
    assert not is_trouble("place:depok")
