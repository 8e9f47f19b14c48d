//! What a route that never asks for the session costs in allocations: those of docs/performance.md.

#![allow(clippy::arithmetic_side_effects, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]
#![allow(unsafe_code, reason = "an allocator is unsafe; this one counts and passes on")]

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::convert::Infallible;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use cookie_session_axum::SessionLayer;
use http::header::{COOKIE, HeaderValue};
use http::{Request, Response};
use support::{builder, cookie};
use tower::service_fn;
use tower_layer::Layer;
use tower_service::Service;

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

thread_local! {
    /// How often this thread asked for memory, also for more of it.
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: everything goes to the system's allocator as it came; the counter is of the thread, and needs no memory.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: the caller's promise.
        unsafe { System.realloc(old, layout, size) }
    }

    unsafe fn dealloc(&self, old: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(old, layout) }
    }
}

#[test]
fn a_route_that_does_not_ask_costs_the_slot_and_its_place_among_the_extensions() {
    let sessions = builder().build().unwrap();
    let line = HeaderValue::try_from(cookie(&sessions, "user", "ada")).unwrap();
    let other = HeaderValue::from_static("theme=dark");
    let mut service = SessionLayer::new(sessions).layer(service_fn(|request: Request<()>| async move {
        drop(request);
        Ok::<_, Infallible>(Response::new(()))
    }));
    // The lines of the Cookie header, whether something is among the extensions already, allocations.
    let table: [(&[&HeaderValue], bool, usize); 5] = [
        (&[], false, 4),
        (&[&line], false, 4),
        (&[&line], true, 2),
        (&[&line, &other], false, 5),
        (&[&line, &other, &other], true, 3),
    ];
    for (lines, has_extensions, expected) in table {
        let mut request = Request::new(());
        for line in lines {
            request.headers_mut().append(COOKIE, (*line).clone());
        }
        if has_extensions {
            request.extensions_mut().insert("something of the server");
        }
        let before = COUNT.get();
        let polled = pin!(service.call(request)).poll(&mut Context::from_waker(Waker::noop()));
        let count = COUNT.get() - before;
        let Poll::Ready(Ok(response)) = polled else { panic!("it does not wait") };
        assert!(response.headers().is_empty());
        assert_eq!(count, expected, "{} lines, extensions: {has_extensions}", lines.len());
    }
}
