"""The corpus: article files become articles or problems.

``scan`` finds the files, ``read_files`` reads them in batches, and ``article`` turns the bytes of one file into an
article or a problem. It uses ``front_matter``, ``fields`` (the names and types of values), ``dates`` and ``markup``. No
other room knows YAML, front matter, dates as people write them, or Markdown.
"""
