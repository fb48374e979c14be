"""What providers answer in the story, and why; and what coordinators write down when they exclude or delete."""

from __future__ import annotations

from random import Random

from resolvers.responses import Answer
from rules.referrals import DeclineReason, Provision, ResponseKind

_ACCEPTING = (
    "A bedroom is free in a home with two housemates.",
    "We know how to support a person with these needs and can begin within the month.",
    "Our team has read the profile and would like to plan a first visit.",
    "",
)
_PROVISIONS = {
    Provision.SITE_VISIT: "We would like to meet before we decide.",
    Provision.STAFFING: "We are hiring for the evening shift.",
    Provision.VACANCY_DATE: "A bed is free from the first of next month.",
    Provision.HOUSEMATE_MATCH: "The housemates should have a say.",
    Provision.BUDGET: "The hours asked for are above our present rate.",
    Provision.CLINICAL: "Our nurse has to see the last review first.",
    Provision.HOME_MODIFICATION: "The bathroom needs a ramp and a wider door.",
}
_REASONS = {
    DeclineReason.NO_VACANCY: ("Every bed is taken.", 30),
    DeclineReason.LOCATION: ("The nearest of our homes is too far from the family.", 8),
    DeclineReason.BEHAVIOR_NEEDS: ("We cannot offer two people at night.", 14),
    DeclineReason.MEDICAL_NEEDS: ("We have no nurse for these needs.", 10),
    DeclineReason.HOUSEMATE_MATCH: ("The housemates would not get along.", 9),
    DeclineReason.STAFFING: ("Two positions have been vacant since spring.", 14),
    DeclineReason.RATE: ("The rate does not cover the hours.", 6),
    DeclineReason.MISSING_INFORMATION: ("The last nursing review is missing.", 4),
    DeclineReason.ACCESSIBILITY: ("The home has stairs.", 3),
    DeclineReason.OTHER: ("The lease of the home ends this summer.", 2),
}

EXCLUSION_REASONS = (
    "The family asked for another provider.",
    "The person has lived there before and does not wish to return.",
    "A relative works for this provider.",
)
DELETE_REASONS = ("Entered twice.", "The person moved out of the state.", "Entered for the wrong person.")


def any_answer(rng: Random) -> Answer:
    """Answer as providers do: every second time with a decline."""
    kind = rng.choices((ResponseKind.DECLINE, ResponseKind.TENTATIVE, ResponseKind.ACCEPT), (50, 30, 20))[0]
    return answer_of(rng, kind)


def answer_of(rng: Random, kind: ResponseKind) -> Answer:
    """Answer in this way, with a provision or a reason where one belongs."""
    match kind:
        case ResponseKind.TENTATIVE:
            provision = rng.choice(tuple(_PROVISIONS))
            return Answer(kind, provision=provision, comments=_PROVISIONS[provision])
        case ResponseKind.DECLINE:
            reason = rng.choices(tuple(_REASONS), [weight for _, weight in _REASONS.values()])[0]
            says_more = reason is DeclineReason.OTHER or rng.random() < 0.6
            return Answer(kind, decline_reason=reason, comments=_REASONS[reason][0] if says_more else "")
    return Answer(kind, comments=rng.choice(_ACCEPTING))


def second_thought(rng: Random, first: ResponseKind) -> Answer:
    """Answer otherwise than before: a provision is met, a bed is lost, a vacancy appears."""
    if first is ResponseKind.TENTATIVE:
        return answer_of(rng, rng.choice((ResponseKind.ACCEPT, ResponseKind.ACCEPT, ResponseKind.DECLINE)))
    if first is ResponseKind.ACCEPT:
        return answer_of(rng, rng.choice((ResponseKind.TENTATIVE, ResponseKind.DECLINE)))
    return answer_of(rng, rng.choice((ResponseKind.TENTATIVE, ResponseKind.ACCEPT)))
