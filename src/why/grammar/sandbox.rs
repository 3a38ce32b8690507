//! Why a pod's sandbox or its volumes do not come, by the kubelet's warnings.

use crate::domain::PodEvent;

/// Why a pod that has a node does not get its sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SandboxFault {
    /// No address is left: the subnet or the node's network interfaces are full.
    NoAddress,
    /// A secret, config map or volume is not there, or cannot be attached.
    Mount,
    /// The node's runtime cannot make it.
    Runtime,
}

impl SandboxFault {
    /// Reads a warning; `None` where it is about something else.
    pub fn read(event: &PodEvent) -> Option<SandboxFault> {
        match &*event.reason {
            "FailedMount" | "FailedAttachVolume" | "FailedMapVolume" => Some(SandboxFault::Mount),
            "FailedCreatePodSandBox" => {
                let words = event.message.to_lowercase();
                let is_address = words.contains("failed to assign an ip address")
                    || words.contains("no available ip addresses");
                Some(if is_address { SandboxFault::NoAddress } else { SandboxFault::Runtime })
            }
            _ => None,
        }
    }
}
