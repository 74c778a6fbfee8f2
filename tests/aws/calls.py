"""The identify and track calls that each SDK makes, and the members that they leave behind. Invented people."""

import canaries
from surroundings import ADVERTISER, AUDIENCE

NAME = "abandoned_cart"
"""The sandbox's audience by its name."""


def personas() -> dict:
    """What Segment says of the audience in `context.personas`."""
    return {
        "computation_class": "audience",
        "computation_key": NAME,
        "external_audience_id": AUDIENCE,
        "audience_settings": {"advertiserId": ADVERTISER},
    }


def moved(user: str, event: str, traits: dict, **context: object) -> dict:
    """`Audience Entered` or `Audience Exited`, with the person in `context.traits`."""
    flag = event == "Audience Entered"
    return {
        "type": "track", "userId": user, "event": event, "properties": {"audience_key": NAME, NAME: flag},
        "context": {"personas": personas(), "traits": traits, **context},
    }


def named(user: str, email: str) -> dict:
    """An entry by the audience's name alone, with the person in `properties`: what one's own code would send."""
    return {
        "type": "track", "userId": user, "event": "Audience Entered",
        "properties": {"audience_key": NAME, "email": email}, "context": {},
    }


def identified(user: str, is_member: bool, email: str) -> dict:
    """An identify call whose trait says whether the person is a member."""
    return {
        "type": "identify", "userId": user, "traits": {NAME: is_member, "email": email},
        "context": {"personas": personas()},
    }


ORDER = {"type": "track", "userId": "ora", "event": "Order Completed", "properties": {"total": 5}, "context": {}}
"""None of the function's business."""

FLUSHES = [
    [
        moved("mia", "Audience Entered", {"email": " Mia.Wong+sale@Example.com ", "phone": "+1 (202) 555-0121"}),
        moved("ian", "Audience Entered", {}, device={"type": "ios", "advertisingId": "7F1B3C52-0E9D-4A7B-8C34-5D6E7F809A1B"}),
        named("noa", "noa.levi@example.com"),
        identified("kai", True, "kai.berg@example.com"),
        identified("zed", True, "zed.moss@example.com"),
        moved("pia", "Audience Entered", {"email": "pia.rossi@example.com"}),
        moved("pia", "Audience Exited", {"email": "pia.rossi@example.com"}),
        moved("lou", "Audience Entered", {"email": "lou.hart@example.com", "phone": "+442079460958"}),
        moved("bad", "Audience Entered", {"email": "not an address"}),
        ORDER,
    ],
    [
        moved("lou", "Audience Exited", {"email": "Lou.Hart@example.com", "phone": "+44 20 7946 0958"}),
        identified("zed", False, "zed.moss@example.com"),
    ],
]
"""What is sent, one list before each flush."""

REJECTED = 1
"""Calls that end in the dead-letter queue."""

MEMBERS = {
    (column, canaries.sha256(value))
    for column, value in [
        ("EMAIL_SHA256", "miawong@example.com"),
        ("PHONE_SHA256", "+12025550121"),
        ("IDFA_SHA256", "7f1b3c52-0e9d-4a7b-8c34-5d6e7f809a1b"),
        ("EMAIL_SHA256", "noalevi@example.com"),
        ("EMAIL_SHA256", "kaiberg@example.com"),
    ]
}
"""Who is in the audience at the end."""

FIRST = [FLUSHES[0][:1]]
FIRST_MEMBERS = {
    ("EMAIL_SHA256", canaries.sha256("miawong@example.com")),
    ("PHONE_SHA256", canaries.sha256("+12025550121")),
}
"""The first call alone, which takes one call to TikTok, and who it adds."""
