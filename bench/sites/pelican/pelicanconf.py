"""The site that Pelican makes: an Atom and an RSS document for each tag (topic) and author (provider), no pages."""

SITENAME = "Feeds"
SITEURL = "https://feeds.example"
TIMEZONE = "UTC"
DEFAULT_LANG = "en"

FEED_MAX_ITEMS = 50
TAG_FEED_ATOM = "topics/{slug}/feed.atom"
TAG_FEED_RSS = "topics/{slug}/feed.rss"
AUTHOR_FEED_ATOM = "providers/{slug}/feed.atom"
AUTHOR_FEED_RSS = "providers/{slug}/feed.rss"
CATEGORY_FEED_ATOM = None
FEED_ALL_ATOM = None
TRANSLATION_FEED_ATOM = None

ARTICLE_SAVE_AS = ""
AUTHOR_SAVE_AS = ""
CATEGORY_SAVE_AS = ""
TAG_SAVE_AS = ""
DIRECT_TEMPLATES: list[str] = []
PAGE_PATHS: list[str] = []
STATIC_PATHS: list[str] = []
THEME_STATIC_PATHS: list[str] = []
