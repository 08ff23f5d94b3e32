"""What the operating system gives: atomic files, worker processes, progress and compression."""
