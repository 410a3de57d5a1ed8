"""Concepts that are close to each other: one customer was charged, another was billed, and both mean their money."""

from escalation_bridge.domain.incidents.tables.concepts import CONCEPTS

_TABLE = """
connectivity: internet modem signal vpn mobile-data
utilities: electricity water gas prepaid-token
money: payment card balance bill charge transfer top-up atm qris edc virtual-account refund receipt pos
access: login account otp password
logistics: parcel delivery courier hub address
online-service: app website server api
travel: flight check-in luggage ferry train bus booking hotel ticket seat schedule
promotion: voucher points prize
message: email sms whatsapp link notification
consumable: food drink medicine cosmetic batch product
entertainment: game game-item video music tv concert match-final
learning: class exam proctoring attempt certificate scholarship
wages: payroll tax
workplace: laptop printer vpn meeting shared-drive email office
vehicle: car motorbike driver brake engine fuel rental stalled
healthcare: hospital patient lab-result ambulance medicine swab
household: fridge cooking washing furniture room-climate toy
road: toll barrier parking
access-control: door alarm barrier badge
plan: subscription renewal year month bill
not-working: outage slow failing crash pending blocked terminated not-reading disconnected-call stalled
not-there: late stuck not-received missing not-found cancelled
refused: rejected expired wrong
harm: sick smell foreign-object dirty water-mixed injury
not-mine: someone-else wrong personal-data
fraud: scam hacked
hazard: overheating explosion fire danger
disaster: flood weather earthquake eruption accident
"""
_OVERLAP = 0.8
"""Concepts of a topic meet in one ticket, so that fewer tickets speak of the topic than the sum says."""
_MOST = 0.45

CONCEPTS_OF = {
    topic: frozenset(concepts.split())
    for topic, _, concepts in (line.partition(": ") for line in _TABLE.strip().splitlines())
}
TOPICS_OF: dict[str, tuple[str, ...]] = {
    concept.name: tuple(topic for topic, concepts in CONCEPTS_OF.items() if concept.name in concepts)
    for concept in CONCEPTS
}
USUAL_OF_TOPICS = {
    topic: min(_MOST, _OVERLAP * sum(concept.usual for concept in CONCEPTS if concept.name in concepts))
    for topic, concepts in CONCEPTS_OF.items()
}
