//! The name a request is addressed to.
//!
//! A web page whose own name is made to resolve to this machine (DNS rebinding) may send requests here and read the
//! answers, because for the browser it is talking to itself. Its requests give it away: they are addressed to its name.

use std::net::IpAddr;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderValue, Response, header};
use axum::middleware::Next;
use axum::response::IntoResponse;

use crate::AppState;
use crate::problem::{Problem, ProblemKind};

/// Refuses a request that is addressed to a name which is none of ours.
pub(super) async fn check(State(state): State<AppState>, request: Request, next: Next) -> Response<Body> {
    let is_ours = |host: &str| is_local(host) || state.is_own_name(host);
    let by_target = request.uri().host().is_none_or(is_ours);
    let by_header =
        request.headers().get_all(header::HOST).iter().all(|value| host(value).is_some_and(|h| is_ours(&h)));
    if by_target && by_header {
        next.run(request).await
    } else {
        let detail = "driftd does not go by this name; use an address, localhost, or the name in notify.external_url";
        Problem::new(ProblemKind::MisdirectedRequest, detail).into_response()
    }
}

/// The name or address in a header.
fn host(value: &HeaderValue) -> Option<String> {
    Some(value.to_str().ok()?.parse::<Authority>().ok()?.host().to_owned())
}

/// An address, which no page can have for a name, or this machine's own name for itself. Programs that send no name at
/// all are no browsers.
fn is_local(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(&name);
    address.parse::<IpAddr>().is_ok() || name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_localhost_are_local() {
        for host in ["127.0.0.1", "10.1.2.3", "[::1]", "[fe80::1]", "localhost", "LOCALHOST.", "driftd.localhost"] {
            assert!(is_local(host), "{host}");
        }
        for host in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "notlocalhost", "", "0x7f.1"] {
            assert!(!is_local(host), "{host}");
        }
    }

    #[test]
    fn a_header_may_have_a_port() {
        let host = |text: &'static str| host(&HeaderValue::from_static(text));
        assert_eq!(host("127.0.0.1:8080").as_deref(), Some("127.0.0.1"));
        assert_eq!(host("[::1]:8080").as_deref(), Some("[::1]"));
        assert_eq!(host("driftd.example").as_deref(), Some("driftd.example"));
        assert_eq!(host("a b"), None);
    }
}
