//! Counts what requests allocate: `allocations`, called by run.sh. Counting takes time, so this is no part of `peers`.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::Ordering;

fn main() {
    peers::count_allocations();
}

#[global_allocator]
static COUNTING: Counting = Counting;

struct Counting;

fn count() {
    peers::ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
}

#[allow(unsafe_code, reason = "there is no other way to count; all of it is the allocator of the system")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        unsafe { System.dealloc(block, layout) }
    }
}
