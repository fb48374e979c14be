"""The demonstration world: invented providers, people and referrals with a history, and accounts to sign in with."""

from homeward.demo.size import FULL, SMALL, DemoSize
from homeward.demo.world import DemoSummary, build, is_built

__all__ = ["FULL", "SMALL", "DemoSize", "DemoSummary", "build", "is_built"]
