//! Rights as GitLab keeps them, place by place: who has them and by which path, tokens and keys, what guards the rest.
//!
//! **Invariant:** a list that was refused is a gap with its reason, never an empty list; a failure that may pass fails the
//! whole place, so that what was known of it stays. No value of a token, key or variable is taken out of an answer: the
//! shapes have no field for them, and variables are asked for by name alone.

mod guard_shape;
mod guards;
mod people;
mod place;
mod refused;
mod runners;
mod shape;
mod sheet;
#[cfg(test)]
#[cfg(feature = "demo")]
mod tests;
mod tokens;
mod users;

pub use place::Below;
