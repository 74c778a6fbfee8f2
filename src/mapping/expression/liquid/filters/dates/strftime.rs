//! Points in time as text, by the conversions of the JavaScript engine.
//!
//! Source: liquidjs 10.27, `src/util/strftime.ts`. An unknown conversion stays as it is written.

use jiff::Zoned;
use jiff::civil::Weekday;

/// The text of a point in time; none when it is longer than `longest` bytes.
pub(super) fn format(time: &Zoned, format: &str, longest: usize) -> Option<String> {
    let mut out = String::new();
    let mut rest = format;
    while let Some(start) = rest.find('%') {
        let (before, from) = rest.split_at_checked(start)?;
        out.push_str(before);
        rest = if let Some((conversion, behind)) = Conversion::read(from) {
            conversion.write(time, longest, &mut out)?;
            behind
        } else {
            out.push('%');
            from.get(1..)?
        };
    }
    out.push_str(rest);
    (out.len() <= longest).then_some(out)
}

/// `%`, flags, a width and a letter.
struct Conversion<'f> {
    written: &'f str,
    flags: &'f str,
    width: Option<usize>,
    letter: char,
}

impl<'f> Conversion<'f> {
    fn read(from: &'f str) -> Option<(Self, &'f str)> {
        let rest = from.get(1..)?;
        let (flags, rest) = split(rest, |char| "-_0^#:".contains(char))?;
        let (digits, rest) = split(rest, |char| char.is_ascii_digit())?;
        let letter_at = rest.strip_prefix(['E', 'O']).filter(|rest| !rest.is_empty() && !rest.starts_with('\n'));
        let rest = letter_at.unwrap_or(rest);
        let letter = rest.chars().next().filter(|letter| *letter != '\n')?;
        let behind = rest.get(letter.len_utf8()..)?;
        let written = from.get(..from.len() - behind.len())?;
        let width = (!digits.is_empty()).then(|| digits.parse().unwrap_or(usize::MAX));
        Some((Self { written, flags, width, letter }, behind))
    }

    fn write(&self, time: &Zoned, longest: usize, out: &mut String) -> Option<()> {
        let Some(mut text) = self.text(time, longest) else {
            out.push_str(self.written);
            return Some(());
        };
        let has = |flag: char| self.flags.contains(flag);
        if has('^') {
            text = text.to_uppercase();
        } else if has('#') {
            text = swapped(&text);
        }
        let padding = if has('_') || ("aAbBceklpP".contains(self.letter) && !has('0')) { ' ' } else { '0' };
        let width = self.width.filter(|width| *width > 0).unwrap_or_else(|| usual_width(self.letter));
        let width = if has('-') { 0 } else { width };
        if width > longest {
            return None;
        }
        out.extend(std::iter::repeat_n(padding, width.saturating_sub(text.len())));
        out.push_str(&text);
        Some(())
    }

    /// What the letter stands for; none for a letter that stands for nothing.
    fn text(&self, time: &Zoned, longest: usize) -> Option<String> {
        let hour12 = if time.hour() % 12 == 0 { 12 } else { time.hour() % 12 };
        Some(match self.letter {
            'a' => short(weekday(time)),
            'A' => weekday(time).to_owned(),
            'b' | 'h' => short(month(time)),
            'B' => month(time).to_owned(),
            'c' => format!("{}, {}", local_date(time), local_time(time, hour12)),
            'C' => time.year().to_string().chars().take(2).collect(),
            'd' | 'e' => time.day().to_string(),
            'H' | 'k' => time.hour().to_string(),
            'I' | 'l' => hour12.to_string(),
            'j' => time.day_of_year().to_string(),
            'L' => time.millisecond().to_string(),
            'm' => time.month().to_string(),
            'M' => time.minute().to_string(),
            'N' => fraction(time, self.width.filter(|width| *width > 0).unwrap_or(9).min(longest)),
            'p' => if time.hour() < 12 { "AM" } else { "PM" }.to_owned(),
            'P' => if time.hour() < 12 { "am" } else { "pm" }.to_owned(),
            'q' => ordinal(time.day()).to_owned(),
            's' => ((time.timestamp().as_millisecond() + 500).div_euclid(1000)).to_string(),
            'S' => time.second().to_string(),
            'u' => time.weekday().to_monday_one_offset().to_string(),
            'U' => week(time, Weekday::Sunday).to_string(),
            'w' => time.weekday().to_sunday_zero_offset().to_string(),
            'W' => week(time, Weekday::Monday).to_string(),
            'x' => local_date(time),
            'X' => local_time(time, hour12),
            'y' => time.year().to_string().chars().skip(2).take(2).collect(),
            'Y' => time.year().to_string(),
            'z' => if self.flags.contains(':') { "+00:00" } else { "+0000" }.to_owned(),
            'Z' => "UTC".to_owned(),
            't' => "\t".to_owned(),
            'n' => "\n".to_owned(),
            '%' => "%".to_owned(),
            _ => return None,
        })
    }
}

/// Splits behind the characters of a kind.
fn split(text: &str, is_inside: impl Fn(char) -> bool) -> Option<(&str, &str)> {
    text.split_at_checked(text.find(|char| !is_inside(char)).unwrap_or(text.len()))
}

/// Everything in capitals, or in small letters if it is in capitals already.
fn swapped(text: &str) -> String {
    if text.chars().any(char::is_lowercase) { text.to_uppercase() } else { text.to_lowercase() }
}

const fn usual_width(letter: char) -> usize {
    match letter {
        'd' | 'e' | 'H' | 'I' | 'k' | 'l' | 'm' | 'M' | 'S' | 'U' | 'W' => 2,
        'j' | 'L' => 3,
        _ => 0,
    }
}

fn short(name: &str) -> String {
    name.chars().take(3).collect()
}

fn weekday(time: &Zoned) -> &'static str {
    match time.weekday() {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}

fn month(time: &Zoned) -> &'static str {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let index = usize::try_from(time.month() - 1).unwrap_or(0);
    MONTHS.get(index).copied().unwrap_or_default()
}

const fn ordinal(day: i8) -> &'static str {
    match (day, day % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    }
}

/// Milliseconds and as many zeros as the width takes.
fn fraction(time: &Zoned, width: usize) -> String {
    let milliseconds: String = format!("{:03}", time.millisecond()).chars().take(width).collect();
    format!("{milliseconds:0<width$}")
}

/// The number of the week in the year, as the engine counts it.
fn week(time: &Zoned, first: Weekday) -> i32 {
    let start = i32::from(first.to_sunday_zero_offset());
    let now = i32::from(time.day_of_year()) + start - i32::from(time.weekday().to_sunday_zero_offset());
    let january = time.date().first_of_year().weekday();
    let then = 7 - i32::from(january.to_sunday_zero_offset()) + start;
    (now - then).div_euclid(7) + 1
}

fn local_date(time: &Zoned) -> String {
    format!("{}/{}/{}", time.month(), time.day(), time.year())
}

fn local_time(time: &Zoned, hour12: i8) -> String {
    let half = if time.hour() < 12 { "AM" } else { "PM" };
    format!("{hour12}:{:02}:{:02} {half}", time.minute(), time.second())
}
