//! The arguments, their help, and what is said about wrong ones.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use clap::builder::PossibleValuesParser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::answer::{Answer, Problem};
use crate::text::{read_moment, read_span};

/// Makes keys for session cookies, shows what a cookie says, and explains why one is refused
///
/// For the cookies of the Rust library cookie-session, and those that it shares with Flask, Django
/// and Starlette.
#[derive(Parser)]
#[command(
    name = "cookie-session",
    version,
    verbatim_doc_comment,
    disable_help_subcommand = true,
    after_help = "Keys come from an environment variable, a file or standard input, never from arguments, which\n\
                  other users of the machine can see.\n\n\
                  Exit status: 0 good, 1 refused, 2 when arguments, keys or input cannot be used.\n\n\
                  Example:\n  cookie-session explain --keys-env SESSION_KEYS < cookie.txt"
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    Keygen(Keygen),
    /// Looks at a ring of keys.
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    Inspect(Inspect),
    Explain(Explain),
    Sign(Sign),
    Completions(Completions),
    Man(Man),
}

/// Makes a new key: one entry for SESSION_KEYS.
///
/// The key is 32 random bytes from the operating system, in base64.
#[derive(Args)]
#[command(after_help = "Example:\n  cookie-session keygen > keys.txt")]
pub(crate) struct Keygen {
    /// Prints the key as 64 hex digits.
    #[arg(long)]
    pub(crate) hex: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Subcommand)]
pub(crate) enum KeysCommand {
    Plan(Plan),
}

/// Says which key of the ring may go when.
///
/// The first key signs, and all of them verify. A key that has signed may go once nothing that it
/// signed is accepted any more: the longest idle limit and the tolerated clock skew after it
/// stopped signing on the last machine.
#[derive(Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Example:\n  cookie-session keys plan --keys-env SESSION_KEYS --since 2026-11-01T12:00:00Z"
)]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) keys: KeyOptions,
    /// Whose keys they are. In another format than native they are secrets, one a line.
    #[arg(long, value_enum, default_value_t = Format::Native)]
    pub(crate) format: Format,
    /// When key 2 stopped signing on the last machine; once more for key 3, and so on. Without it, now.
    #[arg(long, value_name = "TIME", value_parser = read_moment)]
    pub(crate) since: Vec<u64>,
    /// The longest age that a `Codec` of the application accepts.
    #[arg(long, value_name = "SPAN", value_parser = read_span)]
    pub(crate) token_max_age: Option<Duration>,
    #[command(flatten)]
    pub(crate) lifetimes: Lifetimes,
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) now: Now,
}

/// Shows what a cookie says, without a key.
///
/// Anybody can have written what is shown: nothing of it is verified. Knows sessions and tokens of
/// cookie-session, Flask, Django and Starlette, and by their shape cookies of Rails, Express,
/// iron-session and cookie-rs, and JSON Web Tokens.
///
/// The cookie is a value, `name=value`, or whole Cookie or Set-Cookie lines.
#[derive(Args)]
#[command(verbatim_doc_comment, after_help = "Example:\n  cookie-session inspect < cookie.txt")]
pub(crate) struct Inspect {
    /// Shows only the cookies of this name.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) cookie: CookieInput,
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) now: Now,
}

/// Says why a cookie is refused, or that it is accepted.
///
/// Tries what commonly goes wrong: another cookie name, each key alone, the formats of Flask, Django,
/// Starlette and itsdangerous with each digest, text that was encoded, quoted or cut off on the
/// way, clocks that differ. The likeliest reason comes first.
///
/// The cookie is a value, `name=value`, or whole Cookie or Set-Cookie lines.
#[derive(Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Example:\n  cookie-session explain --keys-env SESSION_KEYS --name __Host-shop < cookie.txt"
)]
pub(crate) struct Explain {
    #[command(flatten)]
    pub(crate) keys: KeyOptions,
    #[command(flatten)]
    pub(crate) sessions: SessionOptions,
    #[command(flatten)]
    pub(crate) lifetimes: Lifetimes,
    /// The cookie is a small one (`SignedCookie`) and no session. Its age is limited by --max-age [default: 10m].
    #[arg(long, requires = "name")]
    pub(crate) signed_cookie: bool,
    /// Another name that the cookie or the application may have. Can be given more than once.
    #[arg(long, value_name = "NAME")]
    pub(crate) also: Vec<String>,
    /// The salt of a `Codec` whose tokens may have got here. Can be given more than once.
    #[arg(long, value_name = "SALT")]
    pub(crate) codec: Vec<String>,
    #[command(flatten)]
    pub(crate) cookie: CookieInput,
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) now: Now,
}

/// Makes a session cookie out of a JSON object, for tests and for curl.
///
/// Reads the object from standard input and prints `name=value`, as a browser would send it.
#[derive(Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Example:\n  echo '{\"user_id\":42}' | cookie-session sign --keys-file keys.txt > cookie.txt\n  curl --cookie \"$(cat cookie.txt)\" https://localhost:3000"
)]
pub(crate) struct Sign {
    #[command(flatten)]
    pub(crate) keys: KeyOptions,
    #[command(flatten)]
    pub(crate) sessions: SessionOptions,
    #[command(flatten)]
    pub(crate) lifetimes: Lifetimes,
    /// Reads the JSON object from a file.
    #[arg(long, value_name = "FILE")]
    pub(crate) data_file: Option<PathBuf>,
    /// Makes the session permanent: the remember me box.
    #[arg(long)]
    pub(crate) permanent: bool,
    /// Prints the Set-Cookie line of a response instead.
    #[arg(long)]
    pub(crate) set_cookie: bool,
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) now: Now,
}

/// Prints the completions for a shell.
#[derive(Args)]
#[command(
    after_help = "Example:\n  cookie-session completions bash > ~/.local/share/bash-completion/completions/cookie-session"
)]
pub(crate) struct Completions {
    pub(crate) shell: Shell,
}

/// Prints the manual page, or writes one for each command.
#[derive(Args)]
#[command(after_help = "Example:\n  cookie-session man | man -l -")]
pub(crate) struct Man {
    /// Writes a page for each command into this folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) dir: Option<PathBuf>,
}

/// Where the keys are.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct KeyOptions {
    /// Reads the keys from this environment variable, as `KeyRing::from_env` does; the first one signs.
    #[arg(long, value_name = "VARIABLE")]
    pub(crate) keys_env: Option<String>,
    /// Reads the keys from a file.
    #[arg(long, value_name = "FILE")]
    pub(crate) keys_file: Option<PathBuf>,
    /// Reads the keys from standard input.
    #[arg(long)]
    pub(crate) keys_stdin: bool,
}

/// Whose sessions they are.
#[derive(Args)]
pub(crate) struct SessionOptions {
    /// The name of the cookie. The default is that of the format: __Host-session, session, sessionid.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// The name of the application, where it has one: `Builder::application`.
    #[arg(long, value_name = "NAME")]
    pub(crate) application: Option<String>,
    /// The sessions are encrypted: `Builder::encrypted`.
    #[arg(long)]
    pub(crate) encrypted: bool,
    /// Signed sessions are read too until then: `Builder::accept_signed`.
    #[arg(long, value_name = "TIME", value_parser = read_moment, requires = "encrypted")]
    pub(crate) accept_signed: Option<u64>,
    /// Encrypted sessions are read too: `Builder::accept_encrypted`.
    #[arg(long, conflicts_with = "encrypted")]
    pub(crate) accept_encrypted: bool,
    /// Whose sessions they are. In another format than native the keys are secrets, one a line.
    #[arg(long, value_enum, default_value_t = Format::Native)]
    pub(crate) format: Format,
    /// Flask: the salt of the sessions, if the application changed it.
    #[arg(long, value_name = "SALT")]
    pub(crate) salt: Option<String>,
    /// Flask: the digest, if the application changed it.
    #[arg(long, value_parser = PossibleValuesParser::new(["sha1", "sha256", "sha512"]))]
    pub(crate) digest: Option<String>,
    /// Flask: the key derivation, if the application changed it.
    #[arg(long, value_name = "DERIVATION", value_parser = PossibleValuesParser::new(["hmac", "django-concat", "concat"]))]
    pub(crate) key_derivation: Option<String>,
}

/// How long sessions live.
#[derive(Args)]
pub(crate) struct Lifetimes {
    /// The idle limit [default: 2h].
    #[arg(long, value_name = "SPAN", value_parser = read_span)]
    pub(crate) idle: Option<Duration>,
    /// The absolute limit [default: 24h].
    #[arg(long, value_name = "SPAN", value_parser = read_span)]
    pub(crate) absolute: Option<Duration>,
    /// The idle limit of permanent sessions [default: 14d].
    #[arg(long, value_name = "SPAN", value_parser = read_span)]
    pub(crate) permanent_idle: Option<Duration>,
    /// The absolute limit of permanent sessions [default: 90d].
    #[arg(long, value_name = "SPAN", value_parser = read_span)]
    pub(crate) permanent_absolute: Option<Duration>,
    /// By how much clocks may differ [default: 60s].
    #[arg(long, value_name = "SPAN", value_parser = read_span)]
    pub(crate) skew: Option<Duration>,
    /// Flask, Django, Starlette: the age at which sessions end [default: 31d for Flask, 14d otherwise].
    #[arg(long, value_name = "SPAN", value_parser = read_span)]
    pub(crate) max_age: Option<Duration>,
}

#[derive(Args)]
pub(crate) struct CookieInput {
    /// Reads the cookie from a file instead of standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) cookie_file: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Output {
    /// Prints one line of JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Now {
    /// Judges as of this time, 2026-11-20T09:12:03Z or unix seconds, and not by the clock.
    #[arg(long, value_name = "TIME", value_parser = read_moment)]
    now: Option<u64>,
}

impl Now {
    pub(crate) fn seconds(&self) -> u64 {
        self.now.unwrap_or_else(|| crate::text::seconds(SystemTime::now()))
    }
}

/// Whose sessions they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// cookie-session's own format.
    Native,
    /// Flask's default sessions.
    Flask,
    /// Django's `signed_cookies` sessions.
    Django,
    /// Those of Starlette's and FastAPI's `SessionMiddleware`.
    Starlette,
}

/// Returns the help that was asked for, or what is wrong with the arguments.
///
/// clap would quote them. Whoever writes `--keys-env "$SESSION_KEYS"` would then
/// have the key in a log.
pub(crate) fn answer_to(error: &clap::Error) -> Result<Answer, Problem> {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return Ok(Answer::good(error.to_string()));
    }
    let about = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        _ => String::new(),
    };
    // The option as the help spells it, `--now <TIME>`.
    let option = about(ContextKind::InvalidArg);
    let text = match error.kind() {
        ErrorKind::InvalidSubcommand => "there is no such command".to_owned(),
        ErrorKind::UnknownArgument => "an argument is not known".to_owned(),
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            "a command is missing".to_owned()
        }
        ErrorKind::MissingRequiredArgument => format!("{option} is missing"),
        ErrorKind::ArgumentConflict if option == about(ContextKind::PriorArg) => {
            format!("{option} is given twice")
        }
        ErrorKind::ArgumentConflict => format!("{option} does not go with {}", about(ContextKind::PriorArg)),
        ErrorKind::InvalidValue if !about(ContextKind::ValidValue).is_empty() => {
            format!("{option} is one of {}", about(ContextKind::ValidValue))
        }
        ErrorKind::InvalidValue => format!("{option} needs a value"),
        ErrorKind::ValueValidation => match std::error::Error::source(error) {
            // The text of this crate's own parsers, which quote nothing.
            Some(source) => format!("{option}: {source}"),
            None => format!("{option} has a value that cannot be used"),
        },
        _ => "these arguments do not go together".to_owned(),
    };
    let quoted = "arguments are not repeated here, since one may be a key";
    Err(Problem::usage(format!("{text} ({quoted}; see --help)")))
}
