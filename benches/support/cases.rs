//! The cases: each is something that the library does and what it is measured against.

use std::hint::black_box;
use std::time::{Duration, SystemTime};

use cookie_session::cross_origin::{self, Allowed, TrustedOrigins};
use cookie_session::{Codec, DecodeError, Session, Sessions};
use hyper::header::{HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use super::data::COUNT;
use super::data::{self, SIZES, Token, Visitor};
use super::floor::{self, BareMac, Buffers};

/// Does something once; the number says with which of the tokens.
pub type Run = Box<dyn FnMut(usize) + Send>;

/// One line of the tables.
pub struct Case {
    pub name: String,
    pub ours: Run,
    /// What `other` is.
    pub against: &'static str,
    pub other: Run,
    /// What the ratio of the two is to be at most.
    pub goal: Option<f64>,
}

impl Case {
    /// Does both once, with the same token.
    pub fn warm_up(&mut self) {
        for number in 0..COUNT {
            (self.ours)(number);
            (self.other)(number);
        }
    }
}

/// Returns all cases, in the order of the tables.
pub fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    cases.extend(SIZES.iter().zip([1.25, 1.12, 1.05, 1.03]).map(|(size, goal)| decode(*size, goal)));
    cases.push(decode_numbers());
    cases.extend(SIZES.iter().zip([1.40, 1.15, 1.12, 1.12]).map(|(size, goal)| encode(*size, goal)));
    cases.extend(SIZES.map(|size| open(size, Line::OneCookie)));
    cases.push(open(200, Line::FiveCookies));
    cases.extend(
        SIZES.iter().zip([1.0, 1.05, 1.0, 1.0]).map(|(size, goal)| get(*size, goal, Line::OneCookie)),
    );
    cases.push(get(200, 1.05, Line::FiveCookies));
    cases.extend(SIZES.iter().zip([1.3, 1.2, 1.3, 1.3]).map(|(size, goal)| insert(*size, goal)));
    cases.extend(SIZES.iter().zip(at_200(1.2)).map(|(size, goal)| read(*size, goal)));
    cases.extend(SIZES.iter().zip(at_200(1.5)).map(|(size, goal)| rewrite(*size, goal)));
    cases.extend(SIZES.iter().zip(at_200(1.7)).map(|(size, goal)| start(*size, goal)));
    cases.extend([shape(), forged(), forged_token(), expired(), five_keys()]);
    cases.extend([by_sec_fetch_site(), by_origin()]);
    #[cfg(feature = "flask")]
    cases.extend(flask::all());
    cases
}

/// Returns the case that is run on two threads.
pub fn for_threads() -> Case {
    decode(200, 1.12)
}

/// Returns the goals where there is one for 200 B alone.
fn at_200(goal: f64) -> [Option<f64>; 4] {
    SIZES.map(|size| (size == 200).then_some(goal))
}

fn decode(size: usize, goal: f64) -> Case {
    decode_values(format!("decode {size} B"), data::visitors(size), Some(goal))
}

fn decode_numbers() -> Case {
    decode_values("decode plain numbers".into(), data::numbers(), None)
}

fn decode_values<T: Serialize + DeserializeOwned>(name: String, values: Vec<T>, goal: Option<f64>) -> Case {
    let (codec, mac) = codec();
    let tokens: Vec<_> = values.iter().map(|value| Token::new(codec.encode(value).unwrap())).collect();
    let theirs = tokens.clone();
    Case {
        name,
        ours: Box::new(move |n| {
            black_box(&codec.decode::<T>(black_box(&tokens[n].text)).unwrap());
        }),
        against: "floor",
        other: read_floor::<T>(mac, theirs),
        goal,
    }
}

/// Returns the floor of reading these tokens.
fn read_floor<T: DeserializeOwned>(mac: BareMac, tokens: Vec<Token>) -> Run {
    let mut buffer = vec![0; 4096];
    assert_eq!(mac.of(tokens[0].signed()).to_vec(), tokens[0].signature());
    Box::new(move |n| {
        let token = &tokens[n];
        let (signed, payload) = (black_box(token.signed()), black_box(token.payload()));
        black_box(&floor::read::<T>(&mac, signed, payload, &mut buffer));
    })
}

fn encode(size: usize, goal: f64) -> Case {
    let (codec, mac) = codec();
    let values = data::visitors(size);
    let theirs = values.clone();
    let mut buffers = Buffers::new();
    let token = String::from_utf8(floor::write(&mac, &values[0], &mut buffers)).unwrap();
    assert_eq!(codec.decode::<Visitor>(&token).unwrap().user_id, values[0].user_id);
    Case {
        name: format!("encode {size} B"),
        ours: Box::new(move |n| {
            black_box(&codec.encode(black_box(&values[n])).unwrap());
        }),
        against: "floor",
        other: Box::new(move |n| {
            black_box(&floor::write(&mac, black_box(&theirs[n]), &mut buffers));
        }),
        goal: Some(goal),
    }
}

/// What the token of a session holds.
type Envelope = (u64, bool, Visitor);

/// What is in the Cookie line of a request.
#[derive(Clone, Copy)]
enum Line {
    OneCookie,
    /// As sites have it that are measured and ask for consent. The fourth is the session.
    FiveCookies,
}

impl Line {
    fn name(self, what: &str, size: usize) -> String {
        match self {
            Self::OneCookie => format!("{what}, {size} B"),
            Self::FiveCookies => format!("{what}, {size} B, five cookies"),
        }
    }

    fn text(self, pair: &str) -> String {
        match self {
            Self::OneCookie => pair.to_owned(),
            Self::FiveCookies => data::five_cookies(pair),
        }
    }
}

fn open(size: usize, line: Line) -> Case {
    let Opening { sessions, mac, tokens, lines } = Opening::new(size, line);
    Case {
        name: line.name("open", size),
        ours: Box::new(move |n| {
            let session = sessions.open([black_box(&lines[n])]);
            assert!(black_box(&session).rejection().is_none());
        }),
        against: "floor of reading",
        other: read_floor::<Envelope>(mac, tokens),
        goal: None,
    }
}

fn get(size: usize, goal: f64, line: Line) -> Case {
    let Opening { sessions, mac, tokens, lines } = Opening::new(size, line);
    Case {
        name: line.name("open + get", size),
        ours: Box::new(move |n| {
            let session = sessions.open([black_box(&lines[n])]);
            assert!(black_box(&session).get::<u64>("user_id").unwrap().is_some());
        }),
        against: "floor of reading",
        other: read_floor::<Envelope>(mac, tokens),
        goal: Some(goal),
    }
}

fn read(size: usize, goal: Option<f64>) -> Case {
    let Opening { sessions, mac, tokens, lines } = Opening::new(size, Line::OneCookie);
    Case {
        name: format!("open + read, {size} B"),
        ours: Box::new(move |n| {
            let session = sessions.open([black_box(&lines[n])]);
            black_box(&session.read::<Visitor>().unwrap());
        }),
        against: "floor of reading",
        other: read_floor::<Envelope>(mac, tokens),
        goal,
    }
}

fn insert(size: usize, goal: f64) -> Case {
    change(format!("open + insert + save, {size} B"), size, Some(goal), |session| {
        session.insert("visits", black_box(8)).unwrap();
    })
}

/// All of it as a struct, of which a field is changed.
fn rewrite(size: usize, goal: Option<f64>) -> Case {
    change(format!("open + read + write + save, {size} B"), size, goal, |session| {
        let mut visitor: Visitor = session.read().unwrap();
        visitor.visits = black_box(8);
        session.write(&visitor).unwrap();
    })
}

fn change(name: String, size: usize, goal: Option<f64>, change: fn(&mut Session)) -> Case {
    let Opening { sessions, mac, tokens, lines } = Opening::new(size, Line::OneCookie);
    let (mut buffer, mut buffers) = (vec![0; 4096], Buffers::new());
    Case {
        name,
        ours: Box::new(move |n| {
            let mut session = sessions.open([black_box(&lines[n])]);
            change(&mut session);
            assert_eq!(black_box(&sessions.save(session).unwrap()).set_cookies().count(), 1);
        }),
        against: "floors of reading and writing",
        other: Box::new(move |n| {
            let token = &tokens[n];
            let (signed, payload) = (black_box(token.signed()), black_box(token.payload()));
            let mut read = floor::read::<Envelope>(&mac, signed, payload, &mut buffer);
            let (envelope, ..) = black_box(&mut read);
            envelope.2.visits = black_box(8);
            black_box(&floor::write(&mac, envelope, &mut buffers));
        }),
        goal,
    }
}

/// A login: a new session, written as a struct.
fn start(size: usize, goal: Option<f64>) -> Case {
    let Opening { sessions, mac, .. } = Opening::new(size, Line::OneCookie);
    let visitors = data::visitors(size);
    let envelopes: Vec<Envelope> =
        visitors.iter().map(|visitor| (floor::now(), false, visitor.clone())).collect();
    let mut buffers = Buffers::new();
    Case {
        name: format!("start + write + save, {size} B"),
        ours: Box::new(move |n| {
            let mut session = sessions.start();
            session.write(black_box(&visitors[n])).unwrap();
            assert_eq!(black_box(&sessions.save(session).unwrap()).set_cookies().count(), 1);
        }),
        against: "floor of writing",
        other: Box::new(move |n| {
            black_box(&floor::write(&mac, black_box(&envelopes[n]), &mut buffers));
        }),
        goal,
    }
}

fn shape() -> Case {
    // A signature that is one character short: the separator is not where it must be.
    rejected("rejected by shape", None, DecodeError::Malformed, |token| {
        let mut text = token.text.clone();
        text.pop();
        text
    })
}

fn forged() -> Case {
    rejected("forged", Some(1.25), DecodeError::InvalidSignature, Token::forged)
}

fn rejected(name: &str, goal: Option<f64>, why: DecodeError, change: impl Fn(&Token) -> String) -> Case {
    let Opening { sessions, mac, tokens, .. } = Opening::new(200, Line::OneCookie);
    let lines: Vec<_> = tokens.iter().map(|token| format!("{NAME}={}", change(token))).collect();
    Case {
        name: format!("open, {name}, 200 B"),
        ours: Box::new(move |n| {
            let session = sessions.open([black_box(&lines[n])]);
            assert_eq!(black_box(&session).rejection(), Some(&why));
        }),
        against: "bare MAC",
        other: bare_mac(mac, tokens),
        goal,
    }
}

fn bare_mac(mac: BareMac, tokens: Vec<Token>) -> Run {
    Box::new(move |n| {
        black_box(mac.of(black_box(tokens[n].signed())));
    })
}

fn forged_token() -> Case {
    let (codec, mac) = codec();
    let values = data::visitors(200);
    let tokens: Vec<_> = values.iter().map(|value| Token::new(codec.encode(value).unwrap())).collect();
    let forged: Vec<_> = tokens.iter().map(Token::forged).collect();
    Case {
        name: "decode, forged, 200 B".into(),
        ours: Box::new(move |n| {
            let result = codec.decode::<Visitor>(black_box(&forged[n]));
            assert!(matches!(black_box(&result), Err(DecodeError::InvalidSignature)));
        }),
        against: "bare MAC",
        other: bare_mac(mac, tokens),
        goal: Some(1.25),
    }
}

fn expired() -> Case {
    let long_ago = SystemTime::now() - Duration::from_secs(100 * 24 * 60 * 60);
    let Opening { mac, tokens, .. } = Opening::at(200, Line::OneCookie, Some(long_ago));
    let sessions = sessions(None);
    let lines: Vec<_> = tokens.iter().map(|token| format!("{NAME}={}", token.text)).collect();
    Case {
        name: "open, expired, 200 B".into(),
        ours: Box::new(move |n| {
            let session = sessions.open([black_box(&lines[n])]);
            assert_eq!(black_box(&session).rejection(), Some(&DecodeError::Expired));
        }),
        against: "bare MAC and clock",
        other: Box::new(move |n| {
            black_box((mac.of(black_box(tokens[n].signed())), floor::now()));
        }),
        goal: None,
    }
}

fn five_keys() -> Case {
    let codec = |keys: &[u8]| Codec::new(&data::ring(keys), SALT, AGE).unwrap();
    let (one, five) = (codec(&[0]), codec(&[1, 2, 3, 4, 0]));
    let tokens: Vec<_> = data::visitors(200).iter().map(|value| one.encode(value).unwrap()).collect();
    let theirs = tokens.clone();
    let decode = |codec: Codec, tokens: Vec<String>| -> Run {
        Box::new(move |n| {
            black_box(&codec.decode::<Visitor>(black_box(&tokens[n])).unwrap());
        })
    };
    Case {
        name: "decode 200 B, five keys, the last matches".into(),
        ours: decode(five, tokens),
        against: "one key",
        other: decode(one, theirs),
        goal: Some(2.3),
    }
}

fn by_sec_fetch_site() -> Case {
    cross_origin("Sec-Fetch-Site", &[("sec-fetch-site", "same-origin")], Allowed::SameOrigin)
}

fn by_origin() -> Case {
    cross_origin("Origin and Host", &[], Allowed::OriginIsHost)
}

/// The check of a POST that a browser sends, beside what only finds the headers that it looks at.
fn cross_origin(by: &str, more: &[(&'static str, &'static str)], expected: Allowed) -> Case {
    let requests: Vec<HeaderMap> = (0..COUNT).map(|n| posted(n, more)).collect();
    let theirs = requests.clone();
    let names: Vec<HeaderName> = match more {
        [] => vec![HeaderName::from_static("sec-fetch-site"), ORIGIN, HOST],
        more => more.iter().map(|(name, _)| HeaderName::from_static(name)).collect(),
    };
    let trusted = TrustedOrigins::new().trust("https://admin.example.org").unwrap();
    Case {
        name: format!("cross-origin check by {by}"),
        ours: Box::new(move |n| {
            let header = |name: &str| requests[n].get(name).map(HeaderValue::as_bytes);
            let verdict = cross_origin::check(black_box("POST"), header, black_box(&trusted));
            assert_eq!(black_box(verdict), Ok(expected));
        }),
        against: "finding the headers",
        other: Box::new(move |n| {
            for name in &names {
                black_box(theirs[n].get(name.as_str()).map(HeaderValue::as_bytes));
            }
        }),
        goal: None,
    }
}

/// Returns the headers of a form that a browser posts.
fn posted(number: usize, more: &[(&'static str, &'static str)]) -> HeaderMap {
    let headers = [
        ("host", format!("shop{number}.example.org")),
        ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".into()),
        ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8".into()),
        ("accept-language", "en-GB,en;q=0.5".into()),
        ("accept-encoding", "gzip, deflate, br, zstd".into()),
        ("content-type", "application/x-www-form-urlencoded".into()),
        ("content-length", "31".into()),
        ("origin", format!("https://shop{number}.example.org")),
        ("referer", format!("https://shop{number}.example.org/cart")),
        ("cookie", data::five_cookies("__Host-session=x")),
        ("upgrade-insecure-requests", "1".into()),
    ];
    let more = more.iter().map(|(name, value)| (*name, (*value).to_owned()));
    headers
        .into_iter()
        .chain(more)
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::try_from(value).unwrap()))
        .collect()
}

fn codec() -> (Codec, BareMac) {
    let codec = Codec::new(&data::ring(&[0]), SALT, AGE).unwrap();
    let mac = BareMac::new(&data::secret(0), &format!("cookie-session/v1/token/{SALT}"));
    (codec, mac)
}

fn sessions(now: Option<SystemTime>) -> Sessions {
    let builder = Sessions::builder(data::ring(&[0]));
    match now {
        Some(now) => builder.clock(move || now).build().unwrap(),
        None => builder.build().unwrap(),
    }
}

/// What it takes to open sessions of one size.
struct Opening {
    sessions: Sessions,
    mac: BareMac,
    tokens: Vec<Token>,
    lines: Vec<String>,
}

impl Opening {
    fn new(size: usize, line: Line) -> Self {
        Self::at(size, line, None)
    }

    fn at(size: usize, line: Line, now: Option<SystemTime>) -> Self {
        let sessions = sessions(now);
        let pairs = pairs(&sessions, size);
        let token = |pair: &String| Token::new(pair.split_once('=').unwrap().1.to_owned());
        Self {
            mac: BareMac::new(&data::secret(0), &format!("cookie-session/v1/cookie/{NAME}")),
            tokens: pairs.iter().map(token).collect(),
            lines: pairs.iter().map(|pair| line.text(pair)).collect(),
            sessions,
        }
    }
}

/// Returns cookies with sessions of this size.
fn pairs(sessions: &Sessions, size: usize) -> Vec<String> {
    let pair = |visitor: Visitor| {
        let mut session = sessions.start();
        session.write(&visitor).unwrap();
        sessions.save(session).unwrap().cookie_pair().unwrap().to_owned()
    };
    data::visitors(size).into_iter().map(pair).collect()
}

const NAME: &str = "__Host-session";
const SALT: &str = "benches";
const AGE: Duration = Duration::from_secs(60 * 60);

#[cfg(feature = "flask")]
mod flask {
    //! Flask's format beside the library's own.

    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;
    use cookie_session::flask::{Digest, KeyDerivation};
    use cookie_session::flask::{Profile, SecretKey};
    use hmac::digest::block_api::EagerHash;
    use hmac::{Hmac, KeyInit, Mac};
    use sha1::Sha1;
    use sha2::Sha256;

    use super::*;

    pub(super) fn all() -> Vec<Case> {
        vec![
            codec_of("SHA-1", Digest::Sha1, signed::<Sha1>),
            codec_of("SHA-256", Digest::Sha256, signed::<Sha256>),
            open_uncompressed(),
            open_compressed(),
            save_compressed(),
        ]
    }

    fn codec_of(name: &str, digest: Digest, sign: fn(&[u8], &[u8]) -> String) -> Case {
        let age = AGE;
        let ours = profile().codec_with(SALT, age, KeyDerivation::Hmac, digest).unwrap();
        let tokens = uncompressed(200, |signed| sign(SALT.as_bytes(), signed));
        let native = codec().0;
        let theirs: Vec<_> =
            data::visitors(200).iter().map(|visitor| native.encode(visitor).unwrap()).collect();
        let decode = |codec: Codec, tokens: Vec<String>| -> Run {
            Box::new(move |n| {
                black_box(&codec.decode::<Visitor>(black_box(&tokens[n])).unwrap());
            })
        };
        Case {
            name: format!("Flask's format, uncompressed, {name}: decode 200 B"),
            ours: decode(ours, tokens),
            against: "native",
            other: decode(native, theirs),
            goal: Some(1.05),
        }
    }

    fn open_uncompressed() -> Case {
        let tokens = uncompressed(200, |signed| self::signed::<Sha1>(b"cookie-session", signed));
        open_tokens("uncompressed", tokens, Some(1.05))
    }

    fn open_compressed() -> Case {
        let pairs = pairs(&flask_sessions(), 1000);
        let tokens = pairs.iter().map(|pair| pair.split_once('=').unwrap().1.to_owned()).collect();
        open_tokens("compressed", tokens, None)
    }

    fn open_tokens(what: &str, tokens: Vec<String>, goal: Option<f64>) -> Case {
        let size = if goal.is_some() { 200 } else { 1000 };
        let open = |sessions: Sessions, lines: Vec<String>| -> Run {
            Box::new(move |n| {
                let session = sessions.open([black_box(&lines[n])]);
                assert!(black_box(&session).get::<u64>("user_id").unwrap().is_some());
            })
        };
        let lines = tokens.iter().map(|token| format!("session={token}")).collect();
        let native = Opening::new(size, Line::OneCookie);
        Case {
            name: format!("Flask's sessions, {what}: open + get, {size} B"),
            ours: open(flask_sessions(), lines),
            against: "native",
            other: open(native.sessions, native.lines),
            goal,
        }
    }

    fn save_compressed() -> Case {
        let save = |sessions: Sessions, lines: Vec<String>| -> Run {
            Box::new(move |n| {
                let mut session = sessions.open([black_box(&lines[n])]);
                session.insert("visits", black_box(8)).unwrap();
                assert_eq!(black_box(&sessions.save(session).unwrap()).set_cookies().count(), 1);
            })
        };
        let pairs = pairs(&flask_sessions(), 1000);
        let native = Opening::new(1000, Line::OneCookie);
        Case {
            name: "Flask's sessions, compressed: open + insert + save, 1000 B".into(),
            ours: save(flask_sessions(), pairs),
            against: "native",
            other: save(native.sessions, native.lines),
            goal: None,
        }
    }

    fn profile() -> Profile {
        Profile::new(SecretKey::new(data::secret(0)).unwrap())
    }

    fn flask_sessions() -> Sessions {
        Sessions::builder(profile()).build().unwrap()
    }

    /// Returns tokens that nobody compressed, as Flask writes what does not get shorter.
    fn uncompressed(size: usize, sign: impl Fn(&[u8]) -> String) -> Vec<String> {
        let seconds = u32::try_from(floor::now()).unwrap().to_be_bytes();
        let token = |visitor: &Visitor| {
            let payload = BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(visitor).unwrap());
            let signed = format!("{payload}.{}", BASE64_URL_SAFE_NO_PAD.encode(seconds));
            let signature = sign(signed.as_bytes());
            format!("{signed}.{signature}")
        };
        data::visitors(size).iter().map(token).collect()
    }

    fn signed<D: EagerHash>(salt: &[u8], message: &[u8]) -> String {
        let mac = |key: &[u8], message: &[u8]| {
            Hmac::<D>::new_from_slice(key).unwrap().chain_update(message).finalize().into_bytes()
        };
        BASE64_URL_SAFE_NO_PAD.encode(mac(&mac(&data::secret(0), salt), message))
    }
}
