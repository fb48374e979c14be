"""The demonstration world: invented providers, people and referrals with a history, and accounts to sign in with."""
