"""Run the worker as this process."""

from __future__ import annotations

import sys
from pathlib import Path

from homeward.auditing import seal_keys
from homeward.checkpoint_file import CheckpointFile
from homeward.evidence_folder import EvidenceFolder
from homeward.gaps import warn_of_gaps
from homeward.loop import run as run_loop
from homeward.settings import Settings
from homeward.smtp import MailServer, SmtpPostman
from homeward.supervisor import stop_on_signals
from homeward.wiring import open_house, require_tables
from orm.eras import forget_old_marks
from orm.people import forget_old_people
from orm.provider_marks import forget_old_provider_marks
from resolvers.insight_counts import add_up_counts
from resolvers.letter_counts import add_up_letter_counts
from resolvers.sweep_register import SWEEPS
from workers.arq_worker import run_worker
from workers.evidence_filer import EvidenceFiler
from workers.relay import Relay
from workers.sealer import Sealer
from workers.tick import Duty


def run(settings: Settings) -> int:
    """Run until the process is told to stop; answer the exit code."""
    if not settings.smtp_url:
        sys.exit("The worker sends letters: set SMTP_URL, such as smtp://user:password@mail.example.org:587.")
    if not settings.redis_url:
        sys.exit("The worker needs a broker: set REDIS_URL, or run everything on this machine with `homeward up`.")
    return run_loop(_work(settings, MailServer.parse(settings.smtp_url)))


async def _work(settings: Settings, server: MailServer) -> int:
    await require_tables(settings)
    with stop_on_signals() as stop:
        async with open_house(settings) as house:
            await warn_of_gaps(house.desk)
            relay = Relay(house.desk, SmtpPostman(server), settings.base_url, settings.mail_from)
            sealer = Sealer(house.desk, await seal_keys(settings), CheckpointFile(settings.checkpoint_file))
            folder = settings.evidence_dir
            also: dict[str, Duty] = {
                "marks": forget_old_marks,
                "marks of people": forget_old_people,
                "marks of providers": forget_old_provider_marks,
                "insight counts": add_up_counts,
                "letter counts": add_up_letter_counts,
            }
            if folder:
                also["evidence"] = EvidenceFiler(house.desk, EvidenceFolder(Path(folder)))
            await sealer.beside(run_worker(house.desk, relay, SWEEPS, settings.redis_url, stop, also=also), stop)
    return 0
