"""One promised letter as it would leave at this moment; a secret link that only its reader may have is left out."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from resolvers.desk import Reading, access
from resolvers.office_reads import POSTMASTERS, LetterView, letter_shown
from resolvers.outbox import ClaimedLetter, drafted
from rules.errors import NotFound


@dataclass(frozen=True, slots=True)
class LetterPreview:
    """A letter, what its writer is given, and why it would not be sent any more, if so."""

    letter: LetterView
    draft: ClaimedLetter | None
    withheld: str


@access("outbox.preview", by=POSTMASTERS, cites="001:70; 001:139")
async def preview_letter(reading: Reading, letter_id: UUID) -> LetterPreview:
    """Show a promised letter with what it says, to the recipient of this moment.

    Raises:
        NotFound: there is no such letter.
    """
    shown = await letter_shown(letter_id)
    if shown is None:
        raise NotFound("There is no such letter.", code="LETTER_NOT_FOUND")
    reading.about("letter", letter_id)
    reading.shows("letter", [letter_id], ["text"])
    draft = await drafted(letter_id)
    if isinstance(draft, str):
        return LetterPreview(shown, None, draft)
    return LetterPreview(shown, draft, "")
