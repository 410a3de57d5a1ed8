"""Waves are found, everyday tickets are left alone, and what a person decides stays."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge_helpers.ticket_streams import lines, stream
from escalation_bridge.cli.incidents.measure import compare, measured
from escalation_bridge.domain.incidents.detection import Detector
from escalation_bridge.domain.incidents.incident import Settings, Why
from escalation_bridge.domain.incidents.subjects import Subjects
from escalation_bridge.domain.incidents.usual_rates import unlikelihood

SUBJECTS = Subjects()
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
DEPOK = [
    "internet mati di Depok dari jam 7 pagi, modem kedip merah terus",
    "wifi down in Depok since 7, anyone fixing this?",
    "kok lemot bgt ya indihome daerah depok, udah gitu putus2",
    "No connection in Margonda area, I work from home",
    "LOS merah dari pagi. lokasi beji depok",
    "jaringan fiber putus kah di depok? kantor kami lumpuh",
]
MORE_OF_DEPOK = "Still no internet in Depok, sampai kapan min?"
MEDAN = [
    "min wifi mati total di Medan Johor dari subuh",
    "Internet outage in Medan, our shop cannot work",
    "jaringan putus nyambung parah, medan sunggal",
    "koneksi di Medan hilang, modem sudah saya restart",
    "no wifi since this morning, Medan Helvetia",
    "kok internet medan lemot banget ya hari ini",
]
QRIS = [
    "Pembayaran QRIS di toko saya gagal terus sejak jam 12, pelanggan antre",
    "QRIS not working, customer paid but we got no notification",
    "qris nya kenapa min? dr td siang ga bisa bayar",
    "Every QR payment times out. Is there an outage?",
    "tadi 6 pembeli bayar pake QRIS gagal semua, jadinya utang dulu",
    "scan qris error, saldo pembeli kepotong",
]


def play(detector, texts, first=0, minutes=4.0):
    """The verdicts of texts that arrive one after the other."""
    return [
        detector.arrive(
            str(first + number), START + timedelta(minutes=(first + number) * minutes), SUBJECTS.of(text)
        )
        for number, text in enumerate(texts)
    ]


def incidents_of(verdicts):
    """Each ticket's incident at last."""
    found = {}
    for verdict in verdicts:
        found[verdict.ticket] = verdict.incident
        found.update(dict.fromkeys(verdict.joined, verdict.incident))
    return found


def mixed(*waves):
    return [text for texts in zip(*waves, strict=True) for text in texts]


def test_a_wave_in_two_languages_is_one_incident():
    verdicts = play(Detector(), DEPOK)
    assert set(incidents_of(verdicts).values()) == {"I-1"}
    assert sum(verdict.raised for verdict in verdicts) == 1


@pytest.mark.parametrize("waves", [(DEPOK, QRIS), (DEPOK, MEDAN)], ids=["two subjects", "two cities"])
def test_two_waves_at_once_are_two_incidents(waves):
    found = incidents_of(play(Detector(), mixed(*waves)))
    first, second = ({found[str(number)] for number in range(start, 12, 2)} for start in (0, 1))
    assert len(first) == len(second) == 1
    assert first.isdisjoint(second)
    assert None not in first | second


def test_one_payment_method_in_many_cities_is_one_incident():
    cities = ("Medan", "Surabaya", "Bandung", "Depok", "Makassar", "Bali")
    found = incidents_of(
        play(Detector(), [f"{text} ({city})" for text, city in zip(QRIS, cities, strict=True)])
    )
    assert set(found.values()) == {"I-1"}


def test_fewer_than_the_configured_number_are_none():
    assert not any(verdict.incident for verdict in play(Detector(Settings(min_tickets=7)), DEPOK))


def test_tickets_that_are_far_apart_are_none():
    assert not any(verdict.incident for verdict in play(Detector(), DEPOK, minutes=400))


def test_an_incident_takes_tickets_until_it_was_quiet():
    detector = Detector(Settings(quiet=timedelta(hours=6)))
    play(detector, DEPOK)
    soon, late = START + timedelta(hours=3), START + timedelta(hours=10)
    assert detector.arrive("soon", soon, SUBJECTS.of(MORE_OF_DEPOK)).incident == "I-1"
    assert detector.arrive("late", late, SUBJECTS.of(MORE_OF_DEPOK)).incident is None


def restored(detector, tickets, *, ended=False, kept_out=(), into=None):
    """A detector with the same tickets, after people decided something."""
    again = Detector(detector.settings)
    for incident in detector.incidents.values():
        again.restore_incident(incident.id, incident.threshold, incident.gap, ended=ended)
    for number, text in enumerate(tickets):
        ticket = str(number)
        incident = next(
            (i.id for i in detector.incidents.values() if ticket in {m.id for m in i.members}), None
        )
        out = ticket in kept_out
        at = START + timedelta(minutes=number * 4)
        again.restore(ticket, at, SUBJECTS.of(text), None if out else into or incident, kept_out=out)
    return again


def test_an_ended_incident_takes_none():
    detector = Detector()
    play(detector, DEPOK)
    (verdict,) = play(restored(detector, DEPOK, ended=True), [MORE_OF_DEPOK], first=6)
    assert verdict.incident is None


def test_what_a_person_took_out_stays_out():
    detector = Detector()
    play(detector, DEPOK)
    again = restored(detector, DEPOK, ended=True, kept_out={"2"})
    assert again.incidents["I-1"].profile.tickets == 5
    later = incidents_of(play(again, DEPOK, first=10))
    assert "2" not in later
    assert "I-2" in later.values()


def test_two_incidents_that_were_merged_are_one():
    detector = Detector()
    texts = mixed(DEPOK, MEDAN)
    play(detector, texts)
    assert len(detector.incidents) == 2
    again = restored(detector, texts, into="I-1")
    found = incidents_of(play(again, ["wifi mati di Medan", "wifi mati di Depok"], first=12))
    assert set(found.values()) == {"I-1"}


def test_the_same_words_again_may_be_the_same_customer():
    verdicts = play(Detector(), [DEPOK[0]] * 4)
    assert not any(verdict.incident for verdict in verdicts)


def test_reasons():
    alone, few, *_, last = play(Detector(), [*DEPOK, MORE_OF_DEPOK])
    assert alone.reason.why is Why.ALONE
    assert few.reason.why is Why.TOO_FEW
    assert last.reason.why is Why.ALIKE
    assert "depok" in last.reason.shared
    raised = next(verdict for verdict in play(Detector(), DEPOK) if verdict.raised)
    assert raised.reason.why is Why.RAISED
    assert raised.reason.tickets == len(raised.joined) + 1
    assert 0 < raised.reason.expected < raised.reason.tickets


@pytest.mark.parametrize("cut", [30, 90, 150])
def test_a_detector_that_was_restored_decides_the_same(cut):
    tickets = [
        (str(row["id"]), datetime.fromisoformat(str(row["ts"])), SUBJECTS.of(str(row["text"])))
        for row in stream(11, waves="waves", most=3, everyday=150, hours=8)
    ]
    through = Detector()
    whole = [through.arrive(*ticket) for ticket in tickets]
    before = Detector()
    for ticket in tickets[:cut]:
        before.arrive(*ticket)
    restored = Detector()
    for incident in before.incidents.values():
        restored.restore_incident(incident.id, incident.threshold, incident.gap, ended=incident.ended)
    now = incidents_of(whole[:cut])
    for ticket in tickets[:cut]:
        restored.restore(*ticket, now[ticket[0]], kept_out=False)
    assert [restored.arrive(*ticket) for ticket in tickets[cut:]] == whole[cut:]


def test_a_new_ticket_is_compared_with_few_of_many():
    detector = Detector()
    rows = stream(1, everyday=9_000, hours=450) + stream(2, waves="waves", everyday=1_000, hours=20)
    most = 0
    for number, row in enumerate(rows):
        at = START + timedelta(minutes=number * 2)
        detector.arrive(str(number), at, SUBJECTS.of(str(row["text"])))
        most = max(most, detector.compared)
    assert len(rows) > 10_000
    assert most <= 60 + len(detector.incidents)


@pytest.mark.parametrize("seed", range(4))
def test_everyday_tickets_raise_nothing(seed):
    found = measured(lines(stream(100 + seed)))
    assert found.tickets == 600
    assert found.false_alarms == 0


@pytest.mark.parametrize(("waves", "least"), [("waves", 0.82), ("held_out", 0.85)])
def test_waves_are_found_among_everyday_tickets(waves, least):
    found = [measured(lines(stream(seed, waves=waves))) for seed in range(3)]
    assert sum(each.f for each in found) / 3 >= least
    assert sum(each.early for each in found) >= 0.7 * sum(len(each.noticed) for each in found)
    assert sum(each.false_alarms for each in found) <= 2


def test_what_is_measured():
    wave_of = {"a": "w", "b": None, "c": "w", "d": "w", "e": None, "f": None, "g": "v"}

    def answer(ticket, incident=None, raised=False, joined=()):
        return {"id": ticket, "incident": incident, "raised": raised, "joined": list(joined)}

    found = compare(
        wave_of,
        [answer("a"), answer("b"), answer("c", "I-1", raised=True, joined=["a"]), answer("d", "I-1"),
         answer("e", "I-1"), answer("f", "I-2", raised=True, joined=["b"]), answer("g")],
    )  # fmt: skip
    assert found.noticed == {"w": 2, "v": None}
    assert (found.false_alarms, found.split, found.early) == (1, 0, 1)
    assert (found.right, found.wrong, found.missed) == (3, 3, 1)
    assert (found.precision, found.recall, found.f) == (0.5, 0.75, 0.6)


@pytest.mark.parametrize(
    ("count", "expected", "power"), [(1, 0.1, 1.02), (3, 0.1, 3.81), (10, 10.0, 0.27), (5, 0.0, 300.0)]
)
def test_how_unlikely_so_many_are(count, expected, power):
    assert unlikelihood(count, expected) == pytest.approx(power, abs=0.01)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.text(max_size=60), st.integers(-600, 600)), max_size=30))
def test_whatever_arrives_each_ticket_has_one_verdict(arrivals):
    detector, at = Detector(), START
    verdicts = []
    for number, (text, minutes) in enumerate(arrivals):
        at += timedelta(minutes=minutes)
        verdicts.append(detector.arrive(str(number), at, SUBJECTS.of(text)))
    assert [verdict.ticket for verdict in verdicts] == [str(number) for number in range(len(arrivals))]
    inside = [ticket.id for incident in detector.incidents.values() for ticket in incident.members]
    assert len(inside) == len(set(inside))
