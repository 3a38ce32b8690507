//! Pieces as they are kept between runs.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::site::{Piece, Site};
use crate::api::{Kept, Shelf};
use crate::domain::access::Resource;

/// What is kept, as it was read. What another build wrote and this one does not understand is read again.
pub(super) fn pieces(kept: Vec<Kept>) -> BTreeMap<Site, Piece> {
    let piece = |kept: Kept| serde_json::from_str::<Piece>(&kept.body).ok();
    kept.into_iter().filter_map(piece).map(|piece| (piece.site.clone(), piece)).collect()
}

/// Lets everything go that depends on the rights at a place: the next reading reads it again.
pub(super) fn forget(shelf: &dyn Shelf, place: &Resource) {
    #[derive(Deserialize)]
    struct Head {
        site: Site,
    }
    for kept in shelf.take() {
        let head = serde_json::from_str::<Head>(&kept.body);
        if head.is_ok_and(|head| head.site.is_touched_by(place)) {
            shelf.forget(&kept.site);
        }
    }
}

/// A piece as it is kept.
pub(super) fn kept(piece: &Piece) -> Option<Kept> {
    let body = serde_json::to_string(piece).ok()?;
    Some(Kept { site: piece.site.to_string(), taken_at: piece.taken_at, body })
}
