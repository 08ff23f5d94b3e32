"""The memory: what was published and must not be forgotten. Unlike the catalogue, it can't be made again."""
