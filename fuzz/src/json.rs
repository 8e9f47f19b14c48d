//! JSON as RFC 8259 has it, read without serde: from the left to the right, with a list of what is open instead of
//! recursion.

/// One member of an object.
pub struct Member<'t> {
    /// What the key stands for. A lone surrogate is three bytes that are not UTF-8.
    pub key: Vec<u8>,
    /// The key as it is written, with its quotes.
    pub spelled: &'t str,
    pub value: &'t str,
}

/// Returns the members of a text that is one object, also those whose key comes twice.
pub fn members(text: &str) -> Option<Vec<Member<'_>>> {
    let mut reader = Reader::new(text);
    let mut members = Vec::new();
    reader.byte(b'{')?;
    if reader.byte(b'}').is_none() {
        loop {
            let spelled = reader.string()?;
            reader.byte(b':')?;
            members.push(Member { key: unescape(spelled), spelled, value: reader.value()? });
            if reader.byte(b',').is_none() {
                reader.byte(b'}')?;
                break;
            }
        }
    }
    reader.end().map(|()| members)
}

/// Returns a text that is one value, without the white space around it.
pub fn value(text: &str) -> Option<&str> {
    let mut reader = Reader::new(text);
    let value = reader.value()?;
    reader.end().map(|()| value)
}

/// Returns the values of a text that is a list of them without its brackets.
pub fn values(text: &str) -> Option<Vec<&str>> {
    let mut reader = Reader::new(text);
    let mut values = vec![reader.value()?];
    while reader.byte(b',').is_some() {
        values.push(reader.value()?);
    }
    reader.end().map(|()| values)
}

/// Reads a number that is whole, not negative, and spelled without a point or an exponent.
pub fn unsigned(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| is_plain)
}

/// Says whether a key comes twice.
pub fn has_duplicate(members: &[Member<'_>]) -> bool {
    let mut keys: Vec<&[u8]> = members.iter().map(|member| &*member.key).collect();
    keys.sort_unstable();
    keys.windows(2).any(|pair| pair[0] == pair[1])
}

/// Lists members as [`members`](crate::members) lists those of a session, where a key that is no Rust string cannot be
/// asked for.
pub fn listed(members: &[Member<'_>]) -> Vec<(String, Option<String>)> {
    let value = |key: &str| members.iter().find(|member| member.key == key.as_bytes());
    members
        .iter()
        .map(|member| {
            let key = String::from_utf8_lossy(&member.key).into_owned();
            let value = value(&key).map(|member| member.value.to_owned());
            (key, value)
        })
        .collect()
}

/// A place in a text.
struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// Goes over one byte, if it comes next. White space may stand before it.
    fn byte(&mut self, byte: u8) -> Option<()> {
        self.space();
        if self.peek() == Some(byte) {
            self.at += 1;
            Some(())
        } else {
            None
        }
    }

    fn end(&mut self) -> Option<()> {
        self.space();
        (self.at == self.text.len()).then_some(())
    }

    fn value(&mut self) -> Option<&'t str> {
        self.space();
        let start = self.at;
        let mut open = Vec::new();
        'value: loop {
            self.space();
            match self.peek()? {
                b'[' => {
                    self.at += 1;
                    if self.byte(b']').is_none() {
                        open.push(b']');
                        continue;
                    }
                }
                b'{' => {
                    self.at += 1;
                    if self.byte(b'}').is_none() {
                        open.push(b'}');
                        self.key()?;
                        continue;
                    }
                }
                b'"' => {
                    self.string()?;
                }
                b'-' | b'0'..=b'9' => self.number()?,
                _ => self.word()?,
            }
            // After a value: another one, or the end of what is open.
            loop {
                let Some(close) = open.last() else { return Some(&self.text[start..self.at]) };
                let close = *close;
                if self.byte(close).is_some() {
                    open.pop();
                } else {
                    self.byte(b',')?;
                    if close == b'}' {
                        self.key()?;
                    }
                    continue 'value;
                }
            }
        }
    }

    fn key(&mut self) -> Option<()> {
        self.string()?;
        self.byte(b':')
    }

    fn word(&mut self) -> Option<()> {
        let word =
            ["true", "false", "null"].into_iter().find(|word| self.text[self.at..].starts_with(word))?;
        self.at += word.len();
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    fn number(&mut self) -> Option<()> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(())
    }

    /// Returns a string with its quotes.
    fn string(&mut self) -> Option<&'t str> {
        self.byte(b'"')?;
        let start = self.at - 1;
        loop {
            let byte = self.peek()?;
            self.at += 1;
            match byte {
                b'"' => return Some(&self.text[start..self.at]),
                b'\\' => {
                    let escape = self.peek()?;
                    self.at += 1;
                    match escape {
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                        b'u' => {
                            let digits = self.text.as_bytes().get(self.at..self.at + 4)?;
                            if !digits.iter().all(u8::is_ascii_hexdigit) {
                                return None;
                            }
                            self.at += 4;
                        }
                        _ => return None,
                    }
                }
                0..=0x1f => return None,
                _ => {}
            }
        }
    }
}

/// Returns what a string stands for, given its text.
fn unescape(string: &str) -> Vec<u8> {
    let mut units = Vec::new();
    let mut chars = string[1..string.len() - 1].chars();
    while let Some(c) = chars.next() {
        let escaped = match c {
            '\\' => chars.next().expect("an escape goes on"),
            c => {
                units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
                continue;
            }
        };
        units.push(match escaped {
            'b' => 0x08,
            'f' => 0x0c,
            'n' => 0x0a,
            'r' => 0x0d,
            't' => 0x09,
            'u' => {
                let digits: String = chars.by_ref().take(4).collect();
                u16::from_str_radix(&digits, 16).expect("four digits")
            }
            c => u16::try_from(u32::from(c)).expect("a sign of ASCII"),
        });
    }
    let mut bytes = Vec::new();
    for c in char::decode_utf16(units) {
        match c {
            Ok(c) => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            Err(lone) => {
                let [high, low] = lone.unpaired_surrogate().to_be_bytes();
                bytes.extend([0xe0 | high >> 4, 0x80 | (high & 15) << 2 | low >> 6, 0x80 | low & 63]);
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_is_json_and_nothing_else() {
        for text in
            ["0", "-0", "1.5e-7", " [ ] ", "{ }", r#"{"a":[1,{"b":null}],"c":"\ud800\"é"}"#, "\t\r\n\"\"\n"]
        {
            assert_eq!(value(text), Some(text.trim()), "{text}");
        }
        for text in [
            "",
            " ",
            "01",
            "-",
            "1.",
            ".5",
            "1e",
            "+1",
            "[1,]",
            "[,]",
            "[1 2]",
            "{\"a\"}",
            "{\"a\":}",
            "{a:1}",
            "{\"a\":1,}",
            "tru",
            "truex",
            "nul",
            "NaN",
            "\"",
            "\"\\x\"",
            "\"\\u12g4\"",
            "\"\u{1}\"",
            "[1]]",
            "[",
            "{",
            "\u{a0}1",
            "[}",
            "'a'",
        ] {
            assert_eq!(value(text), None, "{text}");
        }
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(value(&deep), Some(&*deep));
        assert_eq!(value(&deep[1..]), None);
    }

    #[test]
    fn lists_members_by_what_their_keys_stand_for() {
        let members = members(r#" {"a":1 , "\u0061" : [2],"\ud83d\ude00":3,"\ud83d":4,"\/\n":{}} "#).unwrap();
        let seen: Vec<(&[u8], &str)> = members.iter().map(|member| (&*member.key, member.value)).collect();
        let expected: [(&[u8], &str); 5] = [
            (b"a", "1"),
            (b"a", "[2]"),
            ("\u{1f600}".as_bytes(), "3"),
            (b"\xed\xa0\xbd", "4"),
            (b"/\n", "{}"),
        ];
        assert_eq!(seen, expected);
        assert!(has_duplicate(&members) && !has_duplicate(&members[1..]));
        for text in ["[]", "{", "{}x", "1", "{\"a\":1 \"b\":2}"] {
            assert!(super::members(text).is_none(), "{text}");
        }
    }

    #[test]
    fn reads_whole_numbers_that_are_spelled_plainly() {
        assert_eq!(unsigned("0"), Some(0));
        assert_eq!(unsigned("18446744073709551615"), Some(u64::MAX));
        for text in ["", "00", "-0", "+1", "1.0", "1e3", "18446744073709551616", " 1"] {
            assert_eq!(unsigned(text), None, "{text}");
        }
    }
}
