//! What the kubelet says of a pod on its way.

use super::model::{About, Reporter};
use super::{Told, World};

impl World {
    /// The kubelet pulls an image that it has, and starts a container from it.
    pub(super) fn tell_of_start(&mut self, id: u64, path: &'static str, container: &'static str) {
        let texts = [
            (
                "Pulled",
                format!(
                    "Container image \"{}\" already present on machine",
                    super::write::HELPER_IMAGE
                ),
            ),
            ("Created", format!("Created container: {container}")),
            ("Started", format!("Started container {container}")),
        ];
        for (reason, message) in texts {
            self.tell_kubelet_about(id, path, reason, message);
        }
    }

    pub(super) fn tell_kubelet(&mut self, id: u64, reason: &'static str, message: String) {
        self.tell_kubelet_about(id, "spec.containers{build}", reason, message);
    }

    pub(super) fn tell_kubelet_about(
        &mut self,
        id: u64,
        path: &'static str,
        reason: &'static str,
        message: String,
    ) {
        let Some(pod) = self.capacity.pods.get(&id) else { return };
        let about = About::container(pod, path);
        let host = pod.node.and_then(|id| self.capacity.nodes.get(&id));
        let reporter = Reporter::Kubelet(host.map_or_else(String::new, |node| node.name.clone()));
        let now = self.now;
        self.capacity.tell(now, about, Told { reason, message, reporter });
    }
}
