"""The policy register on the command line: every number of a day, with its source and what is decided about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from homeward.settings import Settings
from homeward.wiring import open_house
from resolvers.callers import house
from resolvers.policies import PolicyView, policy_of, view_register
from rules.errors import NotFound

Say = Callable[[str], object]


async def print_register(settings: Settings, key: str | None, as_of: date | None, say: Say) -> int:
    """Say every number, or one with its whole history; answer the exit code."""
    async with open_house(settings.model_copy(update={"redis_url": ""})) as opened:
        register = await view_register(house(opened.desk, "command line"), as_of=as_of)
    if key is not None:
        try:
            _say_in_full(policy_of(register, key), say)
        except NotFound as no:
            say(no.message)
            return 1
        return 0
    say(f"Policy {register.version} as of {register.as_of}")
    for policy in register.policies:
        since = f" since {policy.effective_from}" if policy.effective_from else ""
        say(f"  {policy.key:34} {policy.value:>9} {policy.unit} ({policy.population}){since}  [{policy.source}]")
        for change in policy.upcoming:
            say(f"  {'':34} {change.value:>9} from {change.effective_from}")
    say("Where numbers meet:")
    for conflict in register.conflicts:
        mark = "CONTRADICTION " if conflict.contradicts else ""
        say(f"  {mark}{' / '.join(conflict.keys)}: {conflict.sentence} [{conflict.cites}]")
    return 0


def _say_in_full(policy: PolicyView, say: Say) -> None:
    say(f"{policy.key}: {policy.title}")
    say(f"  {policy.why}")
    say(f"  value {policy.value} {policy.unit}, for {policy.population}; the documents say {policy.default}")
    say(f"  source {policy.source}")
    if policy.at_least is not None:
        whose = " (a bound is the regulation's own)" if policy.regulated else ""
        say(f"  from {policy.at_least} to {policy.at_most}{whose}")
    if policy.precedence:
        say(f"  {policy.precedence}")
    for change in (*policy.upcoming, *policy.history):
        say(f"  {change.value} from {change.effective_from}, decided {change.decided_at:%Y-%m-%d} by "
            f"{change.decided_by or 'the house'}: {change.reason}")  # fmt: skip
