// The site that Eleventy makes: an Atom and an RSS document for each topic and each provider.
import rss from "@11ty/eleventy-plugin-rss";

const SHOWN = 50;

// One feed of each topic and provider: its newest pages, those that articles are about or call related.
function feeds(articles) {
  const pages = new Map();
  const add = (folder, title, link, topics) => {
    if (!pages.has(folder)) {
      pages.set(folder, { folder, title, links: new Map() });
    }
    pages.get(folder).links.set(link.webUrl, { ...link, topics });
  };
  for (const { data } of articles) {
    for (const link of [...data.related, data]) {
      const { title, excerpt, webUrl, publishedDateTime, provider, images } = link;
      const entry = { title, excerpt, webUrl, publishedDateTime, provider, images };
      for (const topic of data.topics) {
        add(`topics/${topic.toLowerCase().replaceAll(" ", "-")}`, topic, entry, data.topics);
      }
      add(`providers/${provider.domain}`, provider.name, entry, data.topics);
    }
  }
  return [...pages.values()].map(({ folder, title, links }) => ({
    folder,
    title,
    entries: [...links.values()].sort((a, b) => b.publishedDateTime - a.publishedDateTime).slice(0, SHOWN),
  }));
}

export default function (config) {
  config.addPlugin(rss);
  config.addCollection("feeds", (all) => feeds(all.getFilteredByTag("article")));
  return {
    dir: { input: "site", output: "public" },
    markdownTemplateEngine: false,
    templateFormats: ["md", "njk"],
  };
}
