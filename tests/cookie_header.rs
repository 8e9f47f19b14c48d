//! The Cookie header is read as bytes: only our name counts, and of our cookies the newest that verifies.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod support;

use cookie_session::{DecodeError, Session, Sessions};

use support::setup::{HOUR, NAME, NOW, builder, cookie_at, cookie_with, sessions, sign};

/// Says whose session was opened.
fn owner(session: &Session) -> Option<String> {
    session.get("is").unwrap()
}

fn open_owner<L: AsRef<[u8]>>(lines: impl IntoIterator<Item = L>) -> Option<String> {
    owner(&sessions().open(lines))
}

fn cookie_of(owner: &str, issued: u64) -> String {
    cookie_at(&format!(r#"{{"is":"{owner}"}}"#), issued)
}

/// Says whether a cookie of our name was seen at all: only then does a logout remove one.
fn sees_our_name(sessions: &Sessions, header: &[u8]) -> bool {
    let mut session = sessions.open([header]);
    session.clear();
    sessions.save(session).unwrap().is_removal()
}

/// What other cookies may be, in bytes.
fn foreign() -> Vec<Vec<u8>> {
    let mut foreign: Vec<Vec<u8>> = [
        &b"theme=dark"[..],
        b"a=\xff\xfe",
        b"\xff\xfe=a",
        b"\x80\x80\x80",
        b"\xed\xa0\x80=lone surrogate",
        b"no equals sign",
        b"=nameless",
        b"=",
        b"",
        b" ",
        b"\t",
        b"===",
        b"a=%db",
        b"%db=a",
        b"a=%",
        b"a=%00%0d%0a",
        b"a=\"quoted\"",
        b"a=\"open",
        b"\"=\"",
        b"a=\\",
        b"a=\"\\\"",
        b"a=\"with , comma\"",
        b"a={\"json\":[1,2]}",
        b"a=\x01\x02\x7f",
        b"a=\0",
        b"a=\r\nSet-Cookie: x=y",
        b"$Version=1",
        b"$Path=/",
        b"a=1; b=2; c=3",
        b";;;;;;;;",
        b"a=__Host-session=x",
        b"__Host-session2=x",
        b"x__Host-session=x",
        b"__Host-=x",
        b"__Host-sessio=n",
    ]
    .iter()
    .map(|bytes| bytes.to_vec())
    .collect();
    foreign.push(vec![b';'; 4096]);
    foreign.push([b"a=".to_vec(), vec![b'"'; 4096]].concat());
    foreign.push([b"a=".to_vec(), vec![b'='; 4096]].concat());
    foreign.push((0..=255).filter(|byte| *byte != b';').collect());
    foreign.push((128..=255).collect());
    foreign
}

#[test]
fn a_foreign_cookie_never_matters() {
    let ours = cookie_of("A", NOW).into_bytes();
    let join = |parts: &[&[u8]]| parts.join(&b"; "[..]);
    for other in foreign() {
        let shown = String::from_utf8_lossy(&other).into_owned();
        let a = Some("A".to_owned());
        assert_eq!(open_owner([join(&[&other, &ours])]), a, "before: {shown}");
        assert_eq!(open_owner([join(&[&ours, &other])]), a, "after: {shown}");
        assert_eq!(open_owner([join(&[&other, &ours, &other])]), a, "around: {shown}");
        assert_eq!(open_owner([other.clone(), ours.clone()]), a, "on another line: {shown}");
        let alone = sessions().open([&other]);
        assert_eq!((alone.rejection(), alone.is_new()), (None, true), "alone: {shown}");
        assert!(!sees_our_name(&sessions(), &other), "alone: {shown}");
    }
    let all = foreign();
    let all: Vec<&[u8]> = all.iter().map(Vec::as_slice).collect();
    assert_eq!(open_owner([join(&[&join(&all), &ours, &join(&all)])]), Some("A".to_owned()));
}

#[test]
fn reads_all_lines_in_any_form() {
    let sessions = sessions();
    let ours = cookie_of("A", NOW);
    let a = Some("A".to_owned());
    assert_eq!(owner(&sessions.open([&ours])), a);
    assert_eq!(owner(&sessions.open(["x=1", "y=2; z=3", &ours])), a);
    assert_eq!(owner(&sessions.open([ours.as_bytes(), b"\xff"])), a);
    assert_eq!(owner(&sessions.open(vec![ours.clone().into_bytes()])), a);
    assert_eq!(owner(&sessions.open(Some(&ours))), a);
    assert_eq!(owner(&sessions.open(None::<&str>)), None);
    assert_eq!(owner(&sessions.open(["", "", ""])), None);
    // Browsers write "; "; intermediaries may not.
    for separator in [";", "; ", " ;", ";\t", " ; ", ";;", "; ; "] {
        assert_eq!(owner(&sessions.open([["a=1", &ours, "b=2"].join(separator)])), a, "{separator:?}");
    }
}

#[test]
fn trims_spaces_and_tabs_and_nothing_else() {
    let token = sign(NAME, format!(r#"[{NOW},false,{{"is":"A"}}]"#), NOW);
    for space in ["", " ", "\t", "  ", " \t "] {
        for [a, b, c, d] in
            [[space, "", "", ""], ["", space, "", ""], ["", "", space, ""], ["", "", "", space], [space; 4]]
        {
            let header = format!("{a}{NAME}{b}={c}{token}{d}");
            assert_eq!(open_owner([&header]).as_deref(), Some("A"), "{header:?}");
        }
    }
    for other in ["\n", "\r", "\u{b}", "\u{c}", "\0", "\u{a0}", "\u{85}", "\u{2003}", "\"", "%20", "+", ","] {
        for header in [format!("{NAME}={other}{token}"), format!("{NAME}={token}{other}")] {
            let session = sessions().open([&header]);
            assert!(session.rejection().is_some(), "{header:?}");
        }
    }
}

/// Names that something between the browser and a careless parser could take for `__Host-session`. A page on
/// another host of the same site can set each of them, since a browser does not take them for prefixed ones.
const LOOK_ALIKES: &[&[u8]] = &[
    // White space of other alphabets, in UTF-8 and Latin-1.
    b"\xc2\xa0__Host-session",
    b"\xa0__Host-session",
    b"\x85__Host-session",
    b"\xc2\x85__Host-session",
    b"\xe1\x9a\x80__Host-session",
    b"\xe2\x80\x80__Host-session",
    b"\xe2\x80\x83__Host-session",
    b"\xe2\x80\x8b__Host-session",
    b"\xe2\x80\xa8__Host-session",
    b"\xe2\x80\xaf__Host-session",
    b"\xe3\x80\x80__Host-session",
    b"\xef\xbb\xbf__Host-session",
    b"__Host-session\xc2\xa0",
    b"__Host-session\xa0",
    b"__Host-session\xe2\x80\x8b",
    b"__Host\xc2\xad-session",
    // Control characters.
    b"\0__Host-session",
    b"__Host-session\0",
    b"__Host\0-session",
    b"\x01__Host-session",
    b"\n__Host-session",
    b"\r\n__Host-session",
    b"\x0b__Host-session",
    b"\x0c__Host-session",
    b"__Host-session\r",
    b"__Host-session\x7f",
    // White space within.
    b"__Host- session",
    b"__Host-\tsession",
    b"__Host -session",
    b"_ _Host-session",
    // Case.
    b"__host-session",
    b"__HOST-session",
    b"__Host-Session",
    b"__HOST-SESSION",
    b"__Host-se\xc5\xbf\xc5\xbfion",
    // Quoted, encoded, and otherwise dressed.
    b"\"__Host-session\"",
    b"\"__Host-session",
    b"'__Host-session'",
    b"%5f%5fHost-session",
    b"%5F%5FHost%2Dsession",
    b"__Host%2Dsession",
    b"__Host-session%00",
    b"%20__Host-session",
    b"+__Host-session",
    b"\\__Host-session",
    b"__Host\\-session",
    b"&#95;&#95;Host-session",
    b"\\u005f_Host-session",
    b"=?utf-8?q?__Host-session?",
    // What PHP and others turn into an underscore or cut off.
    b"..Host-session",
    b"[_Host-session",
    b"  ..Host-session",
    b"__Host-session[]",
    b"__Host-session.x",
    b"__Host.session",
    b"__Host_session",
    // Letters that look the same.
    b"__H\xce\xbfst-session",
    b"\xef\xbc\xbf_Host-session",
    b"__Host\xe2\x80\x90session",
    b"\xcc\xb2__Host-session",
    // Longer, shorter, doubled.
    b"___Host-session",
    b"_Host-session",
    b"Host-session",
    b"session",
    b"__Host-sessions",
    b"__Host-sessio",
    b"__Host-__Host-session",
    b"__Secure-session",
    b"__Host-Http-session",
    b"$__Host-session",
    b"$Version=1, __Host-session",
    b"a=b, __Host-session",
    b"a,__Host-session",
    b"a __Host-session",
    b"a\x1f__Host-session",
    b"#__Host-session",
    // Nameless: a browser sends their value bare, and would refuse to store a value that begins like ours.
    b"=__Host-session",
    b"==__Host-session",
    b" =__Host-session",
    b"\t=\t__Host-session",
    b"",
];

#[test]
fn only_the_name_itself_opens_a_session() {
    assert!(LOOK_ALIKES.len() >= 40);
    let token = sign(NAME, format!(r#"[{NOW},false,{{"is":"A"}}]"#), NOW);
    let header = |name: &[u8]| [name, b"=", token.as_bytes()].concat();
    assert_eq!(open_owner([header(NAME.as_bytes())]).as_deref(), Some("A"), "the token is good");
    for name in LOOK_ALIKES {
        let shown = String::from_utf8_lossy(name);
        for header in [header(name), [b"a=1; ", &header(name)[..], b"; b=2"].concat()] {
            let session = sessions().open([&header]);
            assert_eq!((session.rejection(), session.is_empty()), (None, true), "{shown:?}");
            assert!(!sees_our_name(&sessions(), &header), "{shown:?}");
        }
    }
    // A bare token is no cookie of any name either.
    assert_eq!(open_owner([&token]), None);
    assert_eq!(open_owner([NAME]), None);
}

#[test]
fn plain_names_are_compared_byte_for_byte_too() {
    let names = ["s", "session", "a.b", "a|b", "~", "!#$%&'*+-.^_`|~", "SESSION", "0"];
    let all: Vec<_> = names.iter().map(|name| (name, builder().name(*name).build().unwrap())).collect();
    for (name, sessions) in &all {
        let token = sign(name, format!("[{NOW},false,{{\"is\":\"A\"}}]"), NOW);
        for (other, _) in &all {
            let session = sessions.open([format!("{other}={token}")]);
            assert_eq!(owner(&session).is_some(), name == other, "{name} as {other}");
            assert_eq!(session.rejection(), None);
        }
    }
}

/// Values that have not the shape of a token.
fn junk() -> Vec<String> {
    let token = sign(NAME, format!("[{NOW},false,{{}}]"), NOW);
    let signature = "A".repeat(43);
    let mut junk: Vec<String> =
        ["", ".", "..", "...", "deleted", "null", "undefined", "1", "\"\"", "%00", "a.b.c", "{}"]
            .map(str::to_owned)
            .into();
    junk.extend([
        signature.clone(),
        format!(".{signature}"),
        format!("A.{signature}"),
        format!("A.AAAAAAAAAAAA.{signature}"),
        format!("\"{token}\""),
        token[..token.len() - 1].to_owned(),
        format!("{token}A"),
        token.replace('.', "%2E"),
    ]);
    assert_eq!(junk.len(), 20);
    junk.iter().map(|value| format!("{NAME}={value}")).collect()
}

/// Returns all orders of `count` things.
fn permutations(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![vec![]];
    }
    let shorter = permutations(count - 1);
    let with = |order: &Vec<usize>, at: usize| {
        let mut order = order.clone();
        order.insert(at, count - 1);
        order
    };
    shorter.iter().flat_map(|order| (0..count).map(move |at| with(order, at))).collect()
}

#[test]
fn the_newest_cookie_that_verifies_wins_in_any_order() {
    let sessions = sessions();
    let other_name = sign("__Host-other", format!(r#"[{NOW},false,{{"is":"other"}}]"#), NOW);
    let groups = [
        junk(),
        vec![cookie_of("expired", NOW - 3 * HOUR)],
        vec![format!("{NAME}={other_name}")],
        vec![cookie_of("A", NOW - 20)],
        vec![cookie_of("A", NOW - 20)],
        vec![cookie_of("B", NOW - 10)],
    ];
    let orders = permutations(groups.len());
    assert_eq!(orders.len(), 720);
    for order in orders {
        let cookies: Vec<&str> = order.iter().flat_map(|n| groups[*n].iter().map(String::as_str)).collect();
        assert_eq!(owner(&sessions.open([cookies.join("; ")])).as_deref(), Some("B"), "{order:?}");
        assert_eq!(owner(&sessions.open(&cookies)).as_deref(), Some("B"), "{order:?}, a line each");
        let without_b: Vec<&str> =
            order.iter().filter(|n| **n != 5).flat_map(|n| groups[*n].iter().map(String::as_str)).collect();
        let session = sessions.open([without_b.join("; ")]);
        assert_eq!(owner(&session).as_deref(), Some("A"), "{order:?}");
        assert_eq!(session.rejection(), None, "{order:?}");
    }
}

#[test]
fn of_two_cookies_of_one_second_the_first_wins() {
    let [a, b] = ["A", "B"].map(|owner| cookie_of(owner, NOW - 10));
    assert_eq!(open_owner([format!("{a}; {b}")]).as_deref(), Some("A"));
    assert_eq!(open_owner([format!("{b}; {a}")]).as_deref(), Some("B"));
    assert_eq!(open_owner([&a, &b]).as_deref(), Some("A"));
    assert_eq!(open_owner([&b, &a]).as_deref(), Some("B"));
    let older = cookie_of("C", NOW - 11);
    assert_eq!(open_owner([format!("{older}; {b}; {a}; {older}")]).as_deref(), Some("B"));
}

#[test]
fn a_newer_cookie_that_is_refused_does_not_hide_an_older_good_one() {
    let good = cookie_of("A", NOW - 600);
    let refused = [
        ("not yet valid", cookie_of("B", NOW + 61)),
        ("no session", format!("{NAME}={}", sign(NAME, "{}", NOW))),
        ("duplicate keys", cookie_with(r#"{"is":"B","is":"B"}"#)),
        (
            "too old in all",
            format!("{NAME}={}", sign(NAME, format!(r#"[{},false,{{"is":"B"}}]"#, NOW - 25 * HOUR), NOW)),
        ),
        ("forged", good.replace("session=", "session=A")),
    ];
    for (what, refused) in refused {
        for line in [format!("{good}; {refused}"), format!("{refused}; {good}")] {
            let session = sessions().open([line]);
            assert_eq!(owner(&session).as_deref(), Some("A"), "{what}");
            assert_eq!(session.rejection(), None, "{what}");
        }
        assert!(sessions().open([&refused]).rejection().is_some(), "{what}");
    }
}

#[test]
fn of_several_rejections_the_one_furthest_along_is_told() {
    use DecodeError::{Expired, InvalidSignature, Malformed, NotYetValid, Payload, TooLong};
    let good = cookie_of("A", NOW);
    let rejected = [
        (TooLong, format!("{NAME}={}", "x".repeat(5000))),
        (Malformed, format!("{NAME}=x")),
        (InvalidSignature, good.replace("session=", "session=A")),
        (NotYetValid, cookie_of("A", NOW + 61)),
        (Expired, cookie_of("A", NOW - 3 * HOUR)),
        (Payload, format!("{NAME}={}", sign(NAME, "[]", NOW))),
    ];
    let sessions = sessions();
    for (n, (earlier, first)) in rejected.iter().enumerate() {
        assert_eq!(sessions.open([first]).rejection(), Some(earlier));
        for (later, second) in &rejected[n..] {
            assert_eq!(sessions.open([first, second]).rejection(), Some(later));
            assert_eq!(sessions.open([second, first]).rejection(), Some(later));
        }
    }
}

/// A value of the right shape under nobody's key, another one for each number.
fn forged(n: usize) -> String {
    format!("{NAME}=AAAA.ZVPxAA.{}{:02}A", "A".repeat(40), n % 100)
}

#[test]
fn looks_at_eight_well_shaped_cookies_and_no_more() {
    let sessions = sessions();
    let good = cookie_of("A", NOW);
    for count in 0..20 {
        let line = (0..count).map(forged).chain([good.clone()]).collect::<Vec<_>>().join("; ");
        let session = sessions.open([line]);
        if count < 8 {
            assert_eq!(owner(&session).as_deref(), Some("A"), "{count}");
        } else {
            assert_eq!(session.rejection(), Some(&DecodeError::InvalidSignature), "{count}");
        }
        let line = [good.clone()].into_iter().chain((0..count).map(forged)).collect::<Vec<_>>().join("; ");
        assert_eq!(owner(&sessions.open([line])).as_deref(), Some("A"), "{count} afterwards");
    }
    // The eighth may be the newest, the ninth may not.
    let older = |count: usize| vec![cookie_of("A", NOW - 20); count];
    let newest = |count| [older(count), vec![cookie_of("B", NOW)]].concat().join("; ");
    assert_eq!(owner(&sessions.open([newest(7)])).as_deref(), Some("B"));
    assert_eq!(owner(&sessions.open([newest(8)])).as_deref(), Some("A"));
    // They are counted over all lines.
    let lines: Vec<_> = (0..8).map(forged).chain([good.clone()]).collect();
    assert_eq!(owner(&sessions.open(lines)), None);
}

#[test]
fn what_has_no_shape_is_not_counted() {
    let sessions = sessions();
    let good = cookie_of("A", NOW);
    let junk = junk().join("; ");
    for repeated in [1, 50, 500] {
        let line = format!("{}; {good}", vec![junk.as_str(); repeated].join("; "));
        assert_eq!(owner(&sessions.open([line])).as_deref(), Some("A"), "{repeated}");
    }
}

#[test]
fn answers_a_mebibyte_of_anything() {
    const MIB: usize = 1 << 20;
    let sessions = sessions();
    let units: Vec<(Vec<u8>, Option<DecodeError>)> = vec![
        (b"a=;".to_vec(), None),
        (b";".to_vec(), None),
        (b"=".to_vec(), None),
        (b" ".to_vec(), None),
        (b"\t;".to_vec(), None),
        (b"\"".to_vec(), None),
        (b"a=\"\\\";".to_vec(), None),
        (b"\xff".to_vec(), None),
        (b"__Host-".to_vec(), None),
        (b"__Host-sessio;".to_vec(), None),
        (b"__Host-session;".to_vec(), None),
        (b"__Host-session=;".to_vec(), Some(DecodeError::Malformed)),
        (b"__Host-session =\t;".to_vec(), Some(DecodeError::Malformed)),
        (b"__Host-session=.;".to_vec(), Some(DecodeError::Malformed)),
        (b"__Host-session=a.b.c;".to_vec(), Some(DecodeError::Malformed)),
        (format!("{};", forged(0)).into_bytes(), Some(DecodeError::InvalidSignature)),
        (
            [b"__Host-session=".to_vec(), vec![b'.'; 4000], b";".to_vec()].concat(),
            Some(DecodeError::Malformed),
        ),
        ([b"__Host-session=".to_vec(), vec![b'.'; MIB]].concat(), Some(DecodeError::TooLong)),
        ([b"__Host-session=".to_vec(), vec![b' '; MIB]].concat(), Some(DecodeError::Malformed)),
    ];
    for (unit, rejection) in units {
        let header: Vec<u8> = unit.iter().copied().cycle().take(MIB.max(unit.len())).collect();
        let shown = String::from_utf8_lossy(&unit[..unit.len().min(40)]).into_owned();
        let session = sessions.open([&header]);
        assert_eq!(session.rejection().copied(), rejection, "{shown:?}");
        // A good cookie is found behind all of it, unless eight candidates came first.
        let session = sessions.open([&header, &cookie_of("A", NOW).into_bytes()]);
        let found = rejection != Some(DecodeError::InvalidSignature);
        assert_eq!(owner(&session).is_some(), found, "{shown:?}");
    }
    let lines = vec!["__Host-session="; 200_000];
    assert_eq!(sessions.open(lines).rejection(), Some(&DecodeError::Malformed));
}
