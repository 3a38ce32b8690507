//! A Kubernetes API server as its public documents describe it.

mod kind;
mod object;
mod store;

pub(crate) use self::kind::Kind;
pub(crate) use self::object::Object;
pub(crate) use self::store::{Act, Change, Expired, Store};
