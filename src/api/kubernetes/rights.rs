//! Who may do what in a cluster, beside access entries: `kube-system/aws-auth`, and the bindings of RBAC.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::form_urlencoded::Serializer;

use super::cluster::Cluster;
use super::fault;
use super::resource::path;
use crate::api::Error;
use crate::domain::access::{Binding, Mapping};
use crate::domain::{FailureKind, Text};

/// How many bindings come on a page.
const LIMIT: &str = "500";
/// How many pages of bindings are read at most.
const MAX_PAGES: u64 = 200;

#[derive(Debug, Deserialize)]
struct ConfigMap {
    data: Option<Data>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    map_roles: Option<String>,
    map_users: Option<String>,
}

#[derive(Debug, Deserialize)]
struct MappingShape {
    #[serde(alias = "rolearn", alias = "userarn", alias = "roleARN", alias = "userARN")]
    arn: Text,
    username: Option<Text>,
    #[serde(default)]
    groups: Vec<Text>,
}

#[derive(Debug, Deserialize)]
struct List {
    #[serde(default)]
    metadata: ListMeta,
    #[serde(default)]
    items: Vec<BindingShape>,
}

#[derive(Debug, Default, Deserialize)]
struct ListMeta {
    #[serde(rename = "continue")]
    next: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct BindingShape {
    metadata: Meta,
    role_ref: Named,
    #[serde(default)]
    subjects: Option<Vec<Subject>>,
}

#[derive(Debug, Deserialize)]
struct Meta {
    name: Text,
    namespace: Option<Text>,
}

#[derive(Debug, Deserialize)]
struct Named {
    name: Text,
}

#[derive(Debug, Deserialize)]
struct Subject {
    kind: String,
    name: Text,
}

impl Cluster {
    /// Who is in `kube-system/aws-auth`; nobody where there is none.
    ///
    /// # Errors
    /// Why it could not be read, with what would cure it.
    pub async fn aws_auth(&self) -> Result<Vec<Mapping>, Error> {
        let doing = format!("reading kube-system/aws-auth in {}", self.name());
        let at = path(&["api", "v1"], Some("kube-system"), &["configmaps", "aws-auth"]);
        match self.rights::<ConfigMap>(&at).await {
            Ok(found) => mappings(found).map_err(|error| error.doing(doing)),
            Err(error) if error.kind == FailureKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error.doing(doing)),
        }
    }

    /// The bindings of RBAC, of the whole cluster and of every namespace, and on how many pages they came.
    ///
    /// # Errors
    /// Why they could not be read, with what would cure it.
    pub async fn bindings(&self) -> Result<(Vec<Binding>, u64), Error> {
        let (mut bindings, mut pages) = (Vec::new(), 0);
        for kind in ["clusterrolebindings", "rolebindings"] {
            let doing = format!("reading the {kind} of {}", self.name());
            let at = path(&["apis", "rbac.authorization.k8s.io", "v1"], None, &[kind]);
            let mut next: Option<String> = None;
            loop {
                let read = self.rights::<List>(&page(&at, next.as_deref())).await;
                let list = read.map_err(|error| error.doing(&doing))?;
                pages += 1;
                bindings.extend(list.items.into_iter().map(binding));
                next = list.metadata.next.filter(|next| !next.is_empty());
                if next.is_none() {
                    break;
                }
                if pages >= MAX_PAGES {
                    let error = fault::error(FailureKind::Shape, "the list has no end");
                    return Err(error.doing(doing));
                }
            }
        }
        Ok((bindings, pages))
    }

    async fn rights<T: DeserializeOwned>(&self, at: &str) -> Result<T, Error> {
        let body = self.read(at, None).await.map_err(|error| {
            let hint = "a ClusterRole must allow get on configmaps and list on clusterrolebindings and rolebindings \
                        (rbac.authorization.k8s.io) to this user";
            if error.kind == FailureKind::Forbidden { error.hinting(hint) } else { error }
        })?;
        serde_json::from_slice(&body)
            .map_err(|_| fault::error(FailureKind::Shape, "the answer is not what is documented"))
    }
}

/// The address of a page.
fn page(at: &str, next: Option<&str>) -> String {
    let mut query = Serializer::new(String::new());
    query.append_pair("limit", LIMIT);
    if let Some(next) = next {
        query.append_pair("continue", next);
    }
    format!("{at}?{}", query.finish())
}

fn mappings(found: ConfigMap) -> Result<Vec<Mapping>, Error> {
    let data = found.data.unwrap_or_default();
    let mut all = Vec::new();
    for text in [data.map_roles, data.map_users].into_iter().flatten() {
        if text.trim().is_empty() {
            continue;
        }
        let shapes: Option<Vec<MappingShape>> = serde_saphyr::from_str(&text).map_err(|_| {
            fault::error(FailureKind::Shape, "a list in aws-auth is no YAML of mappings")
        })?;
        all.extend(shapes.unwrap_or_default().into_iter().map(|one| Mapping {
            arn: one.arn,
            username: one.username,
            groups: one.groups,
        }));
    }
    Ok(all)
}

fn binding(shape: BindingShape) -> Binding {
    let subjects = shape.subjects.unwrap_or_default();
    let of = |kind: &str| {
        let all = subjects.iter().filter(|one| one.kind == kind);
        all.map(|one| one.name.clone()).collect()
    };
    Binding {
        name: shape.metadata.name,
        namespace: shape.metadata.namespace,
        role: shape.role_ref.name,
        groups: of("Group"),
        users: of("User"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_lists_of_aws_auth_are_read() {
        let json = serde_json::json!({"data": {
            "mapRoles": "- rolearn: arn:aws:iam::1:role/ops\n  username: ops\n  groups:\n  - system:masters\n",
            "mapUsers": "- userarn: arn:aws:iam::1:user/asha\n  username: asha\n",
        }});
        let found = mappings(serde_json::from_value(json).unwrap()).unwrap();
        let text = Text::new;
        let ops = Mapping {
            arn: text("arn:aws:iam::1:role/ops"),
            username: Some(text("ops")),
            groups: vec![text("system:masters")],
        };
        let asha = Mapping {
            arn: text("arn:aws:iam::1:user/asha"),
            username: Some(text("asha")),
            groups: vec![],
        };
        assert_eq!(found, [ops, asha]);
    }

    #[test]
    fn a_list_that_is_no_yaml_is_an_error_and_not_nobody() {
        let json = serde_json::json!({"data": {"mapRoles": "{{nonsense"}});
        assert!(mappings(serde_json::from_value(json).unwrap()).is_err());
    }

    #[test]
    fn a_binding_names_its_groups_and_users_apart() {
        let json = serde_json::json!({
            "metadata": {"name": "ops", "namespace": "ci"},
            "roleRef": {"kind": "ClusterRole", "name": "edit"},
            "subjects": [{"kind": "Group", "name": "ops"}, {"kind": "User", "name": "asha"},
                {"kind": "ServiceAccount", "name": "runner", "namespace": "ci"}],
        });
        let read = binding(serde_json::from_value(json).unwrap());
        assert_eq!((read.groups, read.users), (vec![Text::new("ops")], vec![Text::new("asha")]));
        assert_eq!(read.namespace, Some(Text::new("ci")));
    }
}
