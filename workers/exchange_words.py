"""What the letters of the referral exchange say: of referrals, answers and providers' addresses (001:139-174)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rules.notices import NotificationKind
from workers.wording import NOTHING_TO_DO, WHY_PRIMARY, Words

EXCHANGE_WORDS: Mapping[NotificationKind, Words] = MappingProxyType(
    {
        NotificationKind.REFERRAL_PUBLISHED: Words(
            opening="Referral {number} was published: somebody is looking for a home.",
            for_provider=(
                "Please sign in, read it, and answer: accept, accept tentatively, or decline. "
                "You can change your answer for as long as the referral is open."
            ),
            for_coordinator="Sign in to read it and to follow what the providers answer.",
        ),
        NotificationKind.REFERRAL_REPUBLISHED: Words(
            opening="Referral {number} was published again. It may have changed since you last read it.",
            for_provider=(
                "Please sign in and read it as it is now. If you have answered already, see whether your answer "
                "still holds; if you have not, please answer."
            ),
            for_coordinator="Sign in to read it as it is now and to follow what the providers answer.",
        ),
        NotificationKind.REFERRAL_DELETED: Words(
            opening="Referral {number} was deleted. It cannot be opened or answered any more.",
            for_provider=f"{NOTHING_TO_DO} The other open referrals are on your list.",
            for_coordinator=f"{NOTHING_TO_DO} The other referrals are on your list.",
            button="Open the list of referrals",
        ),
        NotificationKind.REFERRAL_CLOSED: Words(
            opening="Referral {number} was closed: the search for a home is over.",
            for_provider=f"{NOTHING_TO_DO} It takes no more answers. Thank you for looking at it.",
            for_coordinator=f"{NOTHING_TO_DO} It takes no more answers.",
        ),
        NotificationKind.PENDING_PLACEMENT_SET: Words(
            opening="A provider has been chosen for referral {number}. The placement is not final yet.",
            for_provider=(
                f"{NOTHING_TO_DO} The referral stays open until the placement is final, and your answer stays on "
                "file. We will write again when it is closed, or if it looks for a provider again."
            ),
            for_coordinator=f"{NOTHING_TO_DO} The referral stays open until the placement is final.",
        ),
        NotificationKind.PENDING_PLACEMENT_CLEARED: Words(
            opening="The pending placement of referral {number} did not go through. It looks for a provider again.",
            for_provider=(
                "If you can offer a home, please sign in and answer. If you have answered already, see whether your "
                "answer still holds."
            ),
            for_coordinator="Sign in to see the providers' answers.",
        ),
        NotificationKind.RESPONSE_RECEIVED: Words(
            opening="A provider has answered referral {number}.",
            for_provider="Sign in to read the answer.",
            for_coordinator=(
                "Sign in to read the answer. When you have chosen a provider, set the pending placement, so that the "
                "other providers know."
            ),
            button="Read the answer",
            why=WHY_PRIMARY,
        ),
        NotificationKind.RESPONSE_EDITED: Words(
            opening="A provider has changed its answer to referral {number}.",
            for_provider="Sign in to read the new answer.",
            for_coordinator="Sign in to read the new answer. The earlier one is kept beside it.",
            button="Read the answer",
            why=WHY_PRIMARY,
        ),
        NotificationKind.REMINDER: Words(
            opening="These referrals have reached you and are still open. The oldest come first.",
            for_provider=(
                "Please sign in and answer those that wait for an answer from you. If you can offer somebody a home, "
                "even with a condition, please say so."
            ),
            for_coordinator="Sign in to see what the providers have answered.",
            button="Open the list of referrals",
        ),
        NotificationKind.REFERRALS_JOINED: Words(
            opening="These open referrals are now on your list. The oldest come first.",
            for_provider=(
                "You get them because your organization, or the counties that you cover, joined the exchange's list "
                "for them. Please sign in, read them, and answer."
            ),
            for_coordinator="Sign in to see the referrals.",
            button="Open the list of referrals",
        ),
        NotificationKind.NO_REFERRAL_STATUS_LIFTED: Words(
            opening="Your organization's No Referral Status was lifted. These open referrals were withheld meanwhile.",
            for_provider="They are on your list now, the oldest first. Please sign in, read them, and answer.",
            for_coordinator="Sign in to see the referrals.",
            button="Open the list of referrals",
        ),
        NotificationKind.PROVIDER_UNREACHABLE: Words(
            opening="A provider that has received referral {number} cannot be reached by e-mail any more.",
            for_provider="Please sign in and check the addresses in your provider profile.",
            for_coordinator=(
                "Sign in to see which one. If its answer matters, please call it, and ask Provider Relations to have "
                "its profile put in order."
            ),
            button="See what became of it at each provider",
            why=WHY_PRIMARY,
        ),
        NotificationKind.PROVIDERS_SILENT: Words(
            opening="Some providers have had referral {number} for a while and have not answered.",
            for_provider="Please sign in and answer.",
            for_coordinator="Sign in to see which ones, and whether they have read it. A call may help.",
            button="See what became of it at each provider",
            why=WHY_PRIMARY,
        ),
        NotificationKind.CONFIRM_ADDRESS: Words(
            opening="Somebody entered this e-mail address for you as a contact for referrals.",
            for_provider=(
                "If that is right, please open the page and confirm it, so that referrals reach you. "
                "If it is not, do nothing: the address stays unconfirmed."
            ),
            for_coordinator="If that is right, please open the page and confirm it.",
            button="Confirm the address",
            asks_to_sign_in=False,
        ),
    }
)
