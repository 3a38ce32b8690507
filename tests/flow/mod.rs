//! What a person does and sees: the console over the simulated platform, from its sockets to the screen.

mod access;
mod acts;
mod arming;
mod capacity;
mod capacity_acts;
mod check;
mod drift;
mod exceptions_acts;
mod exceptions_ask;
mod failures;
mod gate;
mod gate_evidence;
mod hostile;
mod ledger;
mod now;
mod queue;
mod reads;
mod register;
mod review;
mod slo_files;
mod slo_requests;
mod slos;
mod then;
mod timeline;
mod why;
