//! [`Answer`]: a good answer, and where its next page is.

use bytes::Bytes;
use http::HeaderMap;
use url::Url;

use crate::api::Error;
use crate::domain::{FailureKind, Text};

/// A good answer with its whole body.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The address that answered, after redirects.
    pub url: Url,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, decompressed; the end of it where it was cut by `dropped` bytes.
    pub body: Bytes,
    /// How many bytes at the body's front were let go, to stay within bounds.
    pub dropped: u64,
}

impl Answer {
    /// The address of the next page: `Link: rel="next"`, else made of `X-Next-Page`.
    ///
    /// Whether it is ours to ask is decided when it is asked.
    pub fn next_page(&self) -> Result<Option<Url>, Error> {
        for value in self.headers.get_all(http::header::LINK) {
            let Some(target) = value.to_str().ok().and_then(next_of_link) else { continue };
            return self.url.join(target).map(Some).map_err(|_| {
                let shown = Text::new(target);
                Error::new(
                    FailureKind::Shape,
                    format!("the link to the next page is no URL: {shown}"),
                )
            });
        }
        let number = self.headers.get("x-next-page").and_then(|value| value.to_str().ok());
        Ok(number.filter(|page| page.parse::<u64>().is_ok()).map(|page| self.with_page(page)))
    }

    /// Our own address with another page number.
    fn with_page(&self, page: &str) -> Url {
        let mut url = self.url.clone();
        let others: Vec<(String, String)> =
            self.url.query_pairs().filter(|(name, _)| name != "page").map(owned).collect();
        url.query_pairs_mut().clear().extend_pairs(others).append_pair("page", page);
        url
    }
}

/// Takes a pair over.
fn owned(pair: (std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)) -> (String, String) {
    (pair.0.into_owned(), pair.1.into_owned())
}

/// The target whose relation is `next` in a `Link` header (RFC 8288).
fn next_of_link(header: &str) -> Option<&str> {
    let mut rest = header;
    while let Some((_, after)) = rest.split_once('<') {
        let (target, parameters) = after.split_once('>')?;
        let mine = parameters.split_once('<').map_or(parameters, |(mine, _)| mine);
        let is_next = mine.split([';', ',']).any(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or_default();
            name.trim().eq_ignore_ascii_case("rel")
                && value.trim().trim_matches('"').split(' ').any(|word| word == "next")
        });
        if is_next {
            return Some(target);
        }
        rest = parameters;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(headers: &[(&'static str, &'static str)]) -> Answer {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        let url = Url::parse("https://git.example.com/api/v4/projects?per_page=2&page=1").unwrap();
        Answer { url, headers: map, body: Bytes::new(), dropped: 0 }
    }

    fn next(headers: &[(&'static str, &'static str)]) -> Option<String> {
        answer(headers).next_page().unwrap().map(String::from)
    }

    #[test]
    fn the_next_link_is_found_among_others() {
        let link = "<https://git.example.com/a?page=0>; rel=\"prev\", <https://git.example.com/a?x=<>; rel=\"first\", \
                    <https://git.example.com/a?id_after=7>; rel=\"next\"";
        assert_eq!(
            next(&[("link", link)]).as_deref(),
            Some("https://git.example.com/a?id_after=7")
        );
    }

    #[test]
    fn the_last_page_has_no_next() {
        assert_eq!(next(&[("link", "<https://git.example.com/a?page=1>; rel=\"first\"")]), None);
        assert_eq!(next(&[("x-next-page", "")]), None);
    }

    #[test]
    fn a_page_number_serves_where_there_is_no_link() {
        assert_eq!(
            next(&[("x-next-page", "2")]).as_deref(),
            Some("https://git.example.com/api/v4/projects?per_page=2&page=2")
        );
    }
}
