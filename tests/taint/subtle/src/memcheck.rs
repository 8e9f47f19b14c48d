//! What a program may ask of valgrind while it runs in it: a sequence of instructions that does nothing anywhere else.
//!
//! See valgrind.h and memcheck.h, and `tests/taint/src/main.rs` for what it is good for.

#[cfg(not(all(target_arch = "x86_64", unix)))]
compile_error!("the request is spelled for x86_64 alone");

/// What is asked: the numbers of `Vg_ClientRequest` and `Vg_MemCheckClientRequest`.
const RUNNING_ON_VALGRIND: usize = 0x1001;
const COUNT_ERRORS: usize = 0x1201;
const CHANGE_ERR_DISABLEMENT: usize = 0x1801;
const MAKE_MEM_UNDEFINED: usize = MEMCHECK + 1;
const MAKE_MEM_DEFINED: usize = MEMCHECK + 2;
const CHECK_MEM_IS_DEFINED: usize = MEMCHECK + 5;
const MEMCHECK: usize = (b'M' as usize) << 24 | (b'C' as usize) << 16;

fn ask(request: usize, first: usize, second: usize) -> usize {
    let arguments = [request, first, second, 0, 0, 0];
    let mut answer = 0;
    // SAFETY: rdi is turned by 128 bits altogether and rbx exchanged with itself, so nothing has changed but rdx; within
    // valgrind the marks of memory change, which are no part of the program.
    unsafe {
        std::arch::asm!(
            "rol rdi, 3",
            "rol rdi, 13",
            "rol rdi, 61",
            "rol rdi, 51",
            "xchg rbx, rbx",
            in("rax") &raw const arguments,
            inout("rdx") answer,
        );
    }
    answer = std::hint::black_box(answer);
    answer
}

fn about(request: usize, memory: &[u8]) -> usize {
    ask(request, memory.as_ptr().addr(), memory.len())
}

/// Says whether valgrind runs this program.
pub fn is_running() -> bool {
    ask(RUNNING_ON_VALGRIND, 0, 0) != 0
}

/// Returns how many errors valgrind has reported.
pub fn errors() -> usize {
    ask(COUNT_ERRORS, 0, 0)
}

/// Makes these bytes secret: whatever is computed from them is, too, and nothing may be decided by it.
pub fn hide(memory: &mut [u8]) {
    about(MAKE_MEM_UNDEFINED, memory);
}

/// Makes these bytes public again.
pub fn publish(memory: &[u8]) {
    about(MAKE_MEM_DEFINED, memory);
}

/// Says whether none of these bytes depends on a secret. Asking is no error.
pub fn is_defined(memory: &[u8]) -> bool {
    unheard(|| about(CHECK_MEM_IS_DEFINED, memory)) == 0
}

/// Runs with valgrind's errors switched off.
pub fn unheard<R>(run: impl FnOnce() -> R) -> R {
    ask(CHANGE_ERR_DISABLEMENT, 1, 0);
    let result = run();
    ask(CHANGE_ERR_DISABLEMENT, usize::MAX, 0);
    result
}
