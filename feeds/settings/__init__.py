"""Settings: feeds.toml, environment variables and command-line options become one frozen value, the Site."""
