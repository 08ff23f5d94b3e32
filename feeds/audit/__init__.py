"""Views from outside: validation of any published site, and statistics of any access log."""
