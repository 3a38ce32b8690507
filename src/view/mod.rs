//! Draws the app. Reads, never writes; interprets blocks and rows, knows no subject.

pub mod block;
pub mod canvas;
pub mod export;
pub mod fit;
pub mod glyph;
#[cfg(test)]
mod sample;
pub mod style;
pub mod table;
pub mod width;
