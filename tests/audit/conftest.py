"""Fixtures for the tests of `feeds validate`."""

from __future__ import annotations

import pytest

from tests.audit.mutations import good_site


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The documents of a site that breaks no rule: path → bytes."""
    return good_site(tmp_path_factory.mktemp("good"))
