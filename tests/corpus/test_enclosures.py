"""Files, episodes and languages in front matter: every spelling that tools have, and what is reported."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.corpus import fast_yaml
from feeds.corpus.article import parse_article
from feeds.corpus.enclosures import MEDIA_TYPES, parse_duration, parse_length
from feeds.corpus.field_names import VALUE_FIELDS
from feeds.corpus.read_settings import ReadSettings
from feeds.model import Enclosure, Episode, Mention
from tests.builders import article

PAGE = "https://a.example/p/"
FILE = "https://a.example/p/e.mp3"


def read(**fields: Any) -> Mention:
    """Return the mention of an article with these fields, which have no problem."""
    parsed = parse_article("a.md", article(url=PAGE, **fields).encode(), ReadSettings())
    assert parsed.article is not None
    assert [str(problem) for problem in parsed.problems] == []
    return parsed.article.own


def problems(**fields: Any) -> list[tuple[int, str]]:
    parsed = parse_article("a.md", article(url=PAGE, **fields).encode(), ReadSettings())
    return [(problem.line, problem.field) for problem in parsed.problems]


@pytest.mark.parametrize(
    "fields",
    [
        {"enclosure": {"url": FILE, "length": 7, "type": "audio/mpeg", "duration": 90}},
        {"enclosure": {"href": "e.mp3", "size": "7", "type": "AUDIO/MPEG; x=y", "duration": "1:30"}},
        {"enclosure": FILE, "bytes": "7", "duration": "PT1M30S"},
        {"enclosures": [{"url": "/p/e.mp3", "length": 7, "duration": "0:01:30"}]},
        {"attachments": [{"url": FILE, "mime_type": "audio/mpeg", "size_in_bytes": 7, "duration_in_seconds": 90}]},
        {"audio": "e.mp3", "audio_size": 7, "duration": 90.9},
        {"audio": {"src": "e.mp3", "size": 7, "duration": 90}, "video": False},
        {"podcast": "e.mp3", "podcast_bytes": 7, "podcast_duration": 90},
        {"podcast": {"file": "e.mp3", "bytes": 7, "duration": 90}},
        {"podcast": {"podcast_url": "e.mp3", "podcast_bytes": 7, "podcast_duration": 90}},
        {"audio_file": "e.mp3", "podcast": {"duration": 90, "bytes": 7}},
        {"audioFile": "//a.example/p/e.mp3", "bytes": 7, "itunes": {"duration": 90}},
        {"podcast_url": FILE, "bytes": 7, "itunes:duration": 90},
        {"podcast_file": FILE, "podcast": True, "bytes": 7, "duration": 90},
        {"podcast-file": [FILE], "enclosure": {"url": FILE, "length": 7}, "audio": {"url": FILE, "duration": 90}},
    ],
)
def test_one_file_in_many_spellings(fields: dict[str, Any]) -> None:
    assert read(**fields).enclosures == (Enclosure(FILE, "audio/mpeg", 7, 90),)


def test_several_files_keep_their_order_and_facts() -> None:
    found = read(
        attachments=["e.pdf", {"url": "e.mp3", "duration": 90}],
        enclosure="e.epub",
        video={"url": "e.mp4", "length": 8},
        duration=91,
        bytes=7,
    )
    assert found.enclosures == (
        Enclosure(f"{PAGE}e.epub", "application/epub+zip"),
        Enclosure(f"{PAGE}e.pdf", "application/pdf"),
        Enclosure(FILE, "audio/mpeg", 7, 90),
        Enclosure(f"{PAGE}e.mp4", "video/mp4", 8, 91),
    )


def test_the_facts_of_a_record_are_not_those_of_another_file() -> None:
    found = read(podcast={"file": "e.ogg", "bytes": 7, "duration": 90}, podcast_url="e.mp3")
    assert found.enclosures == (Enclosure(f"{PAGE}e.ogg", "audio/ogg", 7, 90), Enclosure(FILE, "audio/mpeg"))


def test_a_type_is_that_of_the_name_or_of_the_record_and_never_made_up() -> None:
    for extension, media_type in MEDIA_TYPES.items():
        assert read(enclosure=f"{PAGE}E.{extension.upper()}?a.b#c").enclosures[0].media_type == media_type
    assert read(enclosure={"url": f"{PAGE}play?id=1.mp3", "type": "audio/x-b"}).enclosures[0].media_type == "audio/x-b"
    assert problems(enclosure=f"{PAGE}play?id=1.mp3") == [(5, "enclosure")]
    assert problems(enclosure={"url": f"{PAGE}mp3", "type": "mp3"}) == [(5, "enclosure.type"), (5, "enclosure.url")]


@pytest.mark.parametrize(
    "fields",
    [
        {"duration": "45 min", "size": "large", "length": "12 cm", "bytes": "few"},
        {"audio": True, "video": "no", "podcast": "1"},
        {"episode": [], "enclosure": None, "lang": ""},
        {"podcast": {"title": "A show"}},
    ],
)
def test_articles_without_a_file_have_no_problem(fields: dict[str, Any]) -> None:
    found = read(**fields)
    assert (found.enclosures, found.episode, found.language) == ((), None, "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("24986239", 24986239),
        ("+7", 7),
        ("24_986_239", 24986239),
        ("24,986,239", 24986239),
        ("24.986.239", 24986239),
        ("24'986'239 bytes", 24986239),
        ("24\u202f986\u202f239 B", 24986239),
        ("0", 0),
        ("12.345", None),
        ("12.3 MB", None),
        ("12 MB", None),
        ("12 kB", None),
        ("1,23", None),
        ("-7", None),
        ("1e6", None),
        ("1" * 16, None),
        ("", None),
        ("٧", None),
    ],
)
def test_length(text: str, expected: int | None) -> None:
    assert parse_length(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("754", 754),
        ("754.9", 754),
        ("12:34", 754),
        ("75:30", 4530),
        ("1:02:03", 3723),
        ("01:02:03.5", 3723),
        ("PT1H2M", 3720),
        ("pt62m3s", 3723),
        ("P1DT1S", 86401),
        ("PT1.5S", 1),
        ("0", 0),
        ("1:75", None),
        ("1:60:00", None),
        ("1:2:3:4", None),
        ("PT", None),
        ("P", None),
        ("P1DT", None),
        ("P1Y", None),
        ("PT1H2", None),
        ("-1", None),
        ("nan", None),
        ("inf", None),
        ("99999999", None),
        ("an hour", None),
        ("", None),
    ],
)
def test_duration(text: str, expected: int | None) -> None:
    assert parse_duration(text) == expected


@given(st.text("0123456789:.PTDHMS,' _-+eB", max_size=12))
def test_any_text_is_read_or_refused(text: str) -> None:
    for value in (parse_length(text), parse_duration(text)):
        assert value is None or 0 <= value < 10**15


@pytest.mark.parametrize(
    "fields",
    [
        {
            "episode": 7,
            "season": "2",
            "episodeType": "Bonus",
            "explicit": "no",
            "episodeImage": {"url": "i.png"},
        },
        {
            "episodeNumber": "7",
            "season": 2,
            "episode_type": "bonus",
            "explicit": False,
            "itunes_image": f"{PAGE}i.png",
        },
        {
            "itunes:episode": 7,
            "itunes:season": 2,
            "itunes:episodeType": "bonus",
            "itunes:explicit": "clean",
            "itunes:image": "i.png",
        },
        {
            "itunes": {
                "episode": 7,
                "season": 2,
                "episodeType": "bonus",
                "explicit": "false",
                "image": {"href": "i.png"},
            }
        },
        {"podcast": {"episode": 7, "season": 2, "type": "bonus", "explicit": 0, "itunes_image": "/p/i.png"}},
        {"episode": {"number": 7, "season": 2, "type": "bonus", "image": "i.png"}, "explicit": "clean"},
        {"episode": {"season": 2, "type": "bonus", "image": "i.png"}, "episodeNumber": 7, "explicit": "clean"},
    ],
)
def test_one_episode_in_many_spellings(fields: dict[str, Any]) -> None:
    assert read(**fields).episode == Episode(7, 2, "bonus", False, f"{PAGE}i.png")


@pytest.mark.parametrize("number", ["0", "-1", "1.5", "one", "S01E02", "1000001", [7], True])
def test_an_impossible_number_is_left_out_with_its_line(number: object) -> None:
    assert problems(quality=1, episode=number) == [(6, "episode")]
    assert problems(quality=1, itunes={"season": number}) == [(6, "itunes.season")]


def test_a_file_in_a_list_is_reported_at_its_place() -> None:
    assert problems(enclosures=[FILE, {"length": 7}, "mailto:a", {"url": FILE, "duration": "long"}]) == [
        (5, "enclosures[2]"),
        (5, "enclosures[3]"),
        (5, "enclosures[4].duration"),
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"language": "en_US"}, "en-US"),
        ({"lang": "AR"}, "ar"),
        ({"locale": "de_DE.UTF-8"}, "de-DE"),
        ({"language": "zh-hant-tw"}, "zh-Hant-TW"),
        ({"language": "ku-arab"}, "ku-Arab"),
    ],
)
def test_language(fields: dict[str, Any], expected: str) -> None:
    assert read(**fields).language == expected


@pytest.mark.parametrize("written", ["python", "English", "e", "en-", "C", ["en"], "en, de", "en US"])
def test_a_language_that_is_none_is_left_out_with_its_line(written: object) -> None:
    assert problems(language=written) == [(5, "language")]


def test_a_wrong_language_does_not_hide_a_right_one() -> None:
    parsed = parse_article("a.md", article(language="python", lang="en").encode(), ReadSettings())
    assert parsed.article is not None
    assert parsed.article.own.language == "en"


def test_numbers_of_files_and_episodes_are_read_fast() -> None:
    pytest.importorskip("yaml_rs")
    for name in VALUE_FIELDS:
        assert fast_yaml.load_plain_yaml(f"title: a\n{name}: 7\nenclosure: {{{name}: true}}") is not None


@pytest.mark.parametrize("written", ["7", "007", "1_000", "1.50", "1e3", "+7", "true", "True", "yes", "12:34", "~"])
def test_the_fast_reader_gives_the_same_facts(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [name for name in VALUE_FIELDS if name not in ("audio", "video", "podcast")]
    facts = "".join(f"{name}: {written}\n" for name in names)
    inner = "".join(f"  {name}: {written}\n" for name in names)
    head = f"title: a\ndate: 2026-05-26\nlink: {PAGE}\naudio: e.mp3\n"
    text = f"---\n{head}{facts}podcast:\n  file: e.ogg\n{inner}---\n"
    found = parse_article("a.md", text.encode(), ReadSettings())
    monkeypatch.setattr(fast_yaml, "_AVAILABLE", False)
    assert parse_article("a.md", text.encode(), ReadSettings()) == found
    assert found.article is not None
    assert len(found.article.own.enclosures) == 2
