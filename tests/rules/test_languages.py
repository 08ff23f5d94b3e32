"""Tags of languages, and the direction of their scripts."""

from __future__ import annotations

import pytest

from feeds.rules.languages import is_right_to_left, language_tag, marked_language


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("en", "en"),
        (" EN_us ", "en-US"),
        ("sr_RS@latin", "sr-RS"),
        ("zh-cmn-hans-cn", "zh-cmn-Hans-CN"),
        ("es-419", "es-419"),
        ("sl-ROZAJ-biske-1994", "sl-rozaj-biske-1994"),
        ("de-CH-x-Phonebk", "de-CH-x-phonebk"),
        ("ar-u-NU-latn", "ar-u-nu-latn"),
        ("english", None),
        ("x-private", None),
        ("en-", None),
        ("-en", None),
        ("en--us", None),
        ("C.UTF-8", None),
        ("én", None),
        ('en"', None),
        ("en\n", "en"),
        ("", None),
    ],
)
def test_language_tag(written: str, expected: str | None) -> None:
    assert language_tag(written) == expected


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("ar", True),
        ("ar-EG", True),
        ("he", True),
        ("fa-IR", True),
        ("ur", True),
        ("yi", True),
        ("ps", True),
        ("dv", True),
        ("ku-Arab", True),
        ("ku", False),
        ("az-Arab", True),
        ("ar-Latn", False),
        ("en-x-arab", False),
        ("en", False),
        ("", False),
        ("no tag", False),
    ],
)
def test_is_right_to_left(tag: str, expected: bool) -> None:
    assert is_right_to_left(tag) is expected


@pytest.mark.parametrize(
    ("language", "of_site", "expected"),
    [
        ("", "en", ""),
        ("en", "EN", ""),
        ("en-US", "en", "en-US"),
        ("ar", "en", "ar"),
        ("en", "ar", "en"),
        ("", "ar", "ar"),
        ("ar", "ar", "ar"),
    ],
)
def test_documents_name_what_is_not_the_site_s_own_language(language: str, of_site: str, expected: str) -> None:
    assert marked_language(language, of_site) == expected
