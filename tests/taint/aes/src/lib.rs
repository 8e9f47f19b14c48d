//! The real `aes`, with one line more: what a key stream was applied to is declared public.
//!
//! A text that was decrypted follows from the key, and is what the program was to get: JSON is parsed by branches.

pub use aes::Aes256Enc;

pub mod cipher {
    pub use aes::cipher::{InnerIvInit, KeyInit, StreamCipherCoreWrapper};

    pub trait StreamCipher {
        fn apply_keystream(&mut self, text: &mut [u8]);
    }

    impl<T: aes::cipher::StreamCipher> StreamCipher for T {
        fn apply_keystream(&mut self, text: &mut [u8]) {
            aes::cipher::StreamCipher::apply_keystream(self, text);
            subtle::memcheck::publish(text);
        }
    }
}
