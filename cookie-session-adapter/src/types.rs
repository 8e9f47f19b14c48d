//! The two types that each adapter has of its own, since it gives them the
//! traits of its framework.

use std::any::{TypeId, type_name};

use crate::handle::DefaultCookie;

/// Defines an adapter's `CookieSession` and `CookieSessionError`: a handle for
/// each marker type that derefs to [`Handle`](crate::Handle), and the error of its
/// methods around a [`UseError`](crate::UseError).
///
/// ```
/// cookie_session_adapter::adapter_types! {
///     /// The session of the visitor whose request this is.
///     CookieSession
///     /// Why it could not do what a handler asked for.
///     CookieSessionError
///     // What is to be done where the layer is missing; `{}` is `new`, or the marker and `for_cookie`.
///     "add `.layer(SessionLayer::{}(sessions))` to the router"
/// }
///
/// enum Admin {}
///
/// # use cookie_session_adapter::Slot;
/// let missing = CookieSession::<Admin>::of(None::<&Slot>).unwrap_err();
/// assert!(missing.to_string().contains("Admin>::for_cookie(sessions))` to the router"));
/// ```
#[macro_export]
macro_rules! adapter_types {
    ($(#[$about_session:meta])* $Session:ident $(#[$about_error:meta])* $Error:ident $remedy:literal) => {
        $(#[$about_session])*
        pub struct $Session<C = $crate::DefaultCookie> {
            handle: $crate::Handle<$Error>,
            cookie: ::std::marker::PhantomData<fn() -> C>,
        }

        impl<C: 'static> $Session<C> {
            /// Returns the handle for the slot that is among a request's extensions.
            pub(crate) fn of(innermost: Option<&$crate::Slot>) -> Result<Self, $Error> {
                match $crate::Slot::find::<C>(innermost) {
                    Some(slot) => Ok(Self {
                        handle: $crate::Handle::new(slot),
                        cookie: ::std::marker::PhantomData,
                    }),
                    None => Err($Error($crate::UseError::NoLayer {
                        remedy: format!($remedy, $crate::constructor::<C>()),
                    })),
                }
            }
        }

        impl<C> ::std::ops::Deref for $Session<C> {
            type Target = $crate::Handle<$Error>;

            fn deref(&self) -> &Self::Target {
                &self.handle
            }
        }

        // Not derived: the marker need not be `Clone`.
        impl<C> Clone for $Session<C> {
            fn clone(&self) -> Self {
                Self { handle: self.handle.clone(), cookie: ::std::marker::PhantomData }
            }
        }

        impl<C> ::std::fmt::Debug for $Session<C> {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_struct(stringify!($Session)).field("cookie", &self.cookie_name()).finish_non_exhaustive()
            }
        }

        $(#[$about_error])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $Error(pub $crate::UseError);

        impl $Error {
            /// Returns by how much the session is over the limit and which keys take
            /// the space, if this is why: the one error that handlers answer in their
            /// own way.
            pub fn as_too_long(&self) -> Option<&$crate::TooLong> {
                self.0.as_too_long()
            }
        }

        impl From<$crate::UseError> for $Error {
            fn from(error: $crate::UseError) -> Self {
                Self(error)
            }
        }

        impl From<$crate::SessionError> for $Error {
            fn from(error: $crate::SessionError) -> Self {
                Self(error.into())
            }
        }

        impl From<$crate::EncodeError> for $Error {
            fn from(error: $crate::EncodeError) -> Self {
                Self(error.into())
            }
        }

        impl ::std::fmt::Display for $Error {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Display::fmt(&self.0, f)
            }
        }

        impl ::std::error::Error for $Error {}
    };
}

/// Returns what makes the layer for a marker: `new`, or the marker itself and
/// `for_cookie`.
#[doc(hidden)]
pub fn constructor<C: 'static>() -> String {
    if TypeId::of::<C>() == TypeId::of::<DefaultCookie>() {
        "new".to_owned()
    } else {
        format!("<{}>::for_cookie", type_name::<C>())
    }
}
