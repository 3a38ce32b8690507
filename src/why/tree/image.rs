//! Branch D5: images that do not come.

use super::evidence;
use super::pod::{event_proof, told};
use crate::domain::{EntityId, Pod, PodEvent, Text};
use crate::why::facts::Gap;
use crate::why::grammar::image::PullFault;
use crate::why::leaf::Leaf;
use crate::why::walk::{Found, Walk};

/// States in which an image is waited for in vain.
const KEPT: [&str; 3] = ["ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull"];

/// Why an image does not come; nothing where none is waited for. A helper image of an init container is branch D4.
pub(super) fn kept(
    walk: &mut Walk<'_, '_>,
    pod: &Pod,
    events: &Result<Vec<&PodEvent>, Gap>,
) -> Option<Found> {
    if !KEPT.contains(&&*pod.state) {
        return None;
    }
    let words = pod.message.clone().unwrap_or_else(|| Text::new(""));
    let mut fault = PullFault::read(&words);
    let mut said = None;
    if fault == PullFault::Other {
        match events {
            Ok(events) => {
                let pulls = events.iter().filter(|event| &*event.reason == "Failed");
                let read = pulls.map(|event| (PullFault::read(&event.message), *event));
                said = read
                    .filter(|(fault, _)| *fault != PullFault::Other)
                    .min_by_key(|(fault, _)| *fault);
                fault = said.map_or(fault, |(fault, _)| fault);
            }
            Err(gap) => walk.open("D5", "what does the kubelet say of the image?", *gap),
        }
    }
    let leaf = match fault {
        PullFault::Auth => Leaf::ImageAuth,
        PullFault::Unknown => Leaf::ImageUnknown,
        PullFault::Limited => Leaf::ImageLimited,
        PullFault::Unreached => Leaf::ImageUnreached,
        PullFault::Other => Leaf::ImageOther,
    };
    if leaf != Leaf::ImageOther {
        walk.yes(leaf.code(), "what does the kubelet say of the image?", || {
            let proof = match said {
                Some((_, event)) => event_proof(event),
                None => evidence("pod.message", &words, "kubernetes", None),
            };
            (String::new(), vec![proof])
        });
    }
    let title = match said {
        Some((_, event)) => format!("{} ({}): {}", leaf.about().name, pod.state, event.message),
        None => told(pod, leaf.about().name),
    };
    let found = if leaf == Leaf::ImageOther {
        Found::untold(leaf, title)
    } else {
        Found::certain(leaf, title)
    };
    Some(found.of(EntityId::Pod(pod.id)))
}
