"""What layers leave to be stored, with the version of its form: state dicts and pickles."""

from __future__ import annotations

from typing import Any, Self

from cpool._arguments import Array
from cpool._arguments.numbers import shown
from cpool._version import __version__

VERSION = 1
"""Of the keys and the meaning of what is stored. A release that changes them raises it, and converts what older ones left."""


class State(dict[str, Array]):
    """The parameters of a layer by their keys, and `version`, which copies and pickles keep.

    To what stores arrays only, such as `numpy.savez`, it is a plain dict; one without a version is taken as it is.
    """

    version: int = VERSION

    def copy(self) -> Self:
        """A copy with the same version."""
        found = type(self)(self)
        found.version = self.version
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        # The version is always among what is stored, which it would not be while it is only the class's.
        return type(self), (), {"version": self.version}, None, iter(self.items())


def check_version(name: str, version: Any) -> None:
    """Refuse what a newer cpool stored, which may mean by the same keys something else."""
    if type(version) is not int or not 1 <= version <= VERSION:
        raise ValueError(
            f"{name}: its version {shown(version)} must be from 1 to {VERSION}, which cpool {__version__} knows; "
            "a newer cpool stored it"
        )
