//! The salts of this library's own format: what a key is for.
//!
//! All begin with `cookie-session/v1/` and a word for the purpose, and no word is the beginning of another with its
//! slash. What the caller chooses comes last. So no purpose, name or salt of a caller can spell another.

/// What is signed under a key.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    /// The session of a cookie, by the cookie's name.
    Session,
    /// A token of a [`Codec`](crate::Codec), by the caller's salt.
    Token,
    /// A [`SignedCookie`](crate::signed_cookie::SignedCookie), by the cookie's name.
    SignedCookie,
}

/// What the key of a purpose does, as a word in its salt.
#[derive(Clone, Copy)]
pub(crate) struct Use(pub(super) &'static str);

impl Use {
    /// Signs what everybody may read.
    pub(crate) const SIGN: Self = Self("");

    /// Makes stamps, by which the sessions of one user end together.
    pub(crate) const STAMP: Self = Self("stamp/");
}

/// Returns the salt under which the key is derived.
pub(crate) fn salt(Use(used): Use, purpose: Purpose, chosen: &[u8]) -> Vec<u8> {
    let purpose = match purpose {
        Purpose::Session => "cookie/",
        Purpose::Token => "token/",
        Purpose::SignedCookie => "signed-cookie/",
    };
    [b"cookie-session/v1/", used.as_bytes(), purpose.as_bytes(), chosen].concat()
}
