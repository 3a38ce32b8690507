//! AWS as far as the cluster needs it: EKS, STS, IAM and Auto Scaling on one listener, signed requests only.

mod access;
mod act;
mod autoscaling;
mod eks;
mod error;
mod iam;
mod server;
mod signature;
mod sts;
mod xml;

pub(crate) use self::server::serve;
pub(crate) use self::signature::is_token_of;

use super::dice::Dice;
use super::server::Platform;

/// The credentials that work. They are nobody's.
pub(crate) struct Keys {
    pub(crate) access: String,
    pub(crate) secret: String,
    /// The access key that an assumed role has.
    pub(crate) session: String,
}

impl Keys {
    /// The credentials of a seed.
    pub(crate) fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed ^ 0xa35);
        let mut letters =
            |count: usize| -> String { dice.sha().to_uppercase().chars().take(count).collect() };
        Self {
            access: format!("AKIASIMULATED{}", letters(7)),
            session: format!("ASIASIMULATED{}", letters(7)),
            secret: format!("simulated/{}", letters(30)),
        }
    }

    /// Whether an access key is known.
    fn knows(&self, access: &str) -> bool {
        access == self.access || access == self.session
    }
}

/// A request, once it is clear what is asked.
pub(crate) struct Call<'a> {
    platform: &'a Platform,
    /// Name of the operation, `DescribeNodegroup` for example.
    operation: &'a str,
    /// Names in the path, or none.
    names: &'a [String],
    /// Parameters of the query, or of the body of the query protocol.
    parameters: &'a [(String, String)],
    /// Body, of EKS a document in JSON.
    body: &'a [u8],
}

impl Call<'_> {
    /// The last value of a parameter.
    fn get(&self, name: &str) -> Option<&str> {
        let known = self.parameters.iter().rev().find(|(known, _)| known == name);
        known.map(|(_, value)| value.as_str())
    }
}
