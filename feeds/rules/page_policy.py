"""What a browser may load for a page: our own style and script, and pictures (Content Security Policy Level 3)."""

from __future__ import annotations

_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src {pictures}; media-src {pictures};"
    " base-uri 'none'; form-action 'none'"
)


def content_policy(*, remote_images: bool) -> str:
    """Return the Content-Security-Policy of a page.

    Args:
        remote_images: whether pictures may come from other hosts.
    """
    return _POLICY.format(pictures="'self' https: http: data:" if remote_images else "'self' data:")
