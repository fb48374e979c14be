"""What the source documents say, as pure functions and frozen facts: no I/O, no clock, no randomness, no packages.

Sources are cited as ``001:139`` (document 001, line 139): ``000`` is the user and security guide, ``001`` the provider
manual of the referral exchange, ``002`` the risk-management regulation.
"""
