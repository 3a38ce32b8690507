//! The register of exceptions: files into records, records into text, and the rules that hold over all of them.
//!
//! **Invariant:** nothing here opens a file, reads a clock or names a platform: texts, records and instants go in, values
//! come out. What cannot be read is refused with its place and its cure, and takes nothing from the other files.

mod barred;
pub mod draft;
pub mod formats;
mod index;
mod judge;
pub mod lint;
mod place;
mod propose;
mod read;
pub mod reconcile;
mod renew;
pub mod schema;
pub mod uses;
mod write;

pub use barred::{Approver, Makers, bar_of, barred};
pub use draft::{Draft, Judged, UNNAMED};
pub use index::{Break, Lineage, Register};
pub use judge::judge;
pub use lint::{Rules, Sifted, lint};
pub use place::{is_record, is_record_of};
pub use propose::{Sides, propose};
pub use read::{Entry, MOST_BYTES};
pub use renew::{Renewal, is_alike, judged, renewal, renewal_id, until};
pub use schema::schema;
pub use write::{closed, revoked, text_of};
