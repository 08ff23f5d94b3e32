"""Services of the operating system: atomic files, worker processes, progress and compression."""
