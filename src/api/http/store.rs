//! Answers that the server may confirm with a 304 instead of sending them again; bounded.

use std::collections::VecDeque;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use url::Url;

/// At most this many answers are kept.
const MAX_ANSWERS: usize = 128;
/// No answer larger than this is kept, bytes.
const MAX_BODY: usize = 256 * 1024;

/// One kept answer.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    /// The server's mark for this content.
    pub(super) etag: HeaderValue,
    /// Its headers, for the link to the next page.
    pub(super) headers: HeaderMap,
    /// Its body.
    pub(super) body: Bytes,
}

/// The answers, the last used at the back.
#[derive(Debug, Default)]
pub(super) struct Store(VecDeque<(Url, Kept)>);

impl Store {
    /// The kept answer of an address.
    pub(super) fn find(&mut self, url: &Url) -> Option<Kept> {
        let place = self.0.iter().position(|(known, _)| known == url)?;
        let entry = self.0.remove(place)?;
        let kept = entry.1.clone();
        self.0.push_back(entry);
        Some(kept)
    }

    /// Keeps an answer if it has a mark and is small, in place of the oldest.
    pub(super) fn keep(&mut self, url: &Url, headers: &HeaderMap, body: &Bytes) {
        self.0.retain(|(known, _)| known != url);
        let Some(etag) = headers.get(http::header::ETAG) else { return };
        if body.len() > MAX_BODY {
            return;
        }
        if self.0.len() >= MAX_ANSWERS {
            self.0.pop_front();
        }
        let kept = Kept { etag: etag.clone(), headers: headers.clone(), body: body.clone() };
        self.0.push_back((url.clone(), kept));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(number: usize) -> Url {
        Url::parse(&format!("https://git.example.com/{number}")).unwrap()
    }

    fn marked() -> HeaderMap {
        HeaderMap::from_iter([(http::header::ETAG, HeaderValue::from_static("W/\"1\""))])
    }

    #[test]
    fn the_answer_used_longest_ago_makes_room() {
        let mut store = Store::default();
        for number in 0..MAX_ANSWERS {
            store.keep(&url(number), &marked(), &Bytes::new());
        }
        assert!(store.find(&url(0)).is_some());
        store.keep(&url(MAX_ANSWERS), &marked(), &Bytes::new());
        assert!(store.find(&url(0)).is_some());
        assert!(store.find(&url(1)).is_none());
    }

    #[test]
    fn an_answer_without_a_mark_or_too_large_is_not_kept() {
        let mut store = Store::default();
        store.keep(&url(0), &HeaderMap::new(), &Bytes::new());
        store.keep(&url(1), &marked(), &Bytes::from(vec![0; MAX_BODY + 1]));
        assert!(store.find(&url(0)).is_none() && store.find(&url(1)).is_none());
    }
}
