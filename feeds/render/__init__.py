"""Rendering: entries become fragments, feeds become documents, with one module for each format.

A fragment is a function of the entry, the format and the site's address, and never of the feed: an entry that is in
ten feeds is rendered once for each format. A document is a head, the fragments of its entries, and a tail.
"""
