"""The pipeline: corpus, catalogue, rendering, snapshot and static tree in one build. It knows all rooms below it."""
