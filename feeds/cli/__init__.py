"""The command line: a command parses its options, calls one function and prints the result.

::

    main          all commands, in their order
    publish       init, build, serve
    inspect       check, list, show, diff
    audit         validate, pollers
    options       the options that several commands share
    output, json_output, progress_bar    what they print: text, JSON, a bar
    exit_codes    how they end
    reference     docs/commands.md, made from all of these
"""
