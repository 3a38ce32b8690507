//! Places that were looked at for exceptions, as they come, change and go.

use std::sync::Arc;

use crate::domain::{Sighting, SightingId};
use crate::state::table::{Arrival, Effect};
use crate::state::{Changes, State};

impl State {
    /// A look that found the same a little later is no news to the eye, yet its moment stands in the evidence.
    pub(super) fn upsert_sighting(
        &mut self,
        sighting: &Arc<Sighting>,
        arrival: Arrival,
        changes: &mut Changes,
    ) {
        let is_news = |before: &Sighting, after: &Sighting| !before.says_the_same(after);
        let rows = &mut self.rows.sightings;
        if rows.measure(sighting.id, sighting, arrival, is_news) == Effect::Changed {
            changes.sightings.insert(sighting.id);
        }
    }

    pub(super) fn remove_sighting(&mut self, id: SightingId, changes: &mut Changes) {
        if self.rows.sightings.remove(id).is_some() {
            changes.sightings.insert(id);
        }
    }
}
