"""Codings: made once, stored beside the object or the static file, checked when they are read, deleted with it."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import brotli
import pytest
import zstandard
from flask.testing import FlaskClient

from feeds.pipeline import publish
from feeds.settings.site import Site
from feeds.store import snapshots
from feeds.store.objects import DamagedObjectError
from feeds.store.snapshots import Draft, Snapshot
from feeds.store.static_tree import write_tree
from feeds.store.trust import Trust
from feeds.system import compression
from feeds.system.compression import CODINGS, INSTALLED_CODINGS, MIN_SIZE, Coding, codings_of
from tests.builders import NOW, article, make_site, tree, write_corpus

FEED = "/topics/ai/feed.atom"
TEXT = "application/atom+xml; charset=utf-8"
BODY = b"A feed is a list of entries, the newest first. " * 99

DECODE = {"gzip": gzip.decompress, "br": brotli.decompress, "zstd": zstandard.decompress}


def make(folder: Path, body: bytes = BODY, now: datetime = NOW) -> Snapshot:
    draft = Draft(folder, snapshots.load_current(folder), now)
    draft.put("a", TEXT, body, NOW)
    return draft.commit()


def counting(coding: Coding) -> tuple[Coding, list[bytes]]:
    """Return `coding`, and what it is asked to code from now on."""
    asked: list[bytes] = []

    def encode(body: bytes) -> bytes:
        asked.append(body)
        return coding.encode(body)

    return coding._replace(encode=encode), asked


@pytest.mark.parametrize("coding", CODINGS, ids=lambda each: each.name)
class TestCoding:
    """One coding of one document."""

    def test_is_smaller_and_the_same_whenever_it_is_made(self, coding: Coding) -> None:
        assert DECODE[coding.name](coding.encode(BODY)) == BODY
        assert len(coding.encode(BODY)) < len(BODY)
        command = "import sys; from feeds.system import compression as c; b = sys.stdin.buffer.read()\n"
        command += f"sys.stdout.buffer.write(next(e for e in c.CODINGS if e.name == {coding.name!r}).encode(b))"
        other = subprocess.run([sys.executable, "-c", command], input=BODY, capture_output=True, check=True)
        assert other.stdout == coding.encode(BODY)

    def test_is_made_once(self, coding: Coding, tmp_path: Path) -> None:
        made, (coding, asked) = make(tmp_path), counting(coding)
        first = made.read(made.documents["a"], coding)
        again = snapshots.load_current(tmp_path)
        assert again is not None
        assert again.read(again.documents["a"], coding) == first
        assert asked == [BODY]

    def test_damage_is_mended(self, coding: Coding, tmp_path: Path) -> None:
        made = make(tmp_path)
        good = made.read(made.documents["a"], coding)
        (path,) = (tmp_path / "objects").glob(f"??/*{coding.suffix}")
        kept = path.read_bytes()
        for damaged in (b"", kept[:20], kept[:-1] + b"X", b"X" + kept[1:]):
            path.write_bytes(damaged)
            assert made.read(made.documents["a"], coding) == good
            assert path.read_bytes() == kept

    def test_is_no_way_around_a_missing_object(self, coding: Coding, tmp_path: Path) -> None:
        made = make(tmp_path)
        for path in (tmp_path / "objects").glob("??/*"):
            path.unlink()
        with pytest.raises(DamagedObjectError):
            made.read(made.documents["a"], coding)

    def test_what_can_not_be_kept_is_sent_all_the_same(self, coding: Coding, tmp_path: Path) -> None:
        made = make(tmp_path)
        (tmp_path / ".new").rmdir()
        (tmp_path / ".new").write_text("no folder to write in")
        assert DECODE[coding.name](made.read(made.documents["a"], coding)) == BODY

    def test_goes_with_its_object(self, coding: Coding, tmp_path: Path) -> None:
        made = [make(tmp_path, BODY + bytes([number])) for number in range(65, 71)]
        for each in made:
            each.read(each.documents["a"], coding)
        snapshots.delete_old_generations(tmp_path, NOW, everything=True)
        assert len(list((tmp_path / "objects").glob(f"??/*{coding.suffix}"))) == 6, "all are needed"
        much_later = datetime.now(NOW.tzinfo) + timedelta(seconds=snapshots.MIN_AGE_SECONDS + 1)
        snapshots.delete_old_generations(tmp_path, much_later)
        left = [path.name for path in (tmp_path / "objects").glob("??/*")]
        assert len(left) == 2 * snapshots.KEPT_GENERATIONS
        assert sum(name.endswith(coding.suffix) for name in left) == snapshots.KEPT_GENERATIONS

    def test_that_lost_its_object_goes(self, coding: Coding, tmp_path: Path) -> None:
        made = make(tmp_path)
        stray = tmp_path / "objects" / "ab" / f"{'c' * 30}{coding.suffix}"
        stray.parent.mkdir(exist_ok=True)
        stray.write_bytes(b"")
        snapshots.delete_old_generations(tmp_path, NOW, everything=True)
        assert not stray.exists()
        assert made.is_whole()


@pytest.mark.parametrize(
    ("media_type", "size", "coded"),
    [
        (TEXT, MIN_SIZE, True),
        (TEXT, MIN_SIZE - 1, False),
        ("application/feed+json; charset=utf-8", 9999, True),
        ("text/html; charset=utf-8", 9999, True),
        ("text/x-opml", 9999, True),
        ("image/png", 9999, False),
        ("application/zip", 9999, False),
    ],
)
def test_what_is_worth_coding(media_type: str, size: int, coded: bool) -> None:
    assert codings_of(media_type, size) == (INSTALLED_CODINGS if coded else ())


def test_without_the_extras_there_is_gzip() -> None:
    code = "import sys, importlib.util as u; find = u.find_spec\n"
    code += "u.find_spec = lambda name: find(name) if name not in ('brotli', 'zstandard') else None\n"
    code += "from feeds.system import compression; print([each.name for each in compression.INSTALLED_CODINGS])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['gzip']"
    assert [each.name for each in compression.INSTALLED_CODINGS] == ["br", "zstd", "gzip"]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = make_site(
        write_corpus(tmp_path / "c", {"a.md": article(topics=["AI"], excerpt="A long story. " * 99)}), tmp_path
    )
    publish.build(site, NOW)
    return site


class TestAnswers:
    """What a client gets."""

    @pytest.mark.parametrize("coding", CODINGS, ids=lambda each: each.name)
    def test_is_the_document_in_the_coding_it_asks_for(self, coding: Coding, client: FlaskClient) -> None:
        plain = client.get(FEED)
        assert "Content-Encoding" not in plain.headers
        coded = client.get(FEED, headers={"Accept-Encoding": coding.name})
        assert DECODE[coding.name](coded.data) == plain.data
        assert coded.headers["Content-Encoding"] == coding.name
        assert coded.headers["ETag"] == plain.headers["ETag"][:-1] + f'-{coding.name}"'
        assert int(coded.headers["Content-Length"]) == len(coded.data)
        for name in ("Content-Type", "Last-Modified", "Cache-Control", "Link", "Vary"):
            assert coded.headers[name] == plain.headers[name]
        assert plain.headers["Vary"] == "Accept-Encoding"

    @pytest.mark.parametrize("name", ["identity", *(each.name for each in CODINGS)])
    def test_head_and_304_are_like_it(self, name: str, client: FlaskClient) -> None:
        wants = {"Accept-Encoding": name}
        get, head = client.get(FEED, headers=wants), client.head(FEED, headers=wants)
        assert (dict(head.headers), head.data) == (dict(get.headers), b"")
        again = client.get(FEED, headers={**wants, "If-None-Match": get.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        of_the_body = {"Content-Type", "Content-Encoding", "Content-Length"}
        assert dict(again.headers) == {name: value for name, value in get.headers if name not in of_the_body}

    def test_a_304_makes_no_coding(self, client: FlaskClient, site: Site) -> None:
        modified = client.get(FEED).headers["Last-Modified"]
        poll = {"Accept-Encoding": "br", "If-Modified-Since": modified}
        assert client.get(FEED, headers=poll).status_code == 304
        assert not list((site.state_path / "objects").glob("??/*.*"))

    def test_a_small_document_is_sent_as_it_is(self, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(compression, "MIN_SIZE", 1 << 20)
        answer = client.get(FEED, headers={"Accept-Encoding": "gzip, identity;q=0"})
        assert (answer.status_code, "Content-Encoding" in answer.headers) == (200, False)


class TestStaticTree:
    """`precompress`."""

    def test_has_each_coding_beside_each_file(self, tmp_path: Path) -> None:
        made, out = make(tmp_path / "state"), tmp_path / "out"
        assert write_tree(made, out, precompress=True).written == 4
        for coding in CODINGS:
            path = out / f"a{coding.suffix}"
            assert DECODE[coding.name](path.read_bytes()) == BODY
            assert path.stat().st_mtime == (out / "a").stat().st_mtime == made.documents["a"].modified
        for path in (tmp_path / "state" / "objects").glob("??/*.*"):
            path.unlink()
        assert write_tree(made, out, precompress=True).written == 0
        assert not list((tmp_path / "state" / "objects").glob("??/*.*")), "what is as it was left is not coded again"

    def test_follows_its_document(self, tmp_path: Path) -> None:
        out = tmp_path / "out"
        write_tree(make(tmp_path / "state"), out, precompress=True)
        assert write_tree(make(tmp_path / "state", BODY * 2), out, precompress=True).written == 4
        assert gzip.decompress((out / "a.gz").read_bytes()) == BODY * 2
        assert write_tree(make(tmp_path / "state", b"small"), out, precompress=True).written == 4
        assert set(tree(out)) == {"a", ".feeds-output.json"}

    def test_a_build_without_it_leaves_none(self, tmp_path: Path) -> None:
        made, out = make(tmp_path / "state"), tmp_path / "out"
        write_tree(made, out, precompress=True)
        assert write_tree(made, out).written == 3
        assert set(tree(out)) == {"a", ".feeds-output.json"}, "a server would go on sending what is old by then"

    def test_mends_what_somebody_changed(self, tmp_path: Path) -> None:
        made, out = make(tmp_path / "state"), tmp_path / "out"
        write_tree(made, out, precompress=True)
        good = (out / "a.gz").read_bytes()
        (out / "a.gz").write_bytes(b"X" * len(good))
        (out / "a.br").unlink()
        assert write_tree(made, out, precompress=True).written == 2
        assert (out / "a.gz").read_bytes() == good
        (out / "a.gz").write_bytes(b"X" * len(good))
        os.utime(out / "a.gz", (NOW.timestamp(), NOW.timestamp()))
        assert write_tree(made, out, precompress=True, trust=Trust.NOTHING).written == 1

    def test_is_asked_for(self, tmp_path: Path) -> None:
        corpus = write_corpus(tmp_path / "c", {"a.md": article(topics=["AI"], excerpt="A long story. " * 99)})
        publish.build(make_site(corpus, tmp_path), NOW)
        plain = tree(tmp_path / "public")
        assert not [path for path in plain if path.endswith(".gz")]
        done = publish.build(make_site(corpus, tmp_path, precompress=True), NOW)
        coded = tree(tmp_path / "public")
        assert make_site(corpus, tmp_path, precompress=True).fingerprint == make_site(corpus, tmp_path).fingerprint
        assert {path: coded[path] for path in plain if path != ".feeds-output.json"}.items() <= plain.items()
        assert gzip.decompress(coded["topics/ai/feed.atom.gz"]) == plain["topics/ai/feed.atom"]
        assert (done.changed, done.written) == (0, len(coded) - len(plain))
