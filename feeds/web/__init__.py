"""The web application and its server. A worker holds a snapshot and nothing else: it never reads the corpus."""
