"""The templates of the pages (Jinja), and the values that all of them get."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from jinja2 import (
    ChoiceLoader,
    Environment,
    FunctionLoader,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateSyntaxError,
)
from markupsafe import Markup

from feeds.errors import ConfigError
from feeds.render.wording import wording_of
from feeds.rules.languages import is_right_to_left
from feeds.rules.page_policy import content_policy
from feeds.rules.site_layout import ICON_PATH, OPML_PATH, SCRIPT_PATH, STYLE_PATH
from feeds.settings.look import Templates
from feeds.settings.site import Site


def render(
    name: str, site: Site, folder: str, up: str | None = None, /, *, language: str = "", **values: object
) -> bytes:
    """Return a page.

    Args:
        name: the file name of its template.
        site: the settings.
        folder: the folder of the page, relative to the site's root: empty, or with a slash at its end.
        up: the address of the site's root from the page; None for the relative one from `folder`.
        language: the language of the page, if that is another than the site's.
        values: the values that only this template needs.
    """
    say = wording_of(site.language)
    up = up_from(folder) if up is None else up
    language = language or site.language
    common = {
        "site": site,
        "say": say,
        "language": language,
        "words_lang": lang_attributes(say.language, language),
        "up": up,
        "style": up + STYLE_PATH,
        "script": up + SCRIPT_PATH,
        "icon": site.icon or up + ICON_PATH,
        "opml": up + OPML_PATH,
        "policy": content_policy(remote_images=site.remote_images),
    }
    return (render_text(name, site, common | values).rstrip() + "\n").encode()


def render_text(name: str, site: Site, values: Mapping[str, object]) -> str:
    """Return the text that a template gives.

    Args:
        name: the file name of the template. The publisher may have one of this name.
        site: the settings.
        values: the values that the template needs.

    Raises:
        ConfigError: a template of the publisher has a mistake.
    """
    templates = site.look.templates
    if not templates:  # mistakes are ours, and there is nothing to say about them
        return _template(name, templates).render(values)
    try:
        return _template(name, templates).render(values)
    except Exception as error:  # whatever an expression in a template raises
        raise _mistake(error, templates) from error


def _mistake(error: Exception, templates: Templates) -> Exception:
    """Return the error that says where a template of the publisher has a mistake; `error` itself if none has."""
    paths = {path for _, path, _ in templates}
    if isinstance(error, TemplateSyntaxError) and error.filename in paths:
        return ConfigError(f"line {error.lineno}: {error.message}", error.filename)
    lines = traceback.extract_tb(error.__traceback__)
    for line in reversed(lines):
        if line.filename in paths:
            reason = error.message if isinstance(error, TemplateError) else f"{type(error).__name__}: {error}"
            return ConfigError(f"line {line.lineno}: {reason}", line.filename)
    return error


@lru_cache(maxsize=1024)
def lang_attributes(language: str, around: str) -> Markup:
    """Return the attributes of an element in a language, as far as the element around it has others.

    >>> lang_attributes("ar", "en"), lang_attributes("fr", "en"), lang_attributes("en", "en")
    (Markup(' lang="ar" dir="rtl"'), Markup(' lang="fr"'), Markup(''))
    """
    if language.casefold() == around.casefold():
        return Markup()
    right_to_left = is_right_to_left(language)
    direction = ("rtl" if right_to_left else "ltr") if right_to_left != is_right_to_left(around) else ""
    return Markup(' lang="{}"').format(language) + (Markup(' dir="{}"').format(direction) if direction else "")


def up_from(folder: str) -> str:
    """Return the relative address of the site's root from `folder`: so pages work below any prefix."""
    return "../" * folder.count("/")


def static_file(path: str, site: Site) -> bytes:
    """Return the file at `path`, relative to the site's root (:data:`feeds.rules.site_layout.STATIC_FILES`)."""
    body = files("feeds.render").joinpath("templates", path.rpartition("/")[2]).read_bytes()
    return body + site.look.style.encode() if path == STYLE_PATH else body


@lru_cache(maxsize=256)
def _template(name: str, templates: Templates) -> Template:
    """Return the template with the file name `name`."""
    return _environment(templates).get_template(
        name, globals={"is_right_to_left": is_right_to_left, "lang_attributes": lang_attributes}
    )


@lru_cache(maxsize=2)
def _environment(templates: Templates) -> Environment:
    """Return the environment in which templates of the publisher stand in front of ours.

    Ours are there under ``feeds/…`` as well, so that one of the publisher can extend the one that it replaces.
    """
    ours = PackageLoader("feeds.render", "templates")
    theirs = {name: (text, path, None) for name, path, text in templates}
    return Environment(
        loader=ChoiceLoader([FunctionLoader(theirs.get), ours, PrefixLoader({"feeds": ours})]),
        autoescape=True,
        auto_reload=False,  # else every page looks whether the file of its template has changed
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
