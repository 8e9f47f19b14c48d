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
        cookie(html, page.cookie.as_ref(), page.logs_out_everywhere);
        note(html, page);
        html.raw("</main>\n");
        footer(html, page);
    })
}

fn header(html: &mut Html, page: &Home<'_>) {
    html.raw("<header>\n<div class=\"brand\">");
    html.raw(drawing::MARK);
    html.fill(
        r#"<h1>{}</h1><span class="badge">on <span id="framework">{}</span></span></div>
"#,
        &[page.title, page.framework],
    );
    if let Some(user) = page.user {
        html.fill(r#"<div class="visitor"><p>Hello, <strong id="user">{}</strong></p>"#, &[user]);
        open_form(html, "logout-form", paths::LOGOUT, page.csrf_token);
        html.raw(r#"<button id="logout" class="quiet">Log out</button></form>"#);
        if page.logs_out_everywhere {
            open_form(html, "logout-everywhere-form", paths::LOGOUT_EVERYWHERE, page.csrf_token);
            html.raw(r#"<button id="logout-everywhere" class="quiet">Log out everywhere</button></form>"#);
        }
        html.raw("</div>");
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
            "success" => ("success", "Done"),
            "warning" => ("warning", "Warning"),
            "error" => ("error", "Error"),
            _ => ("info", "Note"),
        };
        html.fill(
            r#"<p class="flash {}"><span class="hidden">{}: </span>{}</p>
"#,
            &[class, label, flash.text],
        );
    }
    html.raw("</div>\n");
}

fn lead(html: &mut Html) {
    html.raw(
        r#"<p class="lead">Your name, your cart and your note travel in <strong>one signed cookie</strong>.
<span>The server keeps no session.</span></p>
"#,
    );
}

fn login(html: &mut Html, csrf_token: &str) {
    html.raw(
        r#"<section class="card" aria-labelledby="login-title">
<h2 id="login-title">Log in</h2>
"#,
    );
    open_form(html, "login-form", paths::LOGIN, csrf_token);
    html.fill(
        r#"
<label for="name">Your name</label>
<input id="name" name="{}" required autocomplete="nickname" spellcheck="false">
<label class="tick"><input id="remember" type="checkbox" name="{}" value="on"> Remember me on this browser</label>
<button id="login" class="primary">Log in</button>
<p class="hint">Any name will do, there is no password.</p>
</form>
</section>
"#,
        &[fields::NAME, fields::REMEMBER],
    );
}

fn shop(html: &mut Html, page: &Home<'_>) {
    html.raw(
        r#"<section class="shop" aria-labelledby="shop-title">
<h2 id="shop-title">Fresh from the oven</h2>
<ul class="products">
"#,
    );
    for product in page.products {
        html.raw(r#"<li class="card product">"#);
        html.raw(drawing::of(product.id));
        html.fill(
            r#"
<h3>{}</h3>
<p>{}</p>
<div class="buy"><span class="price">{}</span>"#,
            &[product.name, product.description, &price(product.cents.into())],
        );
        product_form(html, paths::CART_ADD, page.csrf_token, product);
        html.fill(
            r#"<button id="add-{}">Add<span class="hidden"> {}</span> to cart</button></form></div>
</li>
"#,
            &[product.id, product.name],
        );
    }
    html.raw("</ul>\n</section>\n");
}

fn cart(html: &mut Html, page: &Home<'_>) {
    html.fill(
        r#"<section id="cart" class="card" aria-labelledby="cart-title">
<h2 id="cart-title">Cart <span class="count"><span id="cart-count">{}</span><span class="hidden"> pieces</span></span></h2>
"#,
        &[&sum(page.cart, |_| 1).to_string()],
    );
    if page.cart.is_empty() {
        html.raw("<p class=\"empty\">Nothing in it yet.</p>\n</section>\n");
        return;
    }
    html.raw("<ul class=\"lines\">\n");
    for CartLine { product, count } in page.cart {
        html.raw("<li>");
        html.raw(drawing::of(product.id));
        html.fill(
            "<div><strong>{}</strong><span>{} × {}</span></div>",
            &[product.name, &count.to_string(), &price(product.cents.into())],
        );
        product_form(html, paths::CART_REMOVE, page.csrf_token, product);
        html.fill(
            r#"<button id="remove-{}" class="quiet">Remove<span class="hidden"> {}</span></button></form></li>
"#,
            &[product.id, product.name],
        );
    }
    html.fill(
        r#"</ul>
<p class="total"><span>Total</span> <strong id="cart-total">{}</strong></p>
"#,
        &[&price(sum(page.cart, |product| product.cents.into()))],
    );
    open_form(html, "cart-clear-form", paths::CART_CLEAR, page.csrf_token);
    html.raw("<button id=\"cart-clear\" class=\"quiet wide\">Empty the cart</button></form>\n</section>\n");
}

/// Adds up something about every piece. The counts come out of a cookie, so they may be anything that a
/// handler once let in.
fn sum(cart: &[CartLine<'_>], each: impl Fn(&Product<'_>) -> u64) -> u64 {
    cart.iter()
        .map(|line| u64::from(line.count).saturating_mul(each(&line.product)))
        .fold(0, u64::saturating_add)
}

fn price(cents: u64) -> String {
    format!("€{}.{:02}", cents / 100, cents % 100)
}

fn note(html: &mut Html, page: &Home<'_>) {
    html.raw(
        r#"<section class="card note" aria-labelledby="note-title">
<h2 id="note-title">Your note</h2>
"#,
    );
    open_form(html, "note-form", paths::NOTE, page.csrf_token);
    // An HTML parser drops a line feed right after the tag, so a note that begins with one needs another.
    html.fill(
        r#"
<label for="note">It is kept in the session, too</label>
<textarea id="note" name="{}" rows="4">
{}</textarea>
<button id="note-save" class="primary">Save the note</button>
</form>
"#,
        &[fields::NOTE, page.note],
    );
    open_form(html, "note-too-long-form", paths::NOTE, page.csrf_token);
    hidden(html, fields::NOTE, &"too long".repeat(COOKIE_LIMIT / 8));
    html.fill(
        r#"
<button id="note-too-long" class="quiet wide">Try one of {} letters</button>
<p class="hint">It cannot fit. The server refuses it and the session stays as it was.</p>
</form>
</section>
"#,
        &[&COOKIE_LIMIT.to_string()],
    );
}

fn cookie(html: &mut Html, cookie: Option<&CookieView<'_>>, logs_out_everywhere: bool) {
    html.raw(
        r#"<section id="cookie" class="card" aria-labelledby="cookie-title">
<h2 id="cookie-title">The cookie taken apart</h2>
"#,
    );
    match cookie {
        Some(cookie) => {
            value(html, cookie);
            meaning(html, cookie);
            facts(html, cookie);
            size(html, cookie);
            limits_of_signing(html, logs_out_everywhere);
        }
        None => html.raw(
            r#"<p id="cookie-none" class="empty">No session cookie came with this request.
Reload the page or use one of its forms, and look here again.</p>
"#,
        ),
    }
    html.raw("</section>\n");
}

/// The text of the box is the value, so there is no white space between the parts.
fn value(html: &mut Html, cookie: &CookieView<'_>) {
    html.fill(
        r#"<p>It came with this request as <code id="cookie-name" class="name">{}</code>:</p>
<div id="cookie-value" class="value" role="group" aria-label="Cookie value" tabindex="0">"#,
        &[cookie.name],
    );
    match cut(cookie.value) {
        Some([payload, timestamp, signature]) => {
            html.fill(r#"<span id="cookie-payload" class="payload">{}</span>."#, &[payload]);
            html.fill(r#"<span id="cookie-timestamp" class="timestamp">{}</span>."#, &[timestamp]);
            html.fill(r#"<span id="cookie-signature" class="signature">{}</span>"#, &[signature]);
        }
        None => html.fill(r#"<span id="cookie-payload" class="payload">{}</span>"#, &[cookie.value]),
    }
    html.raw("</div>\n");
}

/// Cuts at the last two dots, since the payload of other writers may begin with one.
fn cut(value: &str) -> Option<[&str; 3]> {
    let (signed, signature) = value.rsplit_once('.')?;
    let (payload, timestamp) = signed.rsplit_once('.')?;
    Some([payload, timestamp, signature])
}

fn meaning(html: &mut Html, cookie: &CookieView<'_>) {
    html.fill(
        r#"<div class="parts">
<div class="part payload"><h3>Payload</h3>
<p>In URL-safe base64.</p>
<pre id="cookie-json" tabindex="0" role="group" aria-label="Decoded payload">
{}</pre></div>
<div class="part timestamp"><h3>Timestamp</h3>
<p>When it was signed. The server counts the age from here.</p></div>
<div class="part signature"><h3>Signature</h3>
<p>An HMAC over payload and timestamp. Change one letter, and the server starts with an empty session.</p></div>
</div>
"#,
        &[cookie.json],
    );
}

fn facts(html: &mut Html, cookie: &CookieView<'_>) {
    let (kept, until) = if cookie.permanent {
        ("permanent", "outlives the browser")
    } else {
        ("browser session", "ends with the browser")
    };
    html.raw("<dl class=\"facts\">\n");
    fact_time(html, ["Created", "cookie-created"], cookie.created, cookie.now);
    fact_time(html, ["Issued", "cookie-issued"], cookie.issued, cookie.now);
    html.fill(
        r#"<div><dt>Kept</dt><dd><span id="cookie-permanent">{}</span><small>{}</small></dd></div>
</dl>
"#,
        &[kept, until],
    );
}

fn fact_time(html: &mut Html, [label, id]: [&str; 2], time: Option<SystemTime>, now: SystemTime) {
    html.fill(r#"<div><dt>{}</dt><dd id="{}">"#, &[label, id]);
    match time.and_then(|time| Some((time, moment::utc(time)?))) {
        Some((time, utc)) => {
            // A clock that runs ahead on another machine makes an age of zero, as it does for the session.
            let age = now.duration_since(time).unwrap_or_default();
            html.fill(
                r#"<time datetime="{}">{}</time><small>{} ago</small>"#,
                &[&utc.machine, &utc.human, &moment::span(age)],
            );
        }
        None => html.raw("unknown<small>the cookie does not say</small>"),
    }
    html.raw("</dd></div>\n");
}

fn size(html: &mut Html, cookie: &CookieView<'_>) {
    let bytes = cookie.name.len().saturating_add(cookie.value.len()).to_string();
    let limit = COOKIE_LIMIT.to_string();
    html.fill(
        r#"<div class="size">
<p><label for="cookie-meter">Size</label> <span><strong id="cookie-size">{}</strong> of {} bytes</span></p>
<meter id="cookie-meter" min="0" max="{}" low="2048" high="3584" optimum="0" value="{}">{} bytes</meter>
<p class="hint">Browsers drop a larger cookie without a word. Here the insert that would pass the limit fails,
names the largest keys, and leaves the session as it was.</p>
</div>
"#,
        &[&bytes, &limit, &limit, &bytes, &bytes],
    );
}

fn limits_of_signing(html: &mut Html, logs_out_everywhere: bool) {
    let good_until = if logs_out_everywhere {
        "its age runs out or its owner logs out everywhere"
    } else {
        "its age runs out"
    };
    html.fill(
        r#"<p class="truth"><strong>Signed, not encrypted.</strong>
Whoever holds the cookie can read it; without the key nobody can change it.
An older copy stays good until {}, so what must not come back does not belong in it.</p>
<p class="hint">Scripts cannot see an <code>HttpOnly</code> cookie.
This page prints it for demonstration; a real one must not.</p>
"#,
        &[good_until],
    );
}

fn footer(html: &mut Html, page: &Home<'_>) {
    html.raw("<footer>\n");
    if !page.shared_with.is_empty() {
        html.raw(
            r#"<nav aria-label="Other servers"><span>The same session, other servers:</span>
<ul id="shared-with">
"#,
        );
        for (label, address) in page.shared_with {
            if is_web_address(address) {
                html.fill("<li><a href=\"{}\">{}</a></li>\n", &[address, label]);
            } else {
                html.fill("<li>{} ({})</li>\n", &[label, address]);
            }
        }
        html.raw("</ul></nav>\n");
    }
    html.fill(
        "<p>Served by {} with cookie-session. No script, no database.</p>\n</footer>\n",
        &[page.framework],
    );
}

/// Escaping does not make `javascript:` harmless, so only known schemes become links.
fn is_web_address(address: &str) -> bool {
    let local = address.starts_with('/') && !address.starts_with("//") && !address.starts_with("/\\");
    local || address.starts_with("http://") || address.starts_with("https://")
}

/// Opens a form that posts to `action`, with the token in it.
fn open_form(html: &mut Html, id: &str, action: &str, csrf_token: &str) {
    html.fill(r#"<form id="{}" method="post" action="{}">"#, &[id, action]);
    hidden(html, fields::CSRF_TOKEN, csrf_token);
}

/// Opens a form about one product. It has no id of its own, since there are many.
fn product_form(html: &mut Html, action: &str, csrf_token: &str, product: &Product<'_>) {
    html.fill(r#"<form method="post" action="{}">"#, &[action]);
    hidden(html, fields::CSRF_TOKEN, csrf_token);
    hidden(html, fields::PRODUCT, product.id);
}

fn hidden(html: &mut Html, name: &str, value: &str) {
    html.fill(r#"<input type="hidden" name="{}" value="{}">"#, &[name, value]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_cents_with_two_digits() {
        let table = [(0, "€0.00"), (5, "€0.05"), (99, "€0.99"), (100, "€1.00"), (1240, "€12.40")];
        for (cents, expected) in table {
            assert_eq!(price(cents), expected);
        }
    }
}
