//! Who may ask: everybody, or who brings the token.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;

use crate::sim::dice::Dice;
use crate::sim::scenario::Greeting;
use crate::sim::wire::Reply;

/// The user of basic authentication.
pub(crate) const USER: &str = "watchfloor";

/// What a server wants to be greeted with.
pub(crate) struct Lock {
    greeting: Greeting,
    token: String,
}

impl Lock {
    /// The lock of a scenario, with a token of the seed.
    pub(crate) fn new(greeting: Greeting, seed: u64) -> Self {
        let letters: String = Dice::new(seed ^ 0x9207).sha().chars().take(24).collect();
        Self { greeting, token: format!("simulated-{letters}") }
    }

    /// How it wants to be greeted.
    pub(crate) fn greeting(&self) -> Greeting {
        self.greeting
    }

    /// The token, or the password.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// Whether a request may enter; if not, what it is told.
    pub(crate) fn check(&self, headers: &HeaderMap) -> Result<(), Reply> {
        let (expected, challenge) = match self.greeting {
            Greeting::None => return Ok(()),
            Greeting::Bearer => (format!("Bearer {}", self.token), "Bearer"),
            Greeting::Basic => {
                let pair = STANDARD.encode(format!("{USER}:{}", self.token));
                (format!("Basic {pair}"), "Basic")
            }
        };
        let given = headers.get("authorization").and_then(|value| value.to_str().ok());
        if given == Some(expected.as_str()) {
            return Ok(());
        }
        let mut reply = Reply::text(401, "Unauthorized\n");
        reply.set("www-authenticate", challenge);
        Err(reply)
    }
}
