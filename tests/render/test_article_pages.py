"""The pages of articles that have no web page of their own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from feeds.model import Image
from feeds.pipeline import publish
from feeds.render.article import page_html, render_article
from tests.builders import NOW, article, delete_catalogue, make_entry, make_head, make_site, tree, write_corpus

SITE = make_head().site


def shown(content: str, title: str = "A walk", **settings: Any) -> str:
    return page_html(make_entry(title=title, content=content, image=None, related=()), make_head(**settings).site)


@pytest.mark.parametrize("heading", ["<h1>A walk</h1>", '<h2 id="a">a  <em>WALK</em></h2>\n', "<h1>A&nbsp;walk</h1>"])
def test_a_heading_that_repeats_the_title_is_left_out(heading: str) -> None:
    assert shown(f"{heading}<p>Text.</p>") == "<p>Text.</p>"


def test_other_headings_stay_below_the_title() -> None:
    assert shown("<h1>Start</h1><h2>A walk</h2><h6>End</h6>") == "<h2>Start</h2><h3>A walk</h3><h6>End</h6>"
    assert shown("<h2>Start</h2><h3>More</h3>") == "<h2>Start</h2><h3>More</h3>"
    assert shown("<p>A walk</p>") == "<p>A walk</p>"


def test_pictures_in_the_text() -> None:
    own, other = "https://example.org/p.png", "https://b.example/p.png"
    text = f'<p><img src="{own}" alt="Own"> <img src="{other}" alt="A &lt;b&gt;"> <img src="{other}" alt=""></p>'
    assert shown(text).count(' loading="lazy" referrerpolicy="no-referrer">') == 3
    without = shown(text, remote_images=False)
    assert other not in without
    assert without.count("<img") == 1
    assert '<span class="quiet">[A &lt;b&gt;]</span> <span class="quiet">[Picture]</span>' in without


def test_the_picture_of_an_article_has_its_size() -> None:
    entry = make_entry(image=Image("https://example.org/p.png", 10, 20), content="<p>Text.</p>")
    assert '<img src="https://example.org/p.png" width="10" height="20" alt="" loading="lazy"' in page_html(entry, SITE)


@given(title=st.text(), summary=st.text(), topics=st.lists(st.text(), max_size=3))
def test_facts_for_search_engines_end_no_script(title: str, summary: str, topics: list[str]) -> None:
    entry = make_entry(title=f"</script><!--{title}", summary=summary, topics=tuple(topics))
    page = render_article(make_head(), entry, "articles/a/", None, None).decode()
    text = page.split('<script type="application/ld+json">')[1].split("</script>")[0]
    facts = json.loads(text)
    assert facts["headline"] == entry.title
    assert facts.get("description", "") == summary
    assert "<" not in text


def diary(*days: int, **titles: str) -> dict[str, str]:
    """Return articles without web pages, of days in May; `titles` has other titles for some: ``d3="Other"``."""
    return {f"{day}.md": article(titles.get(f"d{day}", f"Day {day}"), f"2022-05-{day:02}", url=None) for day in days}


def beside(folder: Path) -> dict[str, tuple[str, str]]:
    """Return the articles that every page of an article links to: the one before and the one after."""
    found = {}
    for path, body in tree(folder / "public").items():
        if path.startswith("articles/"):
            root = etree.HTML(body)
            title = root.findtext(".//h1") or ""
            links = {each.get("rel"): each.text or "" for each in root.iterfind(".//nav//a[@rel]")}
            found[title] = links.get("prev", ""), links.get("next", "")
    return found


def test_pages_lead_to_the_articles_before_and_after(tmp_path: Path) -> None:
    site = make_site(write_corpus(tmp_path / "c", diary(1, 3, 5, 9)), tmp_path)
    publish.build(site, NOW)
    assert beside(tmp_path)["Day 3"] == ("Day 1", "Day 5")
    assert beside(tmp_path)["Day 1"] == ("", "Day 3")
    assert beside(tmp_path)["Day 9"] == ("Day 5", "")


@pytest.mark.parametrize(
    ("gone", "edit"),
    [
        ((), diary(4)),
        ((), diary(10)),
        ((), diary(3, d3="Other")),
        ((3,), {}),
        ((1, 9), {}),
        ((), {"3.md": article("Day 3", "2022-05-08", url=None)}),
        ((), {"3.md": article("Day 3", "2022-05-05", url=None)}),
        ((), {"3.md": article("Day 3", "2022-05-03", url="https://a.example/three")}),
        ((), {"3.md": article("Day 3", "2022-05-03", url=None, published=False)}),
        (
            (),
            {"p.md": article("Day 5", "2022-05-05", url=None), "q.md": article("Day 5 again", "2022-05-05", url=None)},
        ),
    ],
)
def test_an_edit_changes_the_pages_beside_it(gone: tuple[int, ...], edit: dict[str, str], tmp_path: Path) -> None:
    """As a build from nothing does, which knows the same memory."""
    corpus = write_corpus(tmp_path / "c", diary(1, 3, 5, 9))
    site = make_site(corpus, tmp_path)
    publish.build(site, NOW)
    for day in gone:
        (corpus / f"{day}.md").unlink()
    write_corpus(corpus, edit)
    publish.build(site, NOW)
    after = tree(tmp_path / "public")
    delete_catalogue(tmp_path / "state")
    publish.build(site, NOW)
    assert tree(tmp_path / "public") == after
