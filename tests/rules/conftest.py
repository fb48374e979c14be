"""Settings of the drawn examples: no time limit on an example, since a busy machine is not a broken rule."""

from hypothesis import settings

settings.register_profile("rules", deadline=None, database=None)
settings.load_profile("rules")
