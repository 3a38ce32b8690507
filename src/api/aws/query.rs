//! Signed questions in AWS's query protocol, for the services whose SDK crates would be used for one call each.

use std::time::SystemTime;

use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderName, HeaderValue};
use serde::Deserialize;
use url::{Url, form_urlencoded};

use super::connector::Connector;
use super::fault::{self, Asked, Refusal};
use super::gate::{AUTOSCALING_VERSION, IAM_VERSION, STS_VERSION};
use super::session::Open;
use crate::api::Error;
use crate::api::http::Limits;
use crate::domain::{FailureKind, Timestamp};

/// A service that speaks the query protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    /// The Security Token Service.
    Sts,
    /// Auto Scaling.
    Autoscaling,
    /// IAM, which has one address in each part of AWS.
    Iam,
}

impl Service {
    /// Its name in addresses, signatures and IAM actions.
    pub(super) fn name(self) -> &'static str {
        match self {
            Service::Sts => "sts",
            Service::Autoscaling => "autoscaling",
            Service::Iam => "iam",
        }
    }

    /// The version of its protocol.
    pub(super) fn version(self) -> &'static str {
        match self {
            Service::Sts => STS_VERSION,
            Service::Autoscaling => AUTOSCALING_VERSION,
            Service::Iam => IAM_VERSION,
        }
    }

    /// Its address: the configured one, or AWS's own of the region.
    pub(super) fn url(self, open: &Open) -> Result<Url, Error> {
        let own = || match (self, global(&open.region)) {
            (Service::Iam, Some((host, _))) => format!("https://{host}/"),
            _ => format!("https://{}.{}.{}/", self.name(), open.region, suffix(&open.region)),
        };
        let address = open.endpoint.clone().unwrap_or_else(own);
        Url::parse(&address).map_err(|_| {
            fault::plain(FailureKind::Other, "the region makes no address")
                .hinting("check the region in the cluster's eks table")
        })
    }
}

/// Where IAM is in the part of AWS that a region belongs to, and the region that it signs for.
fn global(region: &str) -> Option<(&'static str, &'static str)> {
    match region {
        _ if region.starts_with("cn-") => Some(("iam.cn-north-1.amazonaws.com.cn", "cn-north-1")),
        _ if region.starts_with("us-gov-") => Some(("iam.us-gov.amazonaws.com", "us-gov-west-1")),
        _ if region.starts_with("us-iso") || region.starts_with("eusc-") => None,
        _ => Some(("iam.amazonaws.com", "us-east-1")),
    }
}

/// How names end in the part of AWS that a region belongs to.
fn suffix(region: &str) -> &'static str {
    match region {
        _ if region.starts_with("cn-") => "amazonaws.com.cn",
        _ if region.starts_with("us-isob-") => "sc2s.sgov.gov",
        _ if region.starts_with("us-iso-") => "c2s.ic.gov",
        _ if region.starts_with("eusc-") => "amazonaws.eu",
        _ => "amazonaws.com",
    }
}

/// One question.
#[derive(Debug, Clone)]
pub(super) struct Query<'a> {
    /// Whom it is put to.
    pub(super) service: Service,
    /// What is asked.
    pub(super) action: &'a str,
    /// Its parameters.
    pub(super) parameters: &'a [(&'a str, &'a str)],
}

/// Puts a question and gives the answer's XML.
pub(super) async fn ask(
    query: &Query<'_>,
    open: &Open,
    connector: &Connector,
    profile: Option<&str>,
) -> Result<Bytes, Error> {
    let action = format!("{}:{}", query.service.name(), query.action);
    let asked = Asked { action: &action, profile, now: connector.now() };
    let keys = open.keys.current().await;
    let keys = keys.map_err(|error| fault::of_credentials(&error, asked))?;
    let region = match query.service {
        Service::Iam => global(&open.region).map_or(open.region.as_str(), |(_, region)| region),
        _ => &open.region,
    };
    let request = signed(query, &query.service.url(open)?, (keys, region), asked.now)?;
    let answer = connector.send(request, Limits::default()).await;
    let answer = answer.map_err(|error| fault::of_own(&error))?;
    if answer.status().is_success() {
        return Ok(answer.into_body());
    }
    let words: Words = read(answer.body()).unwrap_or_default();
    let refusal = Refusal {
        code: &words.error.code,
        words: &words.error.message,
        status: Some(answer.status().as_u16()),
    };
    Err(fault::of_refusal(refusal, answer.headers(), asked))
}

/// The request of a question.
fn signed(
    query: &Query<'_>,
    url: &Url,
    (keys, region): (aws_credential_types::Credentials, &str),
    now: Timestamp,
) -> Result<http::Request<Bytes>, Error> {
    let unsignable = || fault::plain(FailureKind::Other, "the request cannot be signed");
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("Action", query.action)
        .append_pair("Version", query.service.version())
        .extend_pairs(query.parameters)
        .finish();
    let kind = "application/x-www-form-urlencoded; charset=utf-8";
    let identity = keys.into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(query.service.name())
        .time(SystemTime::from(now))
        .settings(SigningSettings::default())
        .build()
        .map_err(|_| unsignable())?
        .into();
    let headers = [(CONTENT_TYPE.as_str(), kind)].into_iter();
    let signable = SignableBody::Bytes(body.as_bytes());
    let signable =
        SignableRequest::new("POST", url.as_str(), headers, signable).map_err(|_| unsignable())?;
    let (signature, _) = sign(signable, &params).map_err(|_| unsignable())?.into_parts();
    let mut request = http::Request::post(url.as_str()).header(CONTENT_TYPE, kind);
    for header in signature.into_parts().0 {
        let name = HeaderName::from_static(header.name());
        if name == HOST {
            continue;
        }
        let mut value = HeaderValue::from_str(header.value()).map_err(|_| unsignable())?;
        value.set_sensitive(header.sensitive());
        request = request.header(name, value);
    }
    request.body(Bytes::from(body)).map_err(|_| unsignable())
}

/// Reads an answer.
pub(super) fn read<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, Error> {
    quick_xml::de::from_reader(body)
        .map_err(|_| fault::plain(FailureKind::Shape, "the answer is not what AWS documents"))
}

/// A refusal in XML.
#[derive(Deserialize, Default)]
struct Words {
    #[serde(rename = "Error", default)]
    error: Refused,
}

#[derive(Deserialize, Default)]
struct Refused {
    #[serde(rename = "Code", default)]
    code: String,
    #[serde(rename = "Message", default)]
    message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_aws_has_its_own_names() {
        assert_eq!(suffix("eu-west-1"), "amazonaws.com");
        assert_eq!(suffix("us-gov-west-1"), "amazonaws.com");
        assert_eq!(suffix("cn-north-1"), "amazonaws.com.cn");
        assert_eq!(suffix("eusc-de-east-1"), "amazonaws.eu");
    }

    #[test]
    fn iam_has_one_address_in_each_part() {
        assert_eq!(global("eu-west-1"), Some(("iam.amazonaws.com", "us-east-1")));
        assert_eq!(global("us-gov-east-1"), Some(("iam.us-gov.amazonaws.com", "us-gov-west-1")));
        assert_eq!(global("eusc-de-east-1"), None);
    }

    #[test]
    fn a_refusal_in_xml_is_read() {
        let body = br#"<ErrorResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/">
            <Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error>
            <RequestId>1</RequestId></ErrorResponse>"#;
        let words: Words = read(body).unwrap();
        assert_eq!(
            (words.error.code.as_str(), words.error.message.as_str()),
            ("AccessDenied", "no")
        );
    }
}
