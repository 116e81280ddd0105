//! The trace that a request is part of (W3C Trace Context), which TRACE_CONTEXT tells the server before the request (SBWP 3.8).
//!
//! A future that runs inside [`within`] sends its requests as part of that trace. Nothing is sent where the server has been
//! told already, and nothing ever where no trace is in force.

use std::cell::RefCell;
use std::future::{poll_fn, Future};
use std::pin::pin;
use std::sync::Arc;

use sbwp::message::{feature, kind, TraceContext as Message};

use crate::error::Error;
use crate::request::Request;

/// The characters of a traceparent.
const PARENT_LENGTH: usize = 55;
/// Where its hyphens are.
const HYPHENS: [usize; 3] = [2, 35, 52];
/// The longest tracestate that is passed on, in bytes: what the W3C asks of everybody.
const LONGEST_STATE: usize = 512;

/// Which trace, and which span of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceContext {
    parent: String,
    state: String,
}

impl TraceContext {
    /// Of the texts of the headers `traceparent` and `tracestate`; the latter may be empty.
    ///
    /// A tracestate that is too long or not ASCII is left out, as the W3C recommends.
    ///
    /// # Errors
    /// `Programming` for a traceparent of another shape than the W3C says.
    pub fn new(parent: &str, state: &str) -> Result<Self, Error> {
        let fits = |(at, byte): (usize, u8)| match byte {
            b'-' => HYPHENS.contains(&at),
            _ => !HYPHENS.contains(&at) && matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        };
        if parent.len() != PARENT_LENGTH || !parent.bytes().enumerate().all(fits) {
            return Err(Error::Programming(
                "a traceparent has the form 00-<32 hexadecimal digits>-<16>-<2>, in lower case"
                    .into(),
            ));
        }
        let printable = |byte: u8| (b' '..=b'~').contains(&byte);
        let kept = state.len() <= LONGEST_STATE && state.bytes().all(printable);
        Ok(Self {
            parent: parent.to_owned(),
            state: if kept { state } else { "" }.to_owned(),
        })
    }

    /// The keys of STARTUP.
    pub(crate) fn startup_parameters(&self) -> impl Iterator<Item = (&'static str, String)> {
        let state = (!self.state.is_empty()).then(|| ("tracestate", self.state.clone()));
        [("traceparent", self.parent.clone())]
            .into_iter()
            .chain(state)
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<TraceContext>>> = const { RefCell::new(None) };
}

/// Runs a future as part of a trace.
pub async fn within<F: Future>(trace: Arc<TraceContext>, future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|context| {
        let _entered = Entered::into(&trace);
        future.as_mut().poll(context)
    })
    .await
}

/// Puts back what was current before, also where the poll panics.
struct Entered(Option<Arc<TraceContext>>);

impl Entered {
    fn into(trace: &Arc<TraceContext>) -> Self {
        Self(CURRENT.with(|current| current.replace(Some(trace.clone()))))
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let before = self.0.take();
        // The thread may be on its way out.
        let _gone = CURRENT.try_with(|current| current.replace(before));
    }
}

/// The trace that is in force for the future that is being polled.
pub(crate) fn current() -> Option<Arc<TraceContext>> {
    CURRENT.with(|current| current.borrow().clone())
}

/// What the server has been told.
#[derive(Debug, Default)]
pub(crate) struct Told(Option<Arc<TraceContext>>);

impl Told {
    /// The server knows this trace from STARTUP.
    pub(crate) fn knows(&mut self, trace: Option<Arc<TraceContext>>) {
        self.0 = trace;
    }

    /// The server has forgotten it.
    pub(crate) fn forget(&mut self) {
        self.0 = None;
    }

    /// What has to be sent before the next request, to a server with these features.
    pub(crate) fn next(&mut self, features: u64) -> Result<Option<Request>, Error> {
        if features & feature::TRACE_CONTEXT == 0 {
            return Ok(None);
        }
        let wanted = current();
        if wanted == self.0 {
            return Ok(None);
        }
        let message = Message {
            traceparent: wanted
                .as_ref()
                .map(|t| t.parent.clone())
                .unwrap_or_default(),
            tracestate: wanted.as_ref().map(|t| t.state.clone()).unwrap_or_default(),
            ..Message::default()
        };
        let mut request = Request::new();
        request.frame(kind::TRACE_CONTEXT, |out| message.encode(out))?;
        request.readies = 1;
        self.0 = wanted;
        Ok(Some(request))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn trace() -> Arc<TraceContext> {
        Arc::new(TraceContext::new(PARENT, "vendor=1").unwrap())
    }

    fn poll<F: Future>(future: F) -> F::Output {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match pin!(future).poll(&mut context) {
            std::task::Poll::Ready(output) => output,
            std::task::Poll::Pending => panic!("nothing here waits"),
        }
    }

    #[test]
    fn only_what_the_w3c_says_is_a_traceparent() {
        for wrong in [
            "",
            "00",
            "00-4BF92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0-",
            "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473\u{e9}-00f067aa0ba902b7-1",
        ] {
            assert!(TraceContext::new(wrong, "").is_err(), "{wrong}");
        }
        assert_eq!(TraceContext::new(PARENT, "a\nb").unwrap().state, "");
        let long = "x".repeat(LONGEST_STATE + 1);
        assert_eq!(TraceContext::new(PARENT, &long).unwrap().state, "");
    }

    #[test]
    fn the_server_is_told_once_and_told_of_the_end() {
        let all = feature::TRACE_CONTEXT;
        let mut told = Told::default();
        assert!(told.next(all).unwrap().is_none());
        let sent = poll(within(trace(), async { told.next(all) })).unwrap();
        assert_eq!(sent.map(|request| request.readies), Some(1));
        let again = poll(within(trace(), async { told.next(all) })).unwrap();
        assert!(again.is_none());
        assert!(told.next(all).unwrap().is_some(), "outside of the trace");
        assert!(told.next(all).unwrap().is_none());
        let refused = poll(within(trace(), async { told.next(0) })).unwrap();
        assert!(refused.is_none(), "a server without the feature");
    }

    #[test]
    fn a_trace_holds_inside_only() {
        assert_eq!(current(), None);
        let other = TraceContext::new(PARENT, "").map(Arc::new).unwrap();
        poll(within(trace(), async {
            assert_eq!(current(), Some(trace()));
            within(other.clone(), async {
                assert_eq!(current(), Some(other.clone()));
            })
            .await;
            assert_eq!(current(), Some(trace()));
        }));
        assert_eq!(current(), None);
    }
}
