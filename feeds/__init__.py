"""A folder of articles in; Atom, RSS and JSON feeds that every reader accepts out.

The names in ``__all__`` are the public interface; docs/library.md shows how to use them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from feeds.errors import FeedsError
    from feeds.pipeline.publish import Report, build
    from feeds.settings.loader import load_site
    from feeds.settings.site import Site
    from feeds.web.app import create_app

__version__ = "0.1.0"

__all__ = ["FeedsError", "Report", "Site", "__version__", "build", "create_app", "load_site"]

_MODULES = {
    "FeedsError": "feeds.errors",
    "Report": "feeds.pipeline.publish",
    "Site": "feeds.settings.site",
    "build": "feeds.pipeline.publish",
    "create_app": "feeds.web.app",
    "load_site": "feeds.settings.loader",
}


if not TYPE_CHECKING:  # a type checker would take the function for an attribute of every name

    def __getattr__(name: str) -> Any:
        """Import a public name when it is first used (PEP 562): the command needs few of them and has to start fast."""
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value = getattr(import_module(_MODULES[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)
