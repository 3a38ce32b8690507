//! Pages of lists: by offset with totals, or by keyset with a link alone.

use serde_json::Value;

use super::super::wire::Reply;
use super::Desk;

/// GitLab leaves totals out of longer lists.
const MOST_COUNTED: usize = 10_000;

/// Which part of a list is asked for.
pub(super) struct Paging {
    page: usize,
    size: usize,
}

impl Paging {
    /// Reads `page` and `per_page`.
    pub(super) fn read(desk: &Desk<'_>) -> Result<Self, Reply> {
        let number = |name: &str, usual: usize| match desk.ask.query.get(name) {
            None => Ok(usual),
            Some(text) => {
                text.parse::<usize>().ok().filter(|n| *n > 0).ok_or_else(|| Reply::invalid(name))
            }
        };
        Ok(Self { page: number("page", 1)?, size: number("per_page", 20)?.min(100) })
    }

    /// The page of a list, with totals unless the list has none.
    pub(super) fn cut<T>(
        &self,
        desk: &Desk<'_>,
        list: &[T],
        totals: Totals,
        shape: impl Fn(&T) -> Value,
    ) -> Reply {
        let skip = (self.page - 1).saturating_mul(self.size);
        let rows: Vec<Value> = list.iter().skip(skip).take(self.size).map(shape).collect();
        let pages = list.len().div_ceil(self.size).max(1);
        let mut reply = Reply::json(200, &Value::Array(rows));
        let next = (self.page < pages).then(|| self.page + 1);
        let prev = (self.page > 1).then(|| self.page - 1);
        let text = |page: Option<usize>| page.map(|page| page.to_string()).unwrap_or_default();
        reply.set("x-per-page", &self.size.to_string());
        reply.set("x-page", &self.page.to_string());
        reply.set("x-next-page", &text(next));
        reply.set("x-prev-page", &text(prev));
        let counted = totals == Totals::Shown && list.len() <= MOST_COUNTED;
        if counted {
            reply.set("x-total", &list.len().to_string());
            reply.set("x-total-pages", &pages.to_string());
        }
        let mut links = Vec::new();
        let targets = [("prev", prev), ("next", next), ("first", Some(1)), ("last", Some(pages))];
        for (name, page) in targets {
            if let Some(page) = page
                && (name != "last" || counted)
            {
                links.push(link(desk, ("page", &page.to_string()), name));
            }
        }
        reply.set("link", &links.join(", "));
        reply
    }
}

/// Whether a list says how long it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Totals {
    Shown,
    Omitted,
}

/// Whether the client asks for keyset pages.
pub(super) fn is_keyset(desk: &Desk<'_>) -> Result<bool, Reply> {
    match desk.ask.query.get("pagination") {
        None | Some("legacy" | "offset") => Ok(false),
        Some("keyset") => Ok(true),
        Some(_) => Err(Reply::invalid("pagination")),
    }
}

/// A keyset page: the rows after the key, already in order; `key` names the parameter of the next.
pub(super) fn keyset<T>(
    desk: &Desk<'_>,
    rows: &[T],
    key: impl Fn(&T) -> (&'static str, String),
    shape: impl Fn(&T) -> Value,
) -> Result<Reply, Reply> {
    let size = Paging::read(desk)?.size;
    let page: Vec<Value> = rows.iter().take(size).map(shape).collect();
    let mut reply = Reply::json(200, &Value::Array(page));
    if rows.len() > size
        && let Some(last) = rows.get(size - 1)
    {
        let (name, value) = key(last);
        reply.set("link", &link(desk, (name, &value), "next"));
    }
    Ok(reply)
}

fn link(desk: &Desk<'_>, (name, value): (&str, &str), relation: &str) -> String {
    let query = desk.ask.query.with(name, value);
    format!("<{}{}?{query}>; rel=\"{relation}\"", desk.base, desk.ask.path)
}
