"""Rules for elements of known namespaces in RSS and Atom, and for podcasts."""

from __future__ import annotations

from feeds.audit.validate.rule import WARNING, Rule

RULES = (
    Rule(
        "extension-unknown",
        WARNING,
        "the specification of the namespace",
        "Readers ignore it.",
        "spell it as its specification does",
        "`<dc:autor>`",
    ),
    Rule(
        "extension-repeated",
        WARNING,
        "the specification of the namespace",
        "Some readers show the first, others the last one.",
        "keep one",
        "two `<content:encoded>`",
    ),
    Rule(
        "extension-misplaced",
        WARNING,
        "the specification of the namespace",
        "Readers ignore it.",
        "put it where its specification has it",
        "`<sy:updatePeriod>` in an `<item>`",
    ),
    Rule(
        "extension-value",
        WARNING,
        "the specification of the namespace",
        "Readers ignore it.",
        "write a value that its specification allows",
        "`<geo:lat>91</geo:lat>`, `<sy:updatePeriod>often</sy:updatePeriod>`",
    ),
    Rule(
        "podcast-length",
        WARNING,
        "RSS 2.0: enclosure; Apple Podcasts: requirements",
        "Players can't show how long the download takes; directories may refuse the episode.",
        "write the number of bytes of the file",
        '`<enclosure length="0" …/>`',
    ),
    Rule(
        "podcast-type",
        WARNING,
        "RSS 2.0: enclosure; Apple Podcasts: requirements",
        "Players don't play it.",
        "give the media type of the file: audio/mpeg for .mp3, audio/x-m4a for .m4a, video/mp4 for .mp4",
        '`<enclosure url="a.mp3" type="text/html" …/>`',
    ),
    Rule(
        "podcast-file-repeated",
        WARNING,
        "RSS Best Practices Profile: enclosure",
        "Some players take the first file, others the last one.",
        "keep one file in an item",
        "two `<enclosure>` in an `<item>`",
    ),
    Rule(
        "podcast-image",
        WARNING,
        "Apple Podcasts: requirements",
        "Directories refuse the podcast, or show no picture.",
        'add <itunes:image href="https://….jpg"/> (JPEG or PNG, 1400 to 3000 pixels) to the channel',
        "a podcast without `<itunes:image>`",
    ),
    Rule(
        "podcast-explicit",
        WARNING,
        "Apple Podcasts: requirements",
        "Directories refuse the podcast, or hide it in some countries.",
        "write <itunes:explicit>false</itunes:explicit>, or true",
        "a podcast without `<itunes:explicit>`",
    ),
)
