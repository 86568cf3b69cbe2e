"""How many examples property tests take: `pytest --hypothesis-profile=fuzz` takes a hundred times as many, and others each time."""

from hypothesis import settings

settings.register_profile("fuzz", deadline=None, print_blob=True)
