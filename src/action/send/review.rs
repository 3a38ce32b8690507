//! Questions about one's own rights in a cluster. They change nothing, but are asked by creating something, so that they
//! wait until the console is armed.

use http::{Method, Request, header};
use serde::Deserialize;
use serde_json::{Value, json};

use super::kubernetes::{Writer, admits};
use crate::action::gate::Arming;
use crate::api::Error;
use crate::api::kubernetes::Lost;
use crate::domain::{FailureKind, Text, Timestamp};

/// Who we are.
const WHO: &str = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
/// All that we may do in a namespace.
const RULES: &str = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
/// Whether we may do one thing.
const ACCESS: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

/// What the acts need.
const NEEDED: [(&str, &str); 2] = [("delete", "pods"), ("patch", "nodes")];

/// Who we are in a cluster, and what we may do there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::action) struct Reviewed {
    /// Our name.
    pub(in crate::action) user: Result<Text, Text>,
    /// Our rights, as far as an act needs them.
    pub(in crate::action) rights: Text,
}

#[derive(Deserialize)]
struct Who {
    status: WhoStatus,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WhoStatus {
    user_info: User,
}

#[derive(Deserialize)]
struct User {
    username: String,
}

#[derive(Deserialize)]
struct Rules {
    status: RulesStatus,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RulesStatus {
    #[serde(default)]
    resource_rules: Vec<Rule>,
    #[serde(default)]
    incomplete: bool,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Rule {
    verbs: Vec<String>,
    api_groups: Vec<String>,
    resources: Vec<String>,
    resource_names: Vec<String>,
}

#[derive(Deserialize)]
struct Access {
    status: AccessStatus,
}

#[derive(Deserialize)]
struct AccessStatus {
    #[serde(default)]
    allowed: bool,
}

impl Rules {
    /// Whether something of the core API is allowed, whatever its name; `None` where the list does not tell.
    fn allow(&self, verb: &str, resource: &str) -> Option<bool> {
        let has = |list: &[String], word: &str| list.iter().any(|one| one == word || one == "*");
        let allows = |rule: &Rule| {
            has(&rule.verbs, verb)
                && has(&rule.api_groups, "")
                && has(&rule.resources, resource)
                && rule.resource_names.is_empty()
        };
        let is_allowed = self.status.resource_rules.iter().any(allows);
        (is_allowed || !self.status.incomplete).then_some(is_allowed)
    }
}

impl Writer {
    /// Asks who we are in the cluster, and what we may do in some of its namespaces: only while the console is armed.
    ///
    /// # Errors
    /// Why the cluster does not tell our rights, or that the console is not armed.
    pub(in crate::action) async fn review(
        &self,
        arming: Arming,
        now: Timestamp,
        namespaces: &[Text],
    ) -> Result<Reviewed, Error> {
        if now >= arming.until {
            let why = "the console is read-only: rights are asked for once it is armed";
            return Err(Error::new(FailureKind::Other, why));
        }
        let who: Result<Who, Error> =
            self.create(arming, (WHO, "SelfSubjectReview"), Value::Null).await;
        let user = who.map(|who| Text::new(&who.status.user_info.username));
        let mut told = Vec::new();
        for namespace in namespaces {
            told.push(self.rights_in(arming, namespace).await?);
        }
        let rights = Text::new(&told.join("; "));
        Ok(Reviewed { user: user.map_err(|error| Text::new(&error.to_string())), rights })
    }

    async fn rights_in(&self, arming: Arming, namespace: &str) -> Result<String, Error> {
        let spec = json!({ "namespace": namespace });
        let rules: Rules = self.create(arming, (RULES, "SelfSubjectRulesReview"), spec).await?;
        let mut told = Vec::new();
        for (verb, resource) in NEEDED {
            // Not every authorizer can list its rules, AWS's cannot: then each is asked for by itself.
            let may = match rules.allow(verb, resource) {
                Some(may) => may,
                None => self.may(arming, (verb, resource), namespace).await?,
            };
            told.push(format!("may {}{verb} {resource}", if may { "" } else { "not " }));
        }
        Ok(format!("{namespace}: {}", told.join(", ")))
    }

    async fn may(
        &self,
        arming: Arming,
        (verb, resource): (&str, &str),
        namespace: &str,
    ) -> Result<bool, Error> {
        let mut asked = json!({ "verb": verb, "resource": resource });
        if resource == "pods"
            && let Some(asked) = asked.as_object_mut()
        {
            asked.insert("namespace".to_owned(), json!(namespace));
        }
        let spec = json!({ "resourceAttributes": asked });
        let access: Access = self.create(arming, (ACCESS, "SelfSubjectAccessReview"), spec).await?;
        Ok(access.status.allowed)
    }

    /// Creates a review. The window that is open stands for the permit that a change would take.
    async fn create<T: for<'de> Deserialize<'de>>(
        &self,
        _: Arming,
        (path, kind): (&str, &str),
        spec: Value,
    ) -> Result<T, Error> {
        let doing = format!("asking for a {kind}");
        let fault = |kind, why: String| Error::new(kind, why).doing(doing.clone());
        let (group, _) = path.trim_start_matches("/apis/").rsplit_once('/').unwrap_or_default();
        let mut body = json!({ "apiVersion": group, "kind": kind });
        if let (false, Some(body)) = (spec.is_null(), body.as_object_mut()) {
            body.insert("spec".to_owned(), spec);
        }
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json")
            .body(body.to_string().into_bytes());
        let request = request.ok().filter(|request| admits(&Method::POST, request.uri().path()));
        let request = request
            .ok_or_else(|| fault(FailureKind::Query, "it is no question of ours".to_owned()))?;
        let line = self.line().open().await.map_err(|error| error.doing(doing.clone()))?;
        let answer = line.send(request).await.map_err(|lost| match lost {
            Lost::Unsent(error) | Lost::Unanswered(error) => error.doing(doing.clone()),
        })?;
        if !answer.status().is_success() {
            let why = format!("the API server answered {}", answer.status());
            return Err(fault(FailureKind::Other, why));
        }
        let read = serde_json::from_slice(answer.body());
        read.map_err(|_| {
            fault(FailureKind::Shape, "the answer is not what Kubernetes documents".to_owned())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(rules: &Value) -> Rules {
        serde_json::from_value(json!({ "status": { "resourceRules": rules } })).unwrap()
    }

    fn partial(rules: &Value) -> Rules {
        let status = json!({ "resourceRules": rules, "incomplete": true });
        serde_json::from_value(json!({ "status": status })).unwrap()
    }

    fn rule(verbs: &[&str], resources: &[&str]) -> Value {
        json!({ "verbs": verbs, "apiGroups": [""], "resources": resources })
    }

    #[test]
    fn a_right_is_found_by_its_words_and_by_stars() {
        let some = rules(&json!([rule(&["get", "delete"], &["pods"])]));
        assert_eq!(some.allow("delete", "pods"), Some(true));
        assert_eq!(some.allow("patch", "nodes"), Some(false));
        let all = rules(&json!([{ "verbs": ["*"], "apiGroups": ["*"], "resources": ["*"] }]));
        assert_eq!(all.allow("patch", "nodes"), Some(true));
    }

    #[test]
    fn a_right_to_one_name_or_a_part_is_none_to_all() {
        let named = json!([{ "verbs": ["delete"], "apiGroups": [""], "resources": ["pods"], "resourceNames": ["a"] }]);
        assert_eq!(rules(&named).allow("delete", "pods"), Some(false));
        let log = rules(&json!([rule(&["delete"], &["pods/log"])]));
        assert_eq!(log.allow("delete", "pods"), Some(false));
        let other = json!([{ "verbs": ["delete"], "apiGroups": ["apps"], "resources": ["pods"] }]);
        assert_eq!(rules(&other).allow("delete", "pods"), Some(false));
    }

    #[test]
    fn a_list_that_is_not_whole_tells_no_absence() {
        let some = partial(&json!([rule(&["delete"], &["pods"])]));
        assert_eq!(some.allow("delete", "pods"), Some(true));
        assert_eq!(some.allow("patch", "nodes"), None);
    }
}
