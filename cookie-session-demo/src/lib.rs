//! The pages that the examples of `cookie-session` show: functions from data to HTML.
//!
//! Knows no web framework and no session. A server gathers what a page needs, calls [`home()`] or
//! [`Problem::page`], and sends the text as `text/html; charset=utf-8` together with [`CONTENT_SECURITY_POLICY`].
//!
//! All data is escaped. The pages need no script and ask for nothing from elsewhere.
//!
//! [`Logouts`] is what the shops keep on the server.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod drawing;
mod failure;
mod home;
mod html;
mod layout;
mod logouts;
mod moment;

use std::fmt;
use std::time::SystemTime;

pub use crate::failure::Problem;
pub use crate::home::home;
pub use crate::layout::CONTENT_SECURITY_POLICY;
pub use crate::logouts::Logouts;

/// The paths that the pages link and post to.
///
/// Every POST carries [`fields::CSRF_TOKEN`] and expects a redirect to [`HOME`](paths::HOME) or the page
/// of a [`Problem`].
pub mod paths {
    /// GET: the only page.
    pub const HOME: &str = "/";
    /// GET: the same page after a logout. It can say so without a session, which is gone.
    pub const LOGGED_OUT: &str = "/?logged-out";
    /// POST [`NAME`](super::fields::NAME), [`REMEMBER`](super::fields::REMEMBER): logs in under any name
    /// that is not empty.
    pub const LOGIN: &str = "/login";
    /// POST: logs out.
    pub const LOGOUT: &str = "/logout";
    /// POST: logs out in every browser.
    pub const LOGOUT_EVERYWHERE: &str = "/logout/everywhere";
    /// POST [`PRODUCT`](super::fields::PRODUCT): adds one piece to the cart.
    pub const CART_ADD: &str = "/cart/add";
    /// POST [`PRODUCT`](super::fields::PRODUCT): takes the product out of the cart, however many pieces
    /// there are.
    pub const CART_REMOVE: &str = "/cart/remove";
    /// POST: empties the cart.
    pub const CART_CLEAR: &str = "/cart/clear";
    /// POST [`NOTE`](super::fields::NOTE): replaces the note. This is the form that can pass the size limit.
    pub const NOTE: &str = "/note";
}

/// The names of the form fields.
pub mod fields {
    /// The visitor's name, free text.
    pub const NAME: &str = "name";
    /// The *remember me* box: `on` when ticked, absent otherwise.
    pub const REMEMBER: &str = "remember";
    /// The [`Product::id`](super::Product::id) of one of the products on the page; check that it is one.
    pub const PRODUCT: &str = "product";
    /// The note, free text of any length. Browsers send its line ends as CR LF.
    pub const NOTE: &str = "note";
    /// The token of [`Home::csrf_token`](super::Home::csrf_token), hidden in every form.
    pub const CSRF_TOKEN: &str = "csrf_token";
}

/// What the home page shows.
#[derive(Clone, Copy)]
pub struct Home<'a> {
    /// The name of the shop, also the title of the window.
    pub title: &'a str,
    /// The web framework that serves the page.
    pub framework: &'a str,
    /// The visitor's name; `None` shows the login form.
    pub user: Option<&'a str>,
    /// Whether the visitor can log out in every browser.
    pub logs_out_everywhere: bool,
    /// Messages left by the request before this one.
    pub flashes: &'a [Flash<'a>],
    /// The token that every form sends back.
    pub csrf_token: &'a str,
    /// The cart, one line per product.
    pub cart: &'a [CartLine<'a>],
    /// What can be bought, usually [`PRODUCTS`].
    pub products: &'a [Product<'a>],
    /// The note as it stands in the session; empty for none.
    pub note: &'a str,
    /// The session cookie that came with the request and verified, if one did.
    pub cookie: Option<CookieView<'a>>,
    /// Label and address of other servers that hold the same key. An address that begins with neither
    /// `http://`, `https://` nor a single `/` is shown as text.
    pub shared_with: &'a [(&'a str, &'a str)],
}

/// A message that is shown once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flash<'a> {
    /// `success`, `info`, `warning` or `error`; any other kind looks like `info`.
    pub kind: &'a str,
    /// The message, plain text.
    pub text: &'a str,
}

/// Something to put into the cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Product<'a> {
    /// The value of [`fields::PRODUCT`], and the end of the element ids `add-…` and `remove-…`; without
    /// white space.
    pub id: &'a str,
    /// The name, plain text.
    pub name: &'a str,
    /// One line about it, plain text.
    pub description: &'a str,
    /// The price of one piece in cents.
    pub cents: u32,
}

/// One product in the cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CartLine<'a> {
    /// What.
    pub product: Product<'a>,
    /// How many pieces.
    pub count: u32,
}

/// A session cookie to take apart.
#[derive(Clone, Copy)]
pub struct CookieView<'a> {
    /// The full name, prefix included.
    pub name: &'a str,
    /// The value as the browser sent it: `payload.timestamp.signature`.
    pub value: &'a str,
    /// The decoded payload, laid out to be read.
    pub json: &'a str,
    /// When the session began; `None` where the format does not say.
    pub created: Option<SystemTime>,
    /// When this cookie was signed.
    pub issued: Option<SystemTime>,
    /// The time of this request, from which the ages are counted.
    pub now: SystemTime,
    /// Whether the cookie outlives the browser.
    pub permanent: bool,
}

/// What the shop sells.
pub const PRODUCTS: &[Product<'static>] = &[
    product("chocolate-chip", "Chocolate chip", "Dark chocolate and a little sea salt.", 240),
    product("oatmeal", "Oatmeal raisin", "Rolled oats, raisins and cinnamon.", 220),
    product("gingerbread", "Gingerbread", "Ginger, clove and treacle. It snaps.", 260),
    product("shortbread", "Shortbread", "Butter, flour and sugar, nothing else.", 200),
    product("linzer", "Linzer round", "Almond, with a window of raspberry jam.", 280),
    product("stroopwafel", "Stroopwafel", "Caramel between two thin waffles.", 310),
];

/// What a page of the shop says after a logout, to be shown when [`is_after_logout`] says so.
pub const LOGGED_OUT: Flash<'static> = Flash { kind: "success", text: "You are logged out." };

/// What a page of the shop says where the session that came was ended from elsewhere.
pub const LOGGED_OUT_EVERYWHERE: Flash<'static> =
    Flash { kind: "info", text: "You were logged out everywhere." };

/// Says whether a query is that of [`paths::LOGGED_OUT`].
#[must_use]
pub fn is_after_logout(query: Option<&str>) -> bool {
    query.is_some() && query == paths::LOGGED_OUT.split_once('?').map(|(_, query)| query)
}

/// What a browser stores at most: the bytes of name and value together (RFC 6265bis, section 5.6).
pub const COOKIE_LIMIT: usize = 4096;

// A cookie value or a CSRF token in a log would be somebody's session, so neither is printed.
impl fmt::Debug for Home<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Home").field("framework", &self.framework).finish_non_exhaustive()
    }
}

impl fmt::Debug for CookieView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CookieView").field("name", &self.name).finish_non_exhaustive()
    }
}

const fn product(
    id: &'static str,
    name: &'static str,
    description: &'static str,
    cents: u32,
) -> Product<'static> {
    Product { id, name, description, cents }
}

#[cfg(test)]
mod tests;
