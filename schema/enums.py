"""The choices of the documents, as GraphQL enums; their words live in ``rules/``."""

from __future__ import annotations

from resolvers.house_state import HouseWarning
from resolvers.office_reads import SweepState
from resolvers.referral_search import ReferralOrder
from resolvers.trail_reads import Outcome
from rules.accounts import AccountState
from rules.approvals import RequestState, Stage, StandsInAs
from rules.audience import Reason
from rules.breach import BreachQuestion
from rules.break_glass import BreakGlassFinding
from rules.deadlines import DeadlineKind
from rules.eligibility import Ineligibility, ReviewWarning
from rules.incidents import Finding, IncidentKind, IncidentState, LsoAnswer
from rules.judgement import Ground, Purpose
from rules.leaving import DisabledReason, Duty, RevocationReason
from rules.lso_collection import QUESTIONS, CollectionAnswer, CollectionQuestion
from rules.next_step import NextStep
from rules.notices import NotificationKind, Subject
from rules.obligations import ObligationState, PlanKind, SubjectKind, SystemChange
from rules.organizations import Division, OrganizationKind, Under
from rules.referrals import CloseOutcome, DeclineReason, Gender, Provision, ReferralStatus, ResponseKind
from rules.resets import Proof
from rules.roles import TITLES, Role
from rules.sanctions import SanctionKind
from rules.segregation import PairVerdict
from rules.threat import ThreatLevel
from rules.tickets import TicketChannel, TicketKind, TicketOutcome, TicketState
from schema.described import described_enum

described_enum(ReferralStatus)
described_enum(ResponseKind)
described_enum(Provision)
described_enum(DeclineReason)
described_enum(CloseOutcome)
described_enum(Gender)
described_enum(NotificationKind)
described_enum(DeadlineKind)
described_enum(NextStep)
described_enum(Subject)
described_enum(ReferralOrder)
described_enum(
    Reason, name="AudienceReason", values={reason: f"{reason.sentence} ({reason.cites})" for reason in Reason}
)
described_enum(Role, values=TITLES)
described_enum(Proof, name="ResetProof")
described_enum(TicketState)
described_enum(TicketChannel)
described_enum(TicketKind)
described_enum(TicketOutcome)
described_enum(IncidentKind)
described_enum(IncidentState)
described_enum(Finding, name="IncidentFinding")
described_enum(LsoAnswer)
described_enum(Duty)
described_enum(DisabledReason)
described_enum(RevocationReason)
described_enum(
    AccountState,
    values={
        AccountState.ACTIVE: "In use.",
        AccountState.SUSPENDED: "Not to be used until an incident is decided; roles stay (000:34-39).",
        AccountState.DISABLED: "Ended, without roles; a new access form may enable it (002:181-201).",
        AccountState.DELETED: "Gone for good; the user ID is never used again (000:22-24).",
    },
)
described_enum(Division)
described_enum(OrganizationKind)
described_enum(Under, name="RequestedUnder")
described_enum(RequestState, name="AccessRequestState")
described_enum(Stage, name="ApprovalStage")
described_enum(StandsInAs)
described_enum(PairVerdict, name="IncompatibleRolesVerdict")
described_enum(Ineligibility, values={one: one.sentence for one in Ineligibility})
described_enum(ReviewWarning, values={one: f"{one.sentence} ({one.cites})" for one in ReviewWarning})
described_enum(Outcome)
described_enum(Purpose, name="AccessPurpose")
described_enum(Ground, name="JudgementGround", values={one: f"{one.sentence} ({one.cites})" for one in Ground})
described_enum(BreakGlassFinding)
described_enum(BreachQuestion)
described_enum(ObligationState)
described_enum(SubjectKind, name="ObligationSubject")
described_enum(SystemChange)
described_enum(PlanKind)
described_enum(SanctionKind)
described_enum(ThreatLevel)
described_enum(HouseWarning)
described_enum(SweepState)
described_enum(CollectionAnswer)
described_enum(CollectionQuestion, values=QUESTIONS)
