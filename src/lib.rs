//! Watchfloor: one screen for a secure code-delivery platform.
//!
//! The program is a pure state machine with an impure rim. Every word of this picture is a folder:
//!
//! ```text
//!  platform ── api ── source ──▶ mailbox ──▶ update ──▶ state ──▶ finding, pane ──▶ view ──▶ terminal
//!                                    │           ▲                      ▲
//!                                    └─▶ cache ──┘ (replay at start)    │
//!  keyboard ── keymap ──▶ command ──▶ app::update ──────────────────────┘
//!                                         │
//!                                         └─▶ effect ──▶ runtime ──▶ worker, browser, clipboard, files
//! ```
//!
//! To read it from the bottom up:
//!
//! 1. [`domain`]: what the platform is. Plain values and pure rules; text from outside is made inert here.
//! 2. [`theme`] and [`keymap`]: roles to looks, keys to names of commands.
//! 3. [`config`]: files, flags and environment into settings, every fault with its place and its cure.
//! 4. [`state`]: what is known and how fresh it is. [`state::State::apply`] is the only way in.
//! 5. [`cache`]: what was known last, on disk, so that a start shows it at once.
//!    [`audit`]: the ledger of acts, where nothing is ever dropped.
//! 6. [`finding`]: what deserves attention, one pure function a rule.
//!    [`why`]: why a job waits, by a tree of questions, and what could not be told.
//!    [`gate`]: whether a change may be deployed now, by policy and objectives.
//!    [`register`]: the exceptions that were granted, each with its end; files into records, and the rules over them.
//!    [`access`]: who has which right, what the rules say of it, and the campaigns in which people decide about it.
//! 7. [`pane`]: what each screen shows, as plain values: columns, rows, blocks, filters, orders.
//! 8. [`app`]: the program itself. A message and an instant go in, effects come out.
//! 9. [`view`]: draws the app; knows no subject.
//! 10. [`api`]: clients that can only read. The one layer that knows JSON and HTTP.
//! 11. [`source`]: live feeds, each on its own task, at its own rhythm.
//! 12. [`runtime`]: terminal, clock, tasks and the loop that ties all this together.
//! 13. [`cli`]: the command line, and what each command does.
//!
//! Who may name whom is a table in `tests/tidy/table.rs`; what holds everywhere stands in `docs/architecture.md`.

pub mod access;
pub mod action;
pub mod api;
pub mod app;
pub mod audit;
pub mod cache;
pub mod cli;
pub mod config;
pub mod domain;
pub mod finding;
pub mod gate;
pub mod handover;
pub mod keymap;
pub mod pane;
pub mod register;
pub mod runtime;
#[cfg(feature = "demo")]
pub mod sim;
pub mod source;
pub mod state;
pub mod theme;
pub mod timeline;
pub mod view;
pub mod why;
