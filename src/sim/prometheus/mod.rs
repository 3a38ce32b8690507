//! Prometheus 2.42 as far as objectives need it; its series are functions of time, worked out from the world.

mod answer;
mod burn;
mod eval;
mod greeting;
mod knob;
mod parameter;
mod rules;
mod sample;
mod scene;
mod server;

pub(crate) use self::burn::{alarms, up};
pub(crate) use self::greeting::Lock;
pub use self::knob::{Greeting, Prometheus, ScriptedSlo};
pub(crate) use self::rules::annotations;
pub(crate) use self::sample::Labels;
pub(crate) use self::scene::alert_labels;
pub(crate) use self::server::{receive_for, serve};
