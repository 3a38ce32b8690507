//! Paths and methods as resources and verbs: what a request asks for.

use super::kind::Kind;
use crate::sim::wire::Ask;

/// A resource and what is done to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Route<'a> {
    pub(super) kind: Kind,
    pub(super) namespace: Option<&'a str>,
    pub(super) name: Option<&'a str>,
    /// `log` of a pod, for example.
    pub(super) subresource: Option<&'a str>,
    /// In the words of the access rules.
    pub(super) verb: &'static str,
}

impl<'a> Route<'a> {
    /// The route of a request to a resource; `None` when it is none that is known.
    pub(super) fn of(ask: &Ask, segments: &[&'a str]) -> Option<Self> {
        let (group, version, rest) = match segments {
            ["api", version, rest @ ..] => ("", *version, rest),
            ["apis", group, version, rest @ ..] => (*group, *version, rest),
            _ => return None,
        };
        let (namespace, plural, rest) = match rest {
            // The namespace itself, not what it holds.
            ["namespaces"] | ["namespaces", _] | ["namespaces", _, "status" | "finalize"] => {
                (None, "namespaces", rest.get(1..).unwrap_or_default())
            }
            ["namespaces", namespace, plural, rest @ ..] => (Some(*namespace), *plural, rest),
            [plural, rest @ ..] => (None, *plural, rest),
            [] => return None,
        };
        let kind = Kind::find(group, version, plural)?;
        if namespace.is_some() && !kind.facts().namespaced {
            return None;
        }
        let (name, subresource) = match rest {
            [] => (None, None),
            [name] => (Some(*name), None),
            [name, subresource] => (Some(*name), Some(*subresource)),
            _ => return None,
        };
        if name.is_some() && namespace.is_none() && kind.facts().namespaced {
            return None;
        }
        Some(Self { kind, namespace, name, subresource, verb: verb(ask, name) })
    }

    /// The plural name with the group, as messages have it.
    pub(super) fn qualified(&self) -> String {
        let facts = self.kind.facts();
        match facts.group {
            "" => facts.plural.to_owned(),
            group => format!("{}.{group}", facts.plural),
        }
    }

    /// The path of it.
    pub(super) fn path(&self) -> String {
        let facts = self.kind.facts();
        let mut path = match facts.group {
            "" => format!("/api/{}", facts.version),
            group => format!("/apis/{group}/{}", facts.version),
        };
        if let Some(namespace) = self.namespace {
            path.push_str("/namespaces/");
            path.push_str(namespace);
        }
        for part in [Some(facts.plural), self.name, self.subresource].into_iter().flatten() {
            path.push('/');
            path.push_str(part);
        }
        path
    }

    /// Whether the access rules of the simulated person allow it; a fault may still forbid it.
    pub(super) fn is_allowed(&self) -> bool {
        match self.subresource {
            None => {
                matches!(self.verb, "get" | "list" | "watch")
                    || matches!(
                        (self.kind, self.verb),
                        (Kind::Pod, "delete") | (Kind::Node, "patch")
                    )
            }
            Some(name) => self.kind == Kind::Pod && name == "log" && self.verb == "get",
        }
    }
}

fn verb(ask: &Ask, name: Option<&str>) -> &'static str {
    match ask.method.as_str() {
        "GET" | "HEAD" if ask.query.is_on("watch") => "watch",
        "GET" | "HEAD" if name.is_some() => "get",
        "GET" | "HEAD" => "list",
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" if name.is_some() => "delete",
        "DELETE" => "deletecollection",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route_of(method: &str, target: &str) -> Option<(String, String)> {
        let request = http::Request::builder().method(method).uri(target).body(()).unwrap();
        let ask = Ask::new(&request.into_parts().0, bytes::Bytes::new());
        let segments: Vec<&str> = ask.segments.iter().map(String::as_str).collect();
        Route::of(&ask, &segments).map(|route| (route.verb.to_owned(), route.path()))
    }

    fn verb_of(method: &str, target: &str) -> Option<String> {
        route_of(method, target).map(|(verb, _)| verb)
    }

    #[test]
    fn a_list_a_watch_and_a_get_are_told_apart() {
        assert_eq!(verb_of("GET", "/api/v1/pods").unwrap(), "list");
        assert_eq!(verb_of("GET", "/api/v1/pods?watch=1").unwrap(), "watch");
        assert_eq!(verb_of("GET", "/api/v1/namespaces/n/pods/a").unwrap(), "get");
    }

    #[test]
    fn a_namespace_is_a_resource_and_a_place() {
        assert_eq!(verb_of("GET", "/api/v1/namespaces/n").unwrap(), "get");
        assert_eq!(verb_of("GET", "/api/v1/namespaces/n/events").unwrap(), "list");
    }

    #[test]
    fn a_path_survives_the_way_through_a_route() {
        for path in [
            "/api/v1/nodes/m",
            "/api/v1/namespaces/n",
            "/api/v1/namespaces/n/pods/a/log",
            "/apis/networking.k8s.io/v1/networkpolicies",
        ] {
            assert_eq!(route_of("GET", path).unwrap().1, path);
        }
    }

    #[test]
    fn a_node_belongs_to_no_namespace() {
        assert_eq!(route_of("GET", "/api/v1/namespaces/n/nodes"), None);
    }

    #[test]
    fn a_pod_needs_its_namespace() {
        assert_eq!(route_of("GET", "/api/v1/pods/a"), None);
    }
}
