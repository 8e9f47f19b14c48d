//! The home page: who is visiting, the shop, the cart, the note, and the cookie that holds all of it.

use std::time::SystemTime;

use crate::html::Html;
use crate::{
    COOKIE_LIMIT, CartLine, CookieView, Flash, Home, Product, drawing, fields, layout, moment, paths,
};

/// Returns the home page.
#[must_use]
pub fn home(page: &Home<'_>) -> String {
    layout::document(page.title, "home", |html| {
        header(html, page);
        html.raw("<main>\n");
        flashes(html, page.flashes);
        lead(html);
        html.raw("<div class=\"columns\">\n");
        shop(html, page);
        html.raw("<div class=\"side\">\n");
        if page.user.is_none() {
            login(html, page.csrf_token);
        }
        cart(html, page);
        html.raw("</div>\n</div>\n");
        cookie(html, page.cookie.as_ref());
        note(html, page);
        html.raw("</main>\n");
        footer(html, page);
    })
}

fn header(html: &mut Html, page: &Home<'_>) {
    html.raw("<header>\n<div class=\"brand\">")
        .raw(drawing::MARK)
        .raw("<h1>")
        .text(page.title)
        .raw("</h1><span class=\"badge\">on <span id=\"framework\">")
        .text(page.framework)
        .raw("</span></span></div>\n");
    if let Some(user) = page.user {
        html.raw("<div class=\"visitor\"><p>Hello, <strong id=\"user\">").text(user).raw("</strong></p>\n");
        open_form(html, "logout-form", paths::LOGOUT, page.csrf_token);
        html.raw("<button id=\"logout\" class=\"quiet\">Log out</button></form></div>\n");
    }
    html.raw("</header>\n");
}

fn flashes(html: &mut Html, flashes: &[Flash<'_>]) {
    if flashes.is_empty() {
        return;
    }
    html.raw("<div id=\"flash\" role=\"status\">\n");
    for flash in flashes {
        let (class, label) = match flash.kind {
            "success" => ("success", "Done: "),
            "warning" => ("warning", "Warning: "),
            "error" => ("error", "Error: "),
            _ => ("info", "Note: "),
        };
        html.raw("<p class=\"flash ").raw(class).raw("\"><span class=\"hidden\">").raw(label).raw("</span>");
        html.text(flash.text).raw("</p>\n");
    }
    html.raw("</div>\n");
}

fn lead(html: &mut Html) {
    html.raw(
        "<p class=\"lead\">Your name, your cart and your note travel in <strong>one signed cookie</strong>. ",
    )
    .raw("<span>The server keeps nothing.</span></p>\n");
}

fn login(html: &mut Html, csrf_token: &str) {
    html.raw(
        "<section class=\"card\" aria-labelledby=\"login-title\">\n<h2 id=\"login-title\">Log in</h2>\n",
    );
    open_form(html, "login-form", paths::LOGIN, csrf_token);
    html.raw("<label for=\"name\">Your name</label>\n<input id=\"name\" name=\"")
        .raw(fields::NAME)
        .raw("\" required autocomplete=\"nickname\" spellcheck=\"false\">\n<label class=\"tick\"><input id=\"remember\" type=\"checkbox\" name=\"")
        .raw(fields::REMEMBER)
        .raw("\" value=\"on\"> Remember me on this browser</label>\n")
        .raw("<button id=\"login\" class=\"primary\">Log in</button>\n")
        .raw("<p class=\"hint\">Any name will do, there is no password.</p>\n</form>\n</section>\n");
}

fn shop(html: &mut Html, page: &Home<'_>) {
    html.raw("<section class=\"shop\" aria-labelledby=\"shop-title\">\n<h2 id=\"shop-title\">Fresh from the oven</h2>\n<ul class=\"products\">\n");
    for product in page.products {
        html.raw("<li class=\"card product\">").raw(drawing::of(product.id));
        html.raw("<h3>").text(product.name).raw("</h3><p>").text(product.description);
        html.raw("</p><div class=\"buy\"><span class=\"price\">").price(product.cents.into()).raw("</span>");
        product_form(html, paths::CART_ADD, page.csrf_token, product);
        html.raw("<button id=\"add-").text(product.id).raw("\">Add<span class=\"hidden\"> ");
        html.text(product.name).raw("</span> to cart</button></form></div></li>\n");
    }
    html.raw("</ul>\n</section>\n");
}

fn cart(html: &mut Html, page: &Home<'_>) {
    let pieces: u64 = page.cart.iter().fold(0_u64, |sum, line| sum.saturating_add(line.count.into()));
    html.raw("<section id=\"cart\" class=\"card\" aria-labelledby=\"cart-title\">\n<h2 id=\"cart-title\">Cart <span class=\"count\"><span id=\"cart-count\">")
        .number(pieces)
        .raw("</span><span class=\"hidden\"> pieces</span></span></h2>\n");
    if page.cart.is_empty() {
        html.raw("<p class=\"empty\">Nothing in it yet.</p>\n</section>\n");
        return;
    }
    html.raw("<ul class=\"lines\">\n");
    for CartLine { product, count } in page.cart {
        html.raw("<li>").raw(drawing::of(product.id)).raw("<div><strong>").text(product.name);
        html.raw("</strong><span>")
            .number(*count)
            .raw(" × ")
            .price(product.cents.into())
            .raw("</span></div>");
        product_form(html, paths::CART_REMOVE, page.csrf_token, product);
        html.raw("<button id=\"remove-")
            .text(product.id)
            .raw("\" class=\"quiet\">Remove<span class=\"hidden\"> ");
        html.text(product.name).raw("</span></button></form></li>\n");
    }
    html.raw("</ul>\n<p class=\"total\"><span>Total</span> <strong id=\"cart-total\">")
        .price(total(page.cart))
        .raw("</strong></p>\n");
    open_form(html, "cart-clear-form", paths::CART_CLEAR, page.csrf_token);
    html.raw("<button id=\"cart-clear\" class=\"quiet wide\">Empty the cart</button></form>\n</section>\n");
}

/// A cart comes out of a cookie, so its counts may be anything that a handler once let in.
fn total(cart: &[CartLine<'_>]) -> u64 {
    cart.iter().fold(0, |sum, line| {
        sum.saturating_add(u64::from(line.count).saturating_mul(line.product.cents.into()))
    })
}

fn note(html: &mut Html, page: &Home<'_>) {
    html.raw(
        "<section class=\"card note\" aria-labelledby=\"note-title\">\n<h2 id=\"note-title\">Your note</h2>\n",
    );
    open_form(html, "note-form", paths::NOTE, page.csrf_token);
    html.raw("<label for=\"note\">It is kept in the session, too</label>\n<textarea id=\"note\" name=\"")
        .raw(fields::NOTE)
        // An HTML parser drops a line feed right after the tag, so a note that begins with one needs another.
        .raw("\" rows=\"4\">\n")
        .text(page.note)
        .raw("</textarea>\n<button id=\"note-save\" class=\"primary\">Save the note</button>\n</form>\n");
    open_form(html, "note-too-long-form", paths::NOTE, page.csrf_token);
    html.raw("<input type=\"hidden\" name=\"").raw(fields::NOTE).raw("\" value=\"");
    for _ in 0..512 {
        html.raw("too long");
    }
    html.raw("\">\n<button id=\"note-too-long\" class=\"quiet wide\">Try one of ")
        .number(COOKIE_LIMIT)
        .raw(" letters</button>\n<p class=\"hint\">It cannot fit. The server refuses it and the session stays as it was.</p>\n</form>\n</section>\n");
}

fn cookie(html: &mut Html, cookie: Option<&CookieView<'_>>) {
    html.raw("<section id=\"cookie\" class=\"card\" aria-labelledby=\"cookie-title\">\n<h2 id=\"cookie-title\">The cookie taken apart</h2>\n");
    match cookie {
        Some(cookie) => parts(html, cookie),
        None => {
            html.raw("<p id=\"cookie-none\" class=\"empty\">No session cookie came with this request. ")
                .raw("Reload the page or use one of its forms, and look here again.</p>\n");
        }
    }
    html.raw("</section>\n");
}

fn parts(html: &mut Html, cookie: &CookieView<'_>) {
    html.raw("<p>It came with this request as <code id=\"cookie-name\" class=\"name\">")
        .text(cookie.name)
        .raw("</code>:</p>\n");
    let Parts { payload, timestamp, signature } = Parts::of(cookie.value);
    // One line, without white space between the parts: the text of the box is the value.
    html.raw("<div id=\"cookie-value\" class=\"value\" role=\"group\" aria-label=\"Cookie value\" tabindex=\"0\"><span id=\"cookie-payload\" class=\"payload\">")
        .text(payload)
        .raw("</span>");
    if let Some(timestamp) = timestamp {
        html.raw(".<span id=\"cookie-timestamp\" class=\"timestamp\">").text(timestamp).raw("</span>");
    }
    if let Some(signature) = signature {
        html.raw(".<span id=\"cookie-signature\" class=\"signature\">").text(signature).raw("</span>");
    }
    html.raw("</div>\n<div class=\"parts\">\n<div class=\"part payload\"><h3>Payload</h3><p>JSON in URL-safe base64.</p>")
        .raw("<pre id=\"cookie-json\" tabindex=\"0\" role=\"group\" aria-label=\"Decoded payload\">\n")
        .text(cookie.json)
        .raw("</pre></div>\n<div class=\"part timestamp\"><h3>Timestamp</h3><p>When it was signed. The server counts the age from here.</p></div>\n")
        .raw("<div class=\"part signature\"><h3>Signature</h3><p>An HMAC over payload and timestamp. One changed letter, and the session is empty.</p></div>\n</div>\n<dl class=\"facts\">\n");
    fact_time(html, "Created", "cookie-created", cookie.created, cookie.now);
    fact_time(html, "Issued", "cookie-issued", cookie.issued, cookie.now);
    html.raw("<div><dt>Kept</dt><dd><span id=\"cookie-permanent\">")
        .raw(if cookie.permanent { "permanent" } else { "browser session" })
        .raw("</span><small>")
        .raw(if cookie.permanent { "outlives the browser" } else { "ends with the browser" })
        .raw("</small></dd></div>\n</dl>\n");
    size(html, cookie.name.len().saturating_add(cookie.value.len()));
    html.raw("<p class=\"truth\"><strong>Signed, not encrypted.</strong> Whoever holds the cookie can read it; without the key nobody can change it. ")
        .raw("An older copy stays good until its age runs out, so what must not come back does not belong in it.</p>\n")
        .raw("<p class=\"hint\">Scripts cannot see an <code>HttpOnly</code> cookie. This page prints it for demonstration; a real one must not.</p>\n");
}

/// A cookie value cut at its last two dots; without them all of it is payload.
struct Parts<'a> {
    payload: &'a str,
    timestamp: Option<&'a str>,
    signature: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(value: &'a str) -> Self {
        let cut = value.rsplit_once('.').and_then(|(signed, signature)| {
            let (payload, timestamp) = signed.rsplit_once('.')?;
            Some((payload, timestamp, signature))
        });
        match cut {
            Some((payload, timestamp, signature)) => {
                Self { payload, timestamp: Some(timestamp), signature: Some(signature) }
            }
            None => Self { payload: value, timestamp: None, signature: None },
        }
    }
}

fn fact_time(
    html: &mut Html,
    label: &'static str,
    id: &'static str,
    time: Option<SystemTime>,
    now: SystemTime,
) {
    html.raw("<div><dt>").raw(label).raw("</dt><dd id=\"").raw(id).raw("\">");
    match time.and_then(|time| Some((time, moment::utc(time)?))) {
        Some((time, utc)) => {
            // A clock that runs ahead on another machine makes an age of zero, as it does for the session.
            let age = now.duration_since(time).unwrap_or_default();
            html.raw("<time datetime=\"")
                .text(&utc.machine)
                .raw("\">")
                .text(&utc.human)
                .raw("</time><small>");
            html.text(&moment::span(age)).raw(" ago</small>");
        }
        None => {
            html.raw("unknown<small>the cookie does not say</small>");
        }
    }
    html.raw("</dd></div>\n");
}

fn size(html: &mut Html, bytes: usize) {
    html.raw("<div class=\"size\"><p><label for=\"cookie-meter\">Size</label> <span><strong id=\"cookie-size\">")
        .number(bytes)
        .raw("</strong> of ")
        .number(COOKIE_LIMIT)
        .raw(" bytes</span></p>\n<meter id=\"cookie-meter\" min=\"0\" max=\"")
        .number(COOKIE_LIMIT)
        .raw("\" low=\"2048\" high=\"3584\" optimum=\"0\" value=\"")
        .number(bytes)
        .raw("\">")
        .number(bytes)
        .raw(" of ")
        .number(COOKIE_LIMIT)
        .raw(" bytes</meter>\n<p class=\"hint\">Browsers drop a larger cookie without a word. Here the insert that would pass the limit fails, ")
        .raw("names the largest keys, and leaves the session as it was.</p></div>\n");
}

fn footer(html: &mut Html, page: &Home<'_>) {
    html.raw("<footer>\n");
    if !page.shared_with.is_empty() {
        html.raw("<nav aria-label=\"Other servers\"><span>The same session, other servers:</span> <ul id=\"shared-with\">");
        for (label, address) in page.shared_with {
            html.raw("<li>");
            if is_web_address(address) {
                html.raw("<a href=\"").text(address).raw("\">").text(label).raw("</a>");
            } else {
                html.text(label).raw(" (").text(address).raw(")");
            }
            html.raw("</li>");
        }
        html.raw("</ul></nav>\n");
    }
    html.raw("<p>Served by ")
        .text(page.framework)
        .raw(" with cookie-session. No script, no database.</p>\n</footer>\n");
}

/// Escaping does not make `javascript:` harmless, so only known schemes become links.
fn is_web_address(address: &str) -> bool {
    let local = address.starts_with('/') && !address.starts_with("//") && !address.starts_with("/\\");
    local || address.starts_with("http://") || address.starts_with("https://")
}

/// Opens a form that posts to `action`, with the token in it.
fn open_form(html: &mut Html, id: &'static str, action: &'static str, csrf_token: &str) {
    html.raw("<form id=\"").raw(id).raw("\" method=\"post\" action=\"").raw(action).raw("\">");
    hidden(html, fields::CSRF_TOKEN, csrf_token);
}

/// Opens a form about one product. It has no id of its own, since there are many.
fn product_form(html: &mut Html, action: &'static str, csrf_token: &str, product: &Product<'_>) {
    html.raw("<form method=\"post\" action=\"").raw(action).raw("\">");
    hidden(html, fields::CSRF_TOKEN, csrf_token);
    hidden(html, fields::PRODUCT, product.id);
}

fn hidden(html: &mut Html, name: &'static str, value: &str) {
    html.raw("<input type=\"hidden\" name=\"").raw(name).raw("\" value=\"").text(value).raw("\">");
}
