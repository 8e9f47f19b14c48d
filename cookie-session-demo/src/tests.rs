//! Claims about whole pages.

#![allow(clippy::arithmetic_side_effects, clippy::as_conversions, reason = "the numbers of a test are known")]

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::failure::error;
use crate::layout::STYLE;
use crate::*;

/// Ends every context that data can stand in, and holds every character that is escaped.
const HOSTILE: &str =
    "\"'></p></textarea></pre></title></style><script src=//evil>alert('&amp;')</script><img onerror=x ";

const NOW: u64 = 1_763_647_629;

#[derive(Clone, Copy)]
enum Visitor {
    Known,
    Unknown,
}

/// Returns a page that shows everything it can, with the same text in every place that takes text.
#[track_caller]
fn full_page(text: &str, visitor: Visitor) -> String {
    let product = Product { id: text, name: text, description: text, cents: 250 };
    let value = format!("{text}.{text}.{text}");
    home(&Home {
        title: text,
        framework: text,
        user: match visitor {
            Visitor::Known => Some(text),
            Visitor::Unknown => None,
        },
        logs_out_everywhere: true,
        flashes: &[Flash { kind: text, text }, Flash { kind: "error", text }],
        csrf_token: text,
        cart: &[CartLine { product, count: 3 }],
        products: &[product],
        note: text,
        cookie: Some(CookieView { name: text, value: &value, json: text, ..cookie() }),
        shared_with: &[(text, "https://other.example/"), (text, text)],
    })
}

fn empty_page() -> Home<'static> {
    Home {
        title: "Shop",
        framework: "axum",
        user: None,
        logs_out_everywhere: false,
        flashes: &[],
        csrf_token: "token",
        cart: &[],
        products: PRODUCTS,
        note: "",
        cookie: None,
        shared_with: &[],
    }
}

fn cookie() -> CookieView<'static> {
    CookieView {
        name: "__Host-session",
        value: "cGF5bG9hZA.aR8f0A.c2lnbmF0dXJl",
        json: "{}",
        created: Some(time(NOW - 7_260)),
        issued: Some(time(NOW - 5)),
        now: time(NOW),
        permanent: false,
    }
}

fn time(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

/// Returns everything between `<` and `>`. Escaped data has neither, and the style sheet is left out.
#[track_caller]
fn tags(html: &str) -> Vec<&str> {
    let (head, rest) = html.split_once(STYLE).expect("the style sheet is in the page");
    let mut found = Vec::new();
    for mut text in [head, rest] {
        while let Some((_, tag)) = text.split_once('<') {
            let (tag, after) = tag.split_once('>').expect("a tag ends");
            found.push(tag);
            text = after;
        }
    }
    found
}

/// Returns a tag with its attribute values emptied.
fn skeleton(tag: &str) -> String {
    tag.split('"').step_by(2).collect::<Vec<_>>().join("\"\"")
}

#[track_caller]
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(rest.split_once('"').expect("a value ends").0)
}

/// Returns the text inside of the element with this id, up to its first closing tag.
#[track_caller]
fn inside<'a>(html: &'a str, id: &str) -> &'a str {
    let (_, rest) = html.split_once(&format!(" id=\"{id}\"")).unwrap_or_else(|| panic!("no element {id}"));
    let (_, rest) = rest.split_once('>').expect("a tag ends");
    rest.split_once("</").expect("an element ends").0
}

fn all_pages(text: &str) -> Vec<String> {
    vec![
        full_page(text, Visitor::Known),
        full_page(text, Visitor::Unknown),
        home(&empty_page()),
        error(403, text, text),
    ]
}

#[test]
fn data_never_becomes_markup() {
    for (benign, hostile) in all_pages("text").iter().zip(&all_pages(HOSTILE)) {
        assert!(!hostile.contains(HOSTILE));
        assert!(!hostile.contains("<script"));
        assert!(!hostile.contains("<img"));
        let shape = |page| tags(page).into_iter().map(skeleton).collect::<Vec<_>>();
        assert_eq!(shape(hostile), shape(benign));
    }
}

#[test]
fn data_reaches_the_page_in_full() {
    let escaped = HOSTILE
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;");
    let page = full_page(HOSTILE, Visitor::Known);
    for id in ["framework", "user", "cookie-name"] {
        assert_eq!(inside(&page, id), escaped, "{id}");
    }
    for id in ["note", "cookie-json"] {
        assert_eq!(inside(&page, id), format!("\n{escaped}"), "{id}");
    }
    let page = error(413, HOSTILE, HOSTILE);
    for id in ["error-title", "error-message"] {
        assert_eq!(inside(&page, id), escaped, "{id}");
    }
    assert_eq!(inside(&page, "error-status"), "413");
}

#[test]
fn every_form_posts_the_csrf_token_to_a_known_path() {
    let mut seen = BTreeSet::new();
    for visitor in [Visitor::Known, Visitor::Unknown] {
        let page = full_page("secret-text", visitor);
        for form in page.split("<form").skip(1) {
            let (form, _) = form.split_once("</form>").expect("a form ends");
            assert_eq!(attribute(form, "method"), Some("post"));
            seen.insert(attribute(form, "action").expect("an action").to_owned());
            let token = "<input type=\"hidden\" name=\"csrf_token\" value=\"secret-text\">";
            assert_eq!(form.matches(token).count(), 1, "{form}");
            assert_eq!(form.matches("<button").count(), 1, "{form}");
        }
    }
    let all = [
        paths::LOGIN,
        paths::LOGOUT,
        paths::LOGOUT_EVERYWHERE,
        paths::CART_ADD,
        paths::CART_REMOVE,
        paths::CART_CLEAR,
        paths::NOTE,
    ];
    assert_eq!(seen, all.map(str::to_owned).into());
}

#[test]
fn the_forms_have_their_fields() {
    let page = full_page("text", Visitor::Unknown);
    let form = |path: &str| {
        let (_, rest) = page.split_once(&format!("action=\"{path}\"")).expect("the form is there");
        let (form, _) = rest.split_once("</form>").expect("a form ends");
        tags(&format!("{STYLE}{form}"))
            .iter()
            .filter_map(|tag| attribute(tag, "name").map(str::to_owned))
            .collect::<Vec<_>>()
    };
    assert_eq!(form(paths::LOGIN), ["csrf_token", "name", "remember"]);
    assert_eq!(form(paths::CART_ADD), ["csrf_token", "product"]);
    assert_eq!(form(paths::CART_REMOVE), ["csrf_token", "product"]);
    assert_eq!(form(paths::CART_CLEAR), ["csrf_token"]);
    assert_eq!(form(paths::NOTE), ["csrf_token", "note"]);
}

#[test]
fn needs_no_script_and_no_inline_style() {
    for page in all_pages("text") {
        for tag in tags(&page) {
            assert!(!tag.starts_with("script"), "{tag}");
            assert_eq!(attribute(tag, "style"), None, "{tag}");
            assert_eq!(attribute(tag, "src"), None, "{tag}");
            let handler = skeleton(tag).split(' ').any(|name| name.starts_with("on"));
            assert!(!handler, "{tag}");
            if tag.starts_with("link") {
                assert!(attribute(tag, "href").expect("an address").starts_with("data:"), "{tag}");
            }
        }
        assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
    }
}

#[test]
fn the_policy_names_the_hash_of_the_style_sheet() {
    assert_eq!(
        base64(&sha256(b"abc")),
        "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=",
        "FIPS 180-4, SHA-256"
    );
    let source = format!("style-src 'sha256-{}';", base64(&sha256(STYLE.as_bytes())));
    assert!(
        CONTENT_SECURITY_POLICY.contains(&source),
        "the style sheet has changed, the policy needs {source}"
    );
}

#[test]
fn ids_are_unique_and_references_resolve() {
    for page in all_pages("text").into_iter().chain([home(&Home { products: PRODUCTS, ..empty_page() })]) {
        let tags = tags(&page);
        let mut ids = BTreeSet::new();
        for id in tags.iter().filter_map(|tag| attribute(tag, "id")) {
            assert!(ids.insert(id), "{id} twice");
        }
        for name in ["for", "aria-labelledby"] {
            for target in tags.iter().filter_map(|tag| attribute(tag, name)) {
                assert!(ids.contains(target), "{name}={target}");
            }
        }
    }
}

#[test]
fn every_element_is_closed() {
    let void = ["!doctype", "meta", "link", "input", "path", "circle", "ellipse", "rect"];
    for page in all_pages("text") {
        let mut open = Vec::new();
        for tag in tags(&page) {
            let name = tag.split([' ', '\n']).next().expect("a tag has a name");
            match name.strip_prefix('/') {
                Some(name) => assert_eq!(open.pop(), Some(name)),
                None if void.contains(&name.trim_end_matches('/')) => {}
                None => open.push(name),
            }
        }
        assert!(open.is_empty(), "{open:?}");
    }
}

#[test]
fn shows_the_login_form_or_the_visitor() {
    let unknown = home(&empty_page());
    let known = home(&Home { user: Some("Ada"), ..empty_page() });
    assert_eq!(inside(&known, "user"), "Ada");
    for (id, for_known) in [("login-form", false), ("user", true), ("logout", true)] {
        let id = format!(" id=\"{id}\"");
        assert_eq!((known.contains(&id), unknown.contains(&id)), (for_known, !for_known), "{id}");
    }
}

#[test]
fn offers_the_logout_everywhere_where_there_is_one() {
    let other = ["id=\"logout-everywhere\"", "or its owner logs out everywhere"];
    for offers in [false, true] {
        let page =
            Home { user: Some("Ada"), logs_out_everywhere: offers, cookie: Some(cookie()), ..empty_page() };
        let page = home(&page);
        assert_eq!(other.map(|text| page.contains(text)), [offers; 2]);
    }
    let unknown = home(&Home { logs_out_everywhere: true, ..empty_page() });
    assert!(!unknown.contains(other[0]));
}

#[test]
fn shows_flashes_only_when_there_are_any() {
    assert!(!home(&empty_page()).contains("id=\"flash\""));
    let table = [
        ("success", "flash success"),
        ("info", "flash info"),
        ("warning", "flash warning"),
        ("error", "flash error"),
        ("other", "flash info"),
    ];
    for (kind, class) in table {
        let page = home(&Home { flashes: &[Flash { kind, text: "It is so." }], ..empty_page() });
        let (_, flash) = page.split_once("id=\"flash\"").expect("the flash is there");
        assert!(flash.contains(&format!("class=\"{class}\"")), "{kind}");
        assert!(flash.contains("It is so."), "{kind}");
    }
}

#[test]
fn counts_and_adds_up_the_cart() {
    let line = |index: usize, count| CartLine { product: PRODUCTS[index], count };
    let table: [(&[CartLine<'_>], &str, Option<&str>); 4] = [
        (&[], "0", None),
        (&[line(0, 1)], "1", Some("€2.40")),
        (&[line(0, 2), line(3, 3)], "5", Some("€10.80")),
        (&[line(5, u32::MAX), line(5, u32::MAX)], "8589934590", Some("€26628797229.00")),
    ];
    for (cart, count, total) in table {
        let page = home(&Home { cart, ..empty_page() });
        assert_eq!(inside(&page, "cart-count"), count);
        match total {
            Some(total) => assert_eq!(inside(&page, "cart-total"), total),
            None => assert!(!page.contains("id=\"cart-total\"") && !page.contains("id=\"cart-clear\"")),
        }
    }
}

#[test]
fn has_a_button_for_every_product() {
    let page = home(&empty_page());
    let ids: BTreeSet<_> = PRODUCTS.iter().map(|product| product.id).collect();
    assert_eq!(ids.len(), PRODUCTS.len());
    for id in ids {
        assert!(page.contains(&format!("<button id=\"add-{id}\"")), "{id}");
        assert_ne!(drawing::of(id), drawing::of("none of them"), "{id} has a drawing");
    }
}

#[test]
fn cuts_a_cookie_at_its_last_two_dots() {
    let table = [
        ("aa.bb.cc", "aa", Some(("bb", "cc"))),
        (".aa.bb.cc", ".aa", Some(("bb", "cc"))),
        ("..", "", Some(("", ""))),
        ("aa.bb", "aa.bb", None),
        ("", "", None),
    ];
    for (value, payload, rest) in table {
        let page = home(&Home { cookie: Some(CookieView { value, ..cookie() }), ..empty_page() });
        assert_eq!(inside(&page, "cookie-payload"), payload, "{value}");
        match rest {
            Some((timestamp, signature)) => {
                assert_eq!(inside(&page, "cookie-timestamp"), timestamp, "{value}");
                assert_eq!(inside(&page, "cookie-signature"), signature, "{value}");
            }
            None => assert!(!page.contains("id=\"cookie-timestamp\""), "{value}"),
        }
    }
}

#[test]
fn states_the_facts_of_a_cookie() {
    let page = home(&Home { cookie: Some(cookie()), ..empty_page() });
    assert_eq!(inside(&page, "cookie-size"), "44", "14 of the name and 30 of the value");
    assert_eq!(inside(&page, "cookie-permanent"), "browser session");
    assert!(page.contains(
        "<time datetime=\"2025-11-20T12:06:09Z\">2025-11-20 12:06:09 UTC</time><small>2 h 1 min ago"
    ));
    assert!(
        page.contains("<time datetime=\"2025-11-20T14:07:04Z\">2025-11-20 14:07:04 UTC</time><small>5 s ago")
    );
    assert!(page.contains("Signed, not encrypted."));

    let other = CookieView { created: None, issued: Some(time(NOW + 30)), permanent: true, ..cookie() };
    let page = home(&Home { cookie: Some(other), ..empty_page() });
    assert_eq!(inside(&page, "cookie-permanent"), "permanent");
    assert!(inside(&page, "cookie-created").starts_with("unknown"));
    assert!(page.contains("14:07:39 UTC</time><small>0 s ago"), "a time ahead of the clock is age zero");

    let page = home(&empty_page());
    assert!(page.contains("id=\"cookie-none\"") && !page.contains("id=\"cookie-payload\""));
}

#[test]
fn links_only_to_web_addresses() {
    let table = [
        ("https://other.example/", true),
        ("http://127.0.0.1:3001/", true),
        ("/flask", true),
        ("//other.example", false),
        ("/\\other.example", false),
        ("javascript:alert(1)", false),
        ("JavaScript:alert(1)", false),
        (" javascript:alert(1)", false),
        ("data:text/html,x", false),
        ("", false),
    ];
    for (address, linked) in table {
        let page = home(&Home { shared_with: &[("other", address)], ..empty_page() });
        assert_eq!(page.contains(&format!("<a href=\"{address}\">other</a>")), linked, "{address}");
        assert_eq!(page.contains("<a "), linked, "{address}");
    }
}

#[test]
fn the_long_note_cannot_fit_into_a_cookie() {
    let page = home(&empty_page());
    let (_, form) = page.split_once("id=\"note-too-long-form\"").expect("the form is there");
    let (_, field) = form.split_once("name=\"note\" value=\"").expect("the field is there");
    let (note, _) = field.split_once('"').expect("a value ends");
    assert_eq!(note.len(), COOKIE_LIMIT);
}

#[test]
fn debug_prints_neither_the_cookie_nor_the_token() {
    let page = Home { csrf_token: "secret", cookie: Some(cookie()), ..empty_page() };
    let text = format!("{page:?} {:?}", cookie());
    assert!(!text.contains("secret") && !text.contains("c2lnbmF0dXJl"), "{text}");
}

/// FIPS 180-4 from first principles: slow, short, and used for one hash.
fn sha256(message: &[u8]) -> [u8; 32] {
    let primes: Vec<u32> = (2..312_u32).filter(|n| (2..*n).all(|d| n % d != 0)).take(64).collect();
    // The first 32 bits of the fractional part of a root, found as the largest integer whose power fits.
    let fraction = |prime: u32, power: u32| {
        let target = u128::from(prime) << (32 * power);
        let (mut low, mut high) = (0_u128, 1 << 40);
        while high - low > 1 {
            let middle = (low + high) / 2;
            if middle.pow(power) <= target { low = middle } else { high = middle }
        }
        low as u32
    };
    let round_constants: Vec<u32> = primes.iter().map(|&prime| fraction(prime, 3)).collect();
    let mut state: Vec<u32> = primes.iter().take(8).map(|&prime| fraction(prime, 2)).collect();

    let mut padded = message.to_vec();
    padded.push(0x80);
    while padded.len() % 64 != 56 {
        padded.push(0);
    }
    padded.extend((message.len() as u64 * 8).to_be_bytes());

    for block in padded.chunks_exact(64) {
        let mut words: Vec<u32> = block
            .chunks_exact(4)
            .map(|word| u32::from_be_bytes(word.try_into().expect("four bytes")))
            .collect();
        for i in 16..64 {
            let (a, b) = (words[i - 15], words[i - 2]);
            let a = a.rotate_right(7) ^ a.rotate_right(18) ^ (a >> 3);
            let b = b.rotate_right(17) ^ b.rotate_right(19) ^ (b >> 10);
            words.push(words[i - 16].wrapping_add(a).wrapping_add(words[i - 7]).wrapping_add(b));
        }
        let mut s = state.clone();
        for (word, constant) in words.iter().zip(&round_constants) {
            let (a, e) = (s[0], s[4]);
            let choice = (e & s[5]) ^ (!e & s[6]);
            let majority = (a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]);
            let e_sum = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
            let a_sum = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
            let t = s[7].wrapping_add(e_sum).wrapping_add(choice).wrapping_add(*constant).wrapping_add(*word);
            s.rotate_right(1);
            s[4] = s[4].wrapping_add(t);
            s[0] = t.wrapping_add(a_sum).wrapping_add(majority);
        }
        for (sum, word) in state.iter_mut().zip(s) {
            *sum = sum.wrapping_add(word);
        }
    }
    let bytes: Vec<u8> = state.iter().flat_map(|word| word.to_be_bytes()).collect();
    bytes.try_into().expect("eight words of four bytes")
}

fn base64(bytes: &[u8]) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = (0..3).fold(0, |bits, i| bits << 8 | usize::from(*group.get(i).unwrap_or(&0)));
        for i in 0..4 {
            let letter = char::from(alphabet[bits >> (18 - 6 * i) & 63]);
            text.push(if i <= group.len() { letter } else { '=' });
        }
    }
    text
}
