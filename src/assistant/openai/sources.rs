//! The pages that an answer cites. They are collected until its end, so that they do not split its text.

use crate::assistant::Source;
use url::Url;

/// Maximum number of sources of an answer; further ones are dropped.
const MAX_SOURCES: usize = 32;
/// Maximum length of an address, in bytes. A longer one is dropped.
const MAX_URL_BYTES: usize = 2048;
/// Maximum length of a title, in characters. A longer one is cut.
const MAX_TITLE_CHARS: usize = 300;

/// The sources so far, each address once.
#[derive(Debug, Default)]
pub struct Sources(Vec<Source>);

impl Sources {
    /// Adds a source, unless its address is known or is not an HTTP URL.
    pub fn add(&mut self, url: &str, title: Option<String>) {
        let Ok(url) = Url::parse(url) else { return };
        let is_web = matches!(url.scheme(), "http" | "https") && url.as_str().len() <= MAX_URL_BYTES;
        let is_known = self.0.iter().any(|source| source.url == url.as_str());
        if !is_web || is_known || self.0.len() == MAX_SOURCES {
            return;
        }
        let title: Option<String> = title.map(|title| {
            let shown = title.trim().chars().filter(|character| !character.is_control());
            shown.take(MAX_TITLE_CHARS).collect()
        });
        self.0.push(Source { url: url.into(), title: title.filter(|title| !title.is_empty()) });
    }

    /// All sources.
    pub fn into_vec(self) -> Vec<Source> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_are_sources_and_each_once() {
        let mut sources = Sources::default();
        for (url, title) in [
            ("https://example.com/a?b=\u{e9}", Some(" An\0 example ".to_owned())),
            ("https://example.com/a?b=%C3%A9", Some("Again".to_owned())),
            ("http://example.com", Some(" ".to_owned())),
            ("javascript:alert(1)", None),
            ("data:text/html,x", None),
            ("not a url", None),
            (&format!("https://example.com/{}", "a".repeat(2048)), None),
        ] {
            sources.add(url, title);
        }
        let expected =
            [("https://example.com/a?b=%C3%A9", Some("An example")), ("http://example.com/", None)];
        let sources = sources.into_vec();
        let found: Vec<_> = sources.iter().map(|source| (&*source.url, source.title.as_deref())).collect();
        assert_eq!(found, expected);
        let mut sources = Sources::default();
        (0..100).for_each(|i| sources.add(&format!("https://example.com/{i}"), Some("t".repeat(1000))));
        let sources = sources.into_vec();
        assert_eq!(
            (sources.len(), sources[0].title.as_ref().map(String::len)),
            (MAX_SOURCES, Some(MAX_TITLE_CHARS))
        );
    }
}
