"""Pure functions that hold the rules of the project. They read no file, no clock and no settings."""
