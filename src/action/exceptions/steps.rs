//! The second step of an act on the register: the merge request, once the commit is there.

use super::{Reached, branch};
use crate::action::desk::{Desk, Refused};
use crate::action::gate::Gate;
use crate::domain::{ActReport as Report, Ending, Identity, Outcome, Proposal, Text};

impl Desk {
    /// Sends the second of two requests, where an act has one: with a look, a permit and a record of its own. What is half
    /// done is told as that.
    pub(in crate::action) async fn file_next(
        &self,
        together: (&Gate, usize),
        (proposal, first): (&Proposal, Report),
        known: &[Identity],
    ) -> Result<Report, Refused> {
        let Some(registrar) = self.platforms.registrar(proposal) else { return Ok(first) };
        if first.outcome.ending != Ending::Done {
            return Ok(first);
        }
        let second = match registrar.reached(proposal, &first, self.wiring.now()) {
            Reached::Asked => return Ok(first),
            Reached::Committed => Box::pin(self.perform_one(together, proposal, known)).await,
            Reached::Unclear(why) => Err(Refused::Objection(why)),
        };
        let second = match second {
            Ok(second) if second.outcome.ending == Ending::Done => return Ok(second),
            Ok(second) => second,
            Err(refused) => {
                let message = Some(Text::new(&refused.to_string()));
                let outcome = Outcome { ending: Ending::Failed, status: None, message };
                Report { outcome, ..first }
            }
        };
        let outcome = half_done(&second.outcome, &branch(proposal));
        Ok(Report { outcome, ..second })
    }
}

/// That the first half of an act is done and the second is not, with what to do next.
fn half_done(second: &Outcome, branch: &str) -> Outcome {
    let said = second.message.as_deref().unwrap_or("no answer came");
    let words = format!(
        "half done: the commit lies on the branch {branch}, its merge request is not known to be open: {said}; ask for the \
         same again: that goes on from there and doubles nothing"
    );
    Outcome { message: Some(Text::new(&words)), ..second.clone() }
}
