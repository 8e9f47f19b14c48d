//! What the age of a genuine token says.

use cookie_session::Lifetime;

use crate::args::Format;
use crate::hint::Hint;
use crate::policy::Policy;
use crate::text::{moment, span};

/// What a genuine token says of its age.
pub(crate) struct Facts {
    pub(crate) format: Format,
    pub(crate) issued: u64,
    pub(crate) created: Option<u64>,
    pub(crate) permanent: bool,
}

impl Facts {
    /// Returns the idle and the absolute limit, if there is one, in seconds.
    fn limits(&self, policy: &Policy) -> (u64, Option<u64>) {
        if self.format != Format::Native || policy.small {
            return (policy.max_age.as_secs(), None);
        }
        let Lifetime { idle, absolute } =
            if self.permanent { policy.permanent_lifetime } else { policy.lifetime };
        (idle.as_secs(), Some(absolute.as_secs()))
    }
}

/// Says why a genuine token is refused for its age.
pub(crate) fn hints(policy: &Policy, facts: &Facts, now: u64) -> Vec<Hint> {
    let Facts { issued, created, .. } = *facts;
    let skew = policy.skew.as_secs();
    let latest = created.unwrap_or(issued).max(issued);
    if let Some(ahead) = latest.checked_sub(now).filter(|ahead| *ahead > skew) {
        return vec![clock_ahead(latest, ahead, skew)];
    }
    let (idle, absolute) = facts.limits(policy);
    let mut hints = Vec::new();
    let idle_for = now.saturating_sub(issued);
    let mut least_over = u64::MAX;
    if let Some(over) = idle_for.checked_sub(idle).filter(|over| *over > 0) {
        least_over = least_over.min(over);
        let rule = match (facts.format, facts.permanent) {
            _ if policy.small => format!("such a cookie is good for {} (its max_age)", span(idle)),
            (Format::Native, false) => {
                format!("a session ends {} after its last signature (the idle limit)", span(idle))
            }
            (Format::Native, true) => {
                format!("a permanent session ends {} after its last signature (the idle limit)", span(idle))
            }
            _ => format!("a session ends {} after its last signature", span(idle)),
        };
        hints.push(Hint::new(
            "idle",
            format!(
                "It was signed {} ago, at {}, and {rule}. It is too old by {}.",
                span(idle_for),
                moment(issued),
                span(over)
            ),
        ));
    }
    if let (Some(created), Some(absolute)) = (created, absolute) {
        let age = now.saturating_sub(created);
        if let Some(over) = age.checked_sub(absolute).filter(|over| *over > 0) {
            least_over = least_over.min(over);
            hints.push(Hint::new("absolute", format!(
                "The session was created {} ago, at {}, and none lives longer than {} however busy it is (the absolute limit). It is \
                 too old by {}.",
                span(age),
                moment(created),
                span(absolute),
                span(over)
            )));
        }
    }
    if hints.len() == 1 && least_over <= LITTLE {
        hints.push(Hint::new(
            "clock_may_be_ahead",
            format!(
                "That is little. If the clock of the machine that refuses it is ahead by {}, it is good.",
                span(least_over)
            ),
        ));
    }
    if facts.format == Format::Native && !facts.permanent && !policy.small {
        let as_permanent = Facts { permanent: true, ..*facts };
        let (idle, absolute) = as_permanent.limits(policy);
        let within = |then: u64, limit: u64| now.saturating_sub(then) <= limit;
        if within(issued, idle)
            && created.zip(absolute).is_none_or(|(created, absolute)| within(created, absolute))
        {
            hints.push(Hint::new("not_permanent", format!(
                "It is not permanent. Had set_permanent(true), the remember me box, been called at the login, it would live {} \
                 without a request.",
                span(idle)
            )));
        }
    }
    hints
}

fn clock_ahead(latest: u64, ahead: u64, skew: u64) -> Hint {
    // Two clocks that differ by whole hours agree, but for the zone.
    let off_the_hour = (ahead % HOUR).min(HOUR.saturating_sub(ahead % HOUR));
    let zone = if ahead >= HOUR.saturating_sub(ABOUT) && off_the_hour <= ABOUT {
        " It is a whole number of hours, so one of them may take local time for UTC."
    } else {
        ""
    };
    Hint::new(
        "clock_ahead",
        format!(
            "It is dated {}, which is {} from now; clocks may differ by {}. The clock of the machine that signed it is ahead, or the one \
         that refuses it is behind.{zone}",
            moment(latest),
            span(ahead),
            span(skew)
        ),
    )
}

/// Says for how long an accepted session is good without a request.
pub(crate) fn left(policy: &Policy, facts: &Facts, now: u64) -> Option<Hint> {
    let (idle, absolute) = facts.limits(policy);
    let ends = |then: u64, limit: u64| then.saturating_add(limit);
    let by_age = facts.created.zip(absolute).map_or(u64::MAX, |(created, absolute)| ends(created, absolute));
    let end = ends(facts.issued, idle).min(by_age);
    Some(Hint::new(
        "ends",
        format!(
            "{} {}, {} from now.",
            if policy.small { "It is good until" } else { "Without another request it ends at" },
            moment(end),
            span(end.saturating_sub(now))
        ),
    ))
}

const HOUR: u64 = 60 * 60;
/// How far from a whole hour clocks may be that differ by their zone.
const ABOUT: u64 = 120;
/// By so much a clock may well be wrong.
const LITTLE: u64 = 10 * 60;
