"""The look of the pages: what the publisher adds to it, a style sheet and templates, as they are in their files."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import NamedTuple

from feeds.errors import ConfigError

THEME_FILE = "theme.css"
"""The style sheet in the folder of the articles that is used if the settings name none."""


Templates = tuple[tuple[str, str, str], ...]
"""File name, path and text of templates, sorted by name."""


class Look(NamedTuple):
    """What the publisher adds to the look of the pages.

    Attributes:
        style: the text that is added to the style sheet.
        templates: the templates.
    """

    style: str = ""
    templates: Templates = ()

    @property
    def digest(self) -> str:
        """A text that changes with the texts."""
        texts = [self.style, [(name, text) for name, _, text in self.templates]]
        return hashlib.sha256(json.dumps(texts).encode()).hexdigest()


def load_look(theme: str, templates: str, corpus: Path) -> Look:
    """Return the look that the files give.

    Args:
        theme: the path of a style sheet; empty for :data:`THEME_FILE` in the corpus, if it is there.
        templates: the path of a folder with templates, or empty.
        corpus: the folder of the articles.

    Raises:
        ConfigError: a file or the folder is missing, or can't be read.
    """
    path = Path(theme) if theme else corpus / THEME_FILE
    style = _read(path) if theme or path.is_file() else ""
    if not templates:
        return Look(style)
    folder = Path(templates)
    if not folder.is_dir():
        raise ConfigError("templates should name a folder; there is none at this path", folder)
    files = sorted(file for file in folder.iterdir() if file.suffix == ".html" and not file.name.startswith("."))
    return Look(style, tuple((file.name, str(file), _read(file)) for file in files))


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise ConfigError(f"it can't be read ({error.strerror})", path) from error
    except UnicodeDecodeError as error:
        raise ConfigError("it is not UTF-8; save it as UTF-8", path) from error
