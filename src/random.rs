//! Random bytes, from the operating system where there is one.

/// Fills the bytes, or returns `None` where there is nothing to fill them with: what they hold then is not random.
pub(crate) fn fill(bytes: &mut [u8]) -> Option<()> {
    #[cfg(test)]
    if let Some(source) = tests::SOURCE.get() {
        return source(bytes);
    }
    from_outside(bytes)
}

#[cfg(not(any(all(target_family = "wasm", target_os = "unknown"), without_system)))]
fn from_outside(bytes: &mut [u8]) -> Option<()> {
    getrandom::fill(bytes).ok()
}

/// Says that there is nothing: neither an operating system nor, without JavaScript, anybody else to ask.
#[cfg(any(all(target_family = "wasm", target_os = "unknown"), without_system))] // the latter in tests/wasm/worker
fn from_outside(_: &mut [u8]) -> Option<()> {
    None
}

#[cfg(test)]
pub(crate) mod tests {
    use std::cell::Cell;

    use super::fill;
    use crate::key::{KeyErrorKind, SecretKey};

    pub(crate) type Source = fn(&mut [u8]) -> Option<()>;

    thread_local! {
        /// What this thread has instead of the operating system.
        pub(crate) static SOURCE: Cell<Option<Source>> = const { Cell::new(None) };
        static STATE: Cell<u64> = const { Cell::new(0) };
    }

    /// Runs with another source of random bytes, from its beginning.
    pub(crate) fn with_source<R>(source: Source, run: impl FnOnce() -> R) -> R {
        let before = SOURCE.replace(Some(source));
        STATE.set(0);
        let answer = run();
        SOURCE.set(before);
        answer
    }

    /// The same stream of bytes in every run that has it for its source.
    pub(crate) fn seeded(bytes: &mut [u8]) -> Option<()> {
        for chunk in bytes.chunks_mut(8) {
            chunk.iter_mut().zip(next().to_be_bytes()).for_each(|(byte, new)| *byte = new);
        }
        Some(())
    }

    /// A source that is stuck.
    pub(crate) fn constant(bytes: &mut [u8]) -> Option<()> {
        bytes.fill(0x5a);
        Some(())
    }

    /// A machine without any.
    pub(crate) fn none(_: &mut [u8]) -> Option<()> {
        None
    }

    /// The splitmix64 generator of Steele, Lea and Flood (2014).
    pub(crate) fn next() -> u64 {
        STATE.set(STATE.get().wrapping_add(0x9e37_79b9_7f4a_7c15));
        let z = STATE.get();
        let z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    #[test]
    fn without_random_bytes_there_is_no_new_key() {
        let generated =
            |source| with_source(source, || SecretKey::generate().map(|_| ()).map_err(|e| e.kind()));
        assert_eq!(generated(none), Err(KeyErrorKind::NoRandomness));
        assert_eq!(generated(constant), Ok(()));
        assert_eq!(generated(seeded), Ok(()));
    }

    #[test]
    fn a_seeded_source_begins_anew_and_ends_with_the_run() {
        let bytes = || {
            let mut bytes = [0; 12];
            fill(&mut bytes).map(|()| bytes)
        };
        let seeded = || with_source(seeded, || [bytes(), bytes()]);
        let [first, second] = seeded();
        assert_eq!(seeded(), [first, second]);
        assert_ne!(first, second);
        assert_ne!(bytes(), first);
        assert_ne!(next(), next());
    }
}
