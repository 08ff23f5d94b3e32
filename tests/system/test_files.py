"""Files: copies that share their blocks, and syncs."""

from __future__ import annotations

import ctypes
import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from feeds.system.files import remove_leftovers, sync_files, write_atomically

BODY = bytes(range(256)) * 100


class _Library:
    """A C library whose syncfs has this error number; 0 is success."""

    def __init__(self, number: int) -> None:
        self._number = number
        self.synced: list[int] = []

    def syncfs(self, descriptor: int) -> int:
        self.synced.append(os.fstat(descriptor).st_dev)
        ctypes.set_errno(self._number)
        return -1 if self._number else 0


def _refuse(number: int) -> Callable[..., int]:
    def copy(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    return copy


def _copy_some(source: int, target: int, count: int, offset: int) -> int:
    """Copy a part, as the kernel may, and fail in the middle."""
    if offset > 5000:
        raise OSError(errno.EIO, "no more")
    return os.write(target, os.pread(source, min(count, 1000), offset))


@pytest.mark.parametrize(
    "copy",
    [
        pytest.param(_copy_some, id="in parts, then an error"),
        pytest.param(lambda *_: 0, id="nothing"),
        *(
            pytest.param(_refuse(number), id=errno.errorcode[number])
            for number in (errno.ENOSYS, errno.EXDEV, errno.EINVAL, errno.EOPNOTSUPP, errno.EBADF)
        ),
        None,
    ],
)
def test_what_can_not_be_copied_is_written(
    copy: Callable[..., int] | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if copy is None:
        monkeypatch.delattr(os, "copy_file_range", raising=False)  # as on macOS
    else:
        monkeypatch.setattr(os, "copy_file_range", copy, raising=False)
    (tmp_path / "object").write_bytes(BODY)
    with (tmp_path / "object").open("rb") as source:
        source.read()  # the position in the file must not matter
        write_atomically(tmp_path / "copy", BODY, source=source.fileno())
    assert (tmp_path / "copy").read_bytes() == BODY


@pytest.mark.skipif(not hasattr(os, "copy_file_range"), reason="the system has no such call")
def test_a_copy_is_a_file_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied = []
    copy = os.copy_file_range

    def remember(source: int, target: int, count: int, offset: int) -> int:
        copied.append(copy(source, target, count, offset))
        return copied[-1]

    monkeypatch.setattr(os, "copy_file_range", remember)
    (tmp_path / "object").write_bytes(BODY)
    with (tmp_path / "object").open("rb") as source:
        source.read()
        write_atomically(tmp_path / "copy", BODY, source=source.fileno())
    assert sum(copied) == len(BODY)
    with (tmp_path / "copy").open("r+b") as edited:
        edited.write(b"edited")
    assert (tmp_path / "object").read_bytes() == BODY


def _many(folder: Path) -> list[Path]:
    paths = [folder / str(number) for number in range(100)]
    for path in paths:
        path.write_bytes(b"x")
    return paths


def test_few_files_are_synced_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_ino))
    paths = _many(tmp_path)[:10]
    sync_files(paths)
    assert synced == [path.stat().st_ino for path in paths]


def test_many_files_are_synced_at_once_and_other_disks_are_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sync", lambda: pytest.fail("waits for all disks"))
    monkeypatch.setattr(os, "fsync", lambda _: pytest.fail("waits for every file"))
    library = _Library(0)
    monkeypatch.setattr("ctypes.CDLL", lambda *_, **__: library)
    paths = _many(tmp_path)
    sync_files(paths)
    assert library.synced == [paths[0].stat().st_dev]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has syncfs")
def test_the_library_of_the_system_has_the_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: pytest.fail("waits for every file"))
    sync_files(_many(tmp_path))


@pytest.mark.parametrize("library", [object(), _Library(errno.ENOSYS)], ids=["macOS", "a kernel without the call"])
def test_many_files_are_synced_one_by_one_where_nothing_else_can_be_done(
    library: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr("ctypes.CDLL", lambda *_, **__: library)
    monkeypatch.setattr(os, "fsync", synced.append)
    sync_files(_many(tmp_path))
    assert len(synced) == 100


def test_a_failed_write_is_an_error_of_the_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctypes.CDLL", lambda *_, **__: _Library(errno.EIO))
    with pytest.raises(OSError, match="Input/output error"):
        sync_files(_many(tmp_path))


def test_an_empty_folder_of_temporary_files_goes_without_shutil(tmp_path: Path) -> None:
    """Every build that has written leaves one, and the next build should not wait for a module."""
    code = "import os, sys; from feeds.system.files import remove_leftovers; os.mkdir('.new'); remove_leftovers('.');"
    code += "assert not os.path.lexists('.new'); assert 'shutil' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)


def test_a_folder_of_temporary_files_goes_with_all_that_is_in_it(tmp_path: Path) -> None:
    (tmp_path / ".new" / "folder").mkdir(parents=True)
    (tmp_path / ".new" / "folder" / "file").write_bytes(b"left")
    remove_leftovers(tmp_path)
    remove_leftovers(tmp_path)
    assert list(tmp_path.iterdir()) == []
