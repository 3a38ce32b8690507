//! The forms in which objects go over the wire: plain, as a table for people, or their metadata alone.

use std::sync::Arc;

use super::kind::Kind;
use super::managed;
use super::object::Object;
use super::table::{self, Columns, Inclusion};
use crate::sim::clock::Millis;
use crate::sim::wire::Ask;

/// A form of answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    Table(Inclusion),
    Metadata,
}

/// The head of a list.
pub(super) struct Head {
    pub(super) version: u64,
    /// Where the next page begins.
    pub(super) onward: Option<String>,
    /// How many objects there are after this page, where that is known.
    pub(super) remaining: Option<usize>,
}

impl Form {
    /// The first form of the request that is spoken here; `None` when there is none.
    pub(super) fn of(ask: &Ask) -> Option<Self> {
        if ask.accept.trim().is_empty() {
            return Some(Self::Plain);
        }
        ask.accept.split(',').find_map(|wish| {
            let mut parts = wish.split(';').map(str::trim);
            let media = parts.next().unwrap_or_default();
            let options: Vec<&str> = parts.collect();
            let is_json = matches!(media, "application/json" | "application/*" | "*/*");
            let of_meta = options.contains(&"g=meta.k8s.io") && options.contains(&"v=v1");
            let is_plain = !options.iter().any(|option| option.starts_with("as="));
            match is_json {
                true if is_plain => Some(Self::Plain),
                true if of_meta && options.contains(&"as=Table") => {
                    Some(Self::Table(Inclusion::of(ask.query.get("includeObject"))))
                }
                true if of_meta && options.contains(&"as=PartialObjectMetadata") => {
                    Some(Self::Metadata)
                }
                true if of_meta && options.contains(&"as=PartialObjectMetadataList") => {
                    Some(Self::Metadata)
                }
                _ => None,
            }
        })
    }

    /// One object with its kind.
    pub(super) fn one(self, object: &Object, now: Millis) -> String {
        match self {
            Self::Plain => typed(object),
            Self::Metadata => metadata(object),
            Self::Table(_) => self.event(object, now, Columns::Named),
        }
    }

    /// An object in an event of a watch; a table says what its columns are called only once.
    pub(super) fn event(self, object: &Object, now: Millis, columns: Columns) -> String {
        match self {
            Self::Table(inclusion) => {
                let head = Head { version: object.version, onward: None, remaining: None };
                let rows = [table::row(object, inclusion, now)];
                table::table(object.kind, &head.text(), &rows, columns)
            }
            Self::Plain | Self::Metadata => self.one(object, now),
        }
    }

    /// The object of a bookmark; `annotations` is the text of a member, or empty.
    pub(super) fn bookmark(self, kind: Kind, version: u64, annotations: &str) -> String {
        let metadata = format!("\"metadata\":{{\"resourceVersion\":\"{version}\"{annotations}}}");
        match self {
            Self::Table(_) => {
                let text = format!("\"metadata\":{{\"resourceVersion\":\"{version}\"}}");
                table::table(kind, &text, &[], Columns::Known)
            }
            Self::Metadata => format!("{{{PARTIAL},{metadata}}}"),
            Self::Plain => {
                let facts = kind.facts();
                // The zero value of the kind, as a typed server writes it.
                let rest = match kind {
                    Kind::Pod => ",\"spec\":{\"containers\":null},\"status\":{}",
                    Kind::Event => {
                        ",\"involvedObject\":{},\"source\":{},\"firstTimestamp\":null,\"lastTimestamp\":null,\"eventTime\":null,\"reportingComponent\":\"\",\"reportingInstance\":\"\""
                    }
                    Kind::Node => {
                        ",\"spec\":{},\"status\":{\"daemonEndpoints\":{\"kubeletEndpoint\":{\"Port\":0}},\"nodeInfo\":{\"machineID\":\"\",\"systemUUID\":\"\",\"bootID\":\"\",\"kernelVersion\":\"\",\"osImage\":\"\",\"containerRuntimeVersion\":\"\",\"kubeletVersion\":\"\",\"kubeProxyVersion\":\"\",\"operatingSystem\":\"\",\"architecture\":\"\"}}"
                    }
                    Kind::Namespace | Kind::ResourceQuota => ",\"spec\":{},\"status\":{}",
                    Kind::NetworkPolicy => ",\"spec\":{}",
                    Kind::ClusterRole | Kind::Role => ",\"rules\":null",
                    Kind::ClusterRoleBinding | Kind::RoleBinding => {
                        ",\"roleRef\":{\"apiGroup\":\"\",\"kind\":\"\",\"name\":\"\"}"
                    }
                    Kind::ServiceAccount
                    | Kind::ConfigMap
                    | Kind::NodePool
                    | Kind::NodeClaim
                    | Kind::PolicyException
                    | Kind::CelException => "",
                };
                let version = kind.api_version();
                format!(
                    "{{\"kind\":\"{}\",\"apiVersion\":\"{version}\",{metadata}{rest}}}",
                    facts.kind
                )
            }
        }
    }

    /// A list.
    pub(super) fn list(
        self,
        kind: Kind,
        head: &Head,
        objects: &[Arc<Object>],
        now: Millis,
    ) -> String {
        let (list_kind, version) = match self {
            Self::Table(inclusion) => {
                let rows: Vec<String> =
                    objects.iter().map(|object| table::row(object, inclusion, now)).collect();
                return table::table(kind, &head.text(), &rows, Columns::Named);
            }
            Self::Metadata => ("PartialObjectMetadataList".to_owned(), META.to_owned()),
            Self::Plain => (format!("{}List", kind.facts().kind), kind.api_version()),
        };
        let mut text = format!(
            "{{\"kind\":\"{list_kind}\",\"apiVersion\":\"{version}\",{},\"items\":[",
            head.text()
        );
        for (number, object) in objects.iter().enumerate() {
            if number > 0 {
                text.push(',');
            }
            match self {
                // Items of the server's own kinds do not repeat their kind; those of CRDs do.
                Self::Plain if !kind.is_custom() => {
                    text.push('{');
                    text.push_str(&object.members(&managed::fields(object)));
                    text.push('}');
                }
                Self::Plain => text.push_str(&typed(object)),
                _ => text.push_str(&metadata(object)),
            }
        }
        text.push_str("]}");
        text
    }
}

impl Head {
    /// The `metadata` member of a list.
    pub(super) fn text(&self) -> String {
        let mut text = format!("\"metadata\":{{\"resourceVersion\":\"{}\"", self.version);
        if let Some(onward) = &self.onward {
            text.push_str(",\"continue\":\"");
            text.push_str(onward);
            text.push('"');
        }
        if let Some(remaining) = self.remaining {
            text.push_str(",\"remainingItemCount\":");
            text.push_str(&remaining.to_string());
        }
        text.push('}');
        text
    }
}

const META: &str = "meta.k8s.io/v1";
const PARTIAL: &str = "\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/v1\"";

fn typed(object: &Object) -> String {
    format!(
        "{{\"kind\":\"{}\",\"apiVersion\":\"{}\",{}}}",
        object.kind.facts().kind,
        object.kind.api_version(),
        object.members(&managed::fields(object)),
    )
}

/// The metadata of an object alone.
pub(super) fn metadata(object: &Object) -> String {
    format!("{{{PARTIAL},{}}}", object.metadata(&managed::fields(object)))
}
