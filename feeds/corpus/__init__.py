"""The corpus: a folder of files in, articles or problems out.

The flow is ``scan`` (which files) → ``read`` (bytes → article or problem), which asks ``matter`` (front
matter), ``fields`` (the names and shapes that people use), ``dates`` and ``markup``. Nothing else in the
project knows YAML, front matter, dates as people write them, or Markdown.
"""
