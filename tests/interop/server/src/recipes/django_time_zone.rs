use std::sync::LazyLock;
use std::time::SystemTime;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// `TIME_ZONE` of the site.
static ZONE: LazyLock<TimeZone> =
    LazyLock::new(|| TimeZone::get("Europe/Berlin").expect("the system knows the zone"));

/// How far the clock on the site's wall is ahead of UTC at a time, in seconds: for `Profile::use_tz_false`.
pub fn ahead_of_utc(time: SystemTime) -> i32 {
    Timestamp::try_from(time).map_or(0, |time| ZONE.to_offset(time).seconds())
}
