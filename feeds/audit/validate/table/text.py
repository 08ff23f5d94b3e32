"""Rules for the texts and the HTML of any format."""

from __future__ import annotations

from feeds.audit.validate.rule import ERROR, WARNING, Rule

RULES = (
    Rule(
        "text-empty",
        WARNING,
        "an element that says nothing",
        "Readers show an empty line or 'untitled'.",
        "say something, or leave it out",
        "`<title/>`",
    ),
    Rule(
        "text-escaped-twice",
        WARNING,
        "RFC 4287, 3.1.1; RSS 2.0",
        "Readers show the reference, such as &#39;, as it stands.",
        "escape it once, unless you mean it so",
        "`<title>It&amp;#39;s</title>`",
    ),
    Rule(
        "text-markup",
        WARNING,
        "RSS Best Practices Profile: title",
        "Some readers show the tag as it stands, others obey it.",
        "use plain text",
        "`<title>&lt;b>A&lt;/b></title>`",
    ),
    Rule(
        "text-forbidden-character",
        ERROR,
        "XML 1.0, 2.2 (for JSON: readers that make XML or HTML of it)",
        "Some readers fail at it; it is invisible.",
        "take it out",
        '`"title": "A\\u0008"`',
    ),
    Rule(
        "text-control-character",
        WARNING,
        "XML 1.0, 2.2 (discouraged characters)",
        "Readers show boxes or nothing. Mostly, a text in Windows-1252 was read as Latin-1.",
        "decode the text as Windows-1252",
        "`<title>It&#146;s</title>`",
    ),
    Rule(
        "text-lost-character",
        WARNING,
        "Unicode, 23.8: U+FFFD stands for what could not be decoded",
        "People see a question mark in place of a letter.",
        "mend the text: it was decoded in a wrong encoding",
        "`<title>Caf\ufffd</title>`",
    ),
    Rule(
        "html-relative",
        WARNING,
        "HTML has no address to start from in a reader; readers disagree on xml:base",
        "The link or picture leads nowhere.",
        "make the address absolute",
        '`&lt;img src="/a.png">`',
    ),
    Rule(
        "html-active",
        WARNING,
        "RFC 4287, 8.1; every reader takes it out",
        "The element is missing for readers, with all that it would show.",
        "leave it out, and show the same in plain HTML",
        "`&lt;script>`, `&lt;iframe>`, `&lt;form>`",
    ),
    Rule(
        "html-handler",
        WARNING,
        "RFC 4287, 8.1; every reader takes it out",
        "Readers take it out; some refuse the feed.",
        "leave out attributes such as onclick, and addresses that begin with javascript:",
        '`&lt;a onclick="…">`',
    ),
    Rule(
        "html-style",
        WARNING,
        "RFC 4287, 8.1; most readers take it out",
        "The text may cover the reader's own, so readers take such a style out.",
        "leave positions, sizes of the window and addresses out of styles",
        '`&lt;p style="position: fixed">`',
    ),
    Rule(
        "html-none",
        WARNING,
        "RFC 4287, 3.1.1.2",
        "Lines run together, and a less-than sign hides what follows it.",
        'mark plain text as type="text", or write HTML',
        '`<content type="html">1 &lt; 2</content>`',
    ),
)
