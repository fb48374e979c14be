"""The timed face: the relay of the promised letters, the tick of the sweep ledger, and the worker around both."""
