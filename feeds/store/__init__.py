"""The state folder and the static tree: objects, snapshots, the lock of a build, the status of the last build."""
