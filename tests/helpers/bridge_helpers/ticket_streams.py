"""Labelled streams of tickets: waves between everyday tickets, made of the texts in `tests/cases/incidents`.

    python tests/helpers/bridge_helpers/ticket_streams.py --seed 3 --waves waves | escalation-bridge incidents measure

The texts were written for these tests. A stream is the same for the same seed.
"""

import argparse
import json
import random
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

CASES = Path(__file__).parents[2] / "cases" / "incidents"
START = datetime(2026, 3, 2, 6, tzinfo=UTC)
CONNECTIONS = (
    ("support", "email"),
    ("support", "web"),
    ("shop", "chat"),
    ("shop", "email"),
    ("desk", "phone"),
)

_CITIES = """Medan Palembang Padang Pekanbaru Jambi Lampung Serang Tangerang Depok Bekasi Bogor Bandung Cirebon Semarang Solo Yogyakarta
Malang Surabaya Denpasar Mataram Kupang Makassar Manado Palu Kendari Balikpapan Samarinda Pontianak Banjarmasin Ambon Jayapura Batam Jakarta
Singapore Penang""".split()
_VALUES = {
    "city": _CITIES,
    "item": "headset|rice cooker|blender|sepatu lari|backpack|jaket|office chair|power bank|kettle|vacuum cleaner|lampu meja|phone case"
    "|kemeja|smartwatch|air fryer|keyboard".split("|"),
    "bank": "BCA BRI BNI Mandiri Permata CIMB".split(),
    "courier": "JNE J&T SiCepat AnterAja Ninja".split(),
    "name": "rina budi agus dewi tono maria john sarah putri hendra".split(),
    "day": "Monday|Tuesday|Friday|Senin|Rabu|Sabtu|5 Dec|12 Des".split("|"),
    "month": "January Oktober November October Agustus August".split(),
    "amount": "50rb|Rp250.000|120 ribu|1,2 juta|75000".split("|"),
}
_SLOT = re.compile(r"\{(\w+)\}")


def texts(name: str) -> dict[str | None, list[str]]:
    """The texts of a file, by wave; everyday texts have none."""
    found: defaultdict[str | None, list[str]] = defaultdict(list)
    for line in (CASES / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        found[case.get("wave")].append(case["text"])
    return dict(found)


def stream(
    seed: int,
    *,
    waves: str | None = None,
    chosen: Sequence[str] | None = None,
    most: int = 10,
    everyday: int = 600,
    hours: float = 30.0,
) -> list[dict[str, object]]:
    """Tickets in the order of their times, each with its `wave` or null.

    Args:
        waves: The file with the waves; None for none.
        chosen: Waves of the file by name; by default some of them at random.
        most: How many waves are chosen at random.
        everyday: How many tickets belong to none.
        hours: Over which time everyday tickets arrive, at a steady rate.
    """
    draw = random.Random(seed)
    found: list[tuple[float, str, str | None]] = []
    usual = texts("background")[None]
    drawn: list[str] = []
    while len(drawn) < everyday:
        drawn += draw.sample(usual, len(usual))
    found += [(draw.random() * hours, filled(text, draw), None) for text in drawn[:everyday]]
    of_wave = texts(waves) if waves else {}
    for wave in chosen or draw.sample(sorted(of_wave, key=str), min(most, len(of_wave))):
        takes = draw.uniform(0.7, 6.0)
        begins = draw.random() * (hours - takes)
        written = draw.sample(of_wave[wave], len(of_wave[wave]))
        found += [(begins + takes * draw.betavariate(1.0, 1.8), text, wave) for text in written]
    return [
        _ticket(number, at, text, wave, draw)
        for number, (at, text, wave) in enumerate(sorted(found, key=lambda each: each[0]), 1)
    ]


def filled(text: str, draw: random.Random) -> str:
    """A text with its slots filled: `{city}` is some city."""

    def value(match: re.Match[str]) -> str:
        if match[1] == "order":
            return draw.choice(("INV", "#", "ORD-", "")) + str(draw.randrange(10**6, 10**7))
        return str(draw.randrange(2, 9)) if match[1] == "days" else draw.choice(_VALUES[match[1]])

    return _SLOT.sub(value, text)


def _ticket(number: int, at: float, text: str, wave: str | None, draw: random.Random) -> dict[str, object]:
    connection, channel = draw.choice(CONNECTIONS)
    ts = (START + timedelta(hours=at)).isoformat(timespec="seconds")
    return {
        "id": str(number),
        "ts": ts,
        "text": text,
        "connection": connection,
        "channel": channel,
        "wave": wave,
    }


def lines(tickets: Sequence[dict[str, object]]) -> Iterator[bytes]:
    """A stream as the command reads it."""
    for ticket in tickets:
        yield json.dumps(ticket, ensure_ascii=False).encode() + b"\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--waves", help="waves, held_out, or nothing for everyday tickets alone")
    parser.add_argument("--everyday", type=int, default=600)
    given = parser.parse_args()
    for each in lines(stream(given.seed, waves=given.waves, everyday=given.everyday)):
        sys.stdout.buffer.write(each)


DEPOK = (
    "internet mati di Depok dari jam 7 pagi",
    "wifi down in Depok since 7, anyone fixing this?",
    "kok lemot bgt ya indihome daerah depok, putus2",
    "No connection in Margonda area, I work from home",
    "LOS merah dari pagi. lokasi beji depok",
    "jaringan fiber putus kah di depok? kantor kami lumpuh",
    "Still offline in Depok. When will the network be back?",
    "satu komplek di Sawangan Depok wifinya mati semua",
    "koneksi hilang total depok, modem sudah saya restart",
    "Internet outage in Depok again?",
    "min gangguan massal ya di depok? ga bisa internetan",
    "My router shows a red light, no internet, Depok Sukmajaya",
)
"""One wave, as its customers write."""
