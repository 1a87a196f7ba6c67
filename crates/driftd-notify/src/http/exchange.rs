//! One request and its answer, on a connection that ends with them.

use std::pin::pin;

use driftd_window::Timestamp;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Incoming;
use hyper::header::{ACCEPT, CONNECTION, HOST, HeaderValue, RETRY_AFTER, USER_AGENT};
use hyper_util::rt::TokioIo;
use tokio::time::{Instant, timeout_at};

use super::connect::Wire;
use super::retry_after::retry_after;
use super::trouble::Trouble;
use super::{Answer, Call};

/// How driftd calls itself.
const SELF: &str = concat!("driftd/", env!("CARGO_PKG_VERSION"));
/// Most bytes of an answer's head.
const HEAD: usize = 64 << 10;

/// Sends `call` and reads what comes back.
pub(super) async fn exchange(
    wire: Box<dyn Wire>,
    call: &Call,
    deadline: Instant,
    now: Timestamp,
) -> Result<Answer, Trouble> {
    let request = request(call)?;
    let mut builder = hyper::client::conn::http1::Builder::new();
    let handshake = builder.max_buf_size(HEAD).handshake(TokioIo::new(wire));
    let (mut sender, connection) = handshake.await.map_err(Trouble::Http)?;
    let mut connection = pin!(connection);
    let mut answer = pin!(async {
        let response = sender.send_request(request).await.map_err(Trouble::Http)?;
        let (head, body) = response.into_parts();
        let (body, is_whole) = read(body, call.answer_bytes, deadline).await;
        let wait = head.headers.get(RETRY_AFTER).and_then(|value| retry_after(value.to_str().ok()?, now));
        let (site, secrets) = (call.target.site(), call.secrets.clone());
        Ok(Answer { site, status: head.status, wait, body, is_whole, secrets })
    });
    tokio::select! {
        answer = &mut answer => answer,
        // The other side has closed the connection; what it said before that is still there to be read.
        _ = &mut connection => answer.await,
    }
}

fn request(call: &Call) -> Result<Request<Full<bytes::Bytes>>, Trouble> {
    let text = |text: &str| HeaderValue::from_str(text).map_err(|_| Trouble::Unsayable);
    let mut request = Request::post(call.target.path_and_query())
        .header(HOST, text(&call.target.authority())?)
        .header(USER_AGENT, SELF)
        .header(ACCEPT, "*/*")
        .header(CONNECTION, "close")
        .body(Full::new(call.body.clone()))
        .map_err(|_| Trouble::Unsayable)?;
    request.headers_mut().extend(call.headers.iter().cloned());
    Ok(request)
}

/// At most `most` bytes of a body, and whether that was all. The status has arrived by now and decides; a body that
/// stops or hangs takes nothing of that back.
async fn read(mut body: Incoming, most: usize, deadline: Instant) -> (Vec<u8>, bool) {
    let mut read = Vec::new();
    while let Ok(Some(Ok(frame))) = timeout_at(deadline, body.frame()).await {
        let Some(data) = frame.data_ref() else { continue };
        let room = most - read.len();
        read.extend_from_slice(data.get(..room).unwrap_or(data));
        if data.len() > room {
            return (read, false);
        }
    }
    (read, true)
}
