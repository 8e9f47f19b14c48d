//! zlib streams as RFC 1950 and RFC 1951 have them, read without a library: slowly, and to the last bit.

/// Returns what one whole zlib stream holds, if these bytes are that and nothing more, and it is no more than `max`.
pub fn inflate(stream: &[u8], max: usize) -> Option<Vec<u8>> {
    let (header, rest) = stream.split_first_chunk::<2>()?;
    let [method, flags] = *header;
    // Deflate, in a window of up to 32 KiB, without a dictionary.
    if method & 15 != 8 || method >> 4 > 7 || flags & 32 != 0 || u16::from_be_bytes(*header) % 31 != 0 {
        return None;
    }
    let mut bits = Bits { bytes: rest, at: 0 };
    let mut out = Vec::new();
    loop {
        let last = bits.take(1)? == 1;
        match bits.take(2)? {
            0 => stored(&mut bits, &mut out)?,
            1 => compressed(&mut bits, &mut out, &fixed_literals(), &Code::new(&[5; 32])?, max)?,
            2 => {
                let (literals, distances) = codes(&mut bits)?;
                compressed(&mut bits, &mut out, &literals, &distances, max)?;
            }
            _ => return None,
        }
        if out.len() > max {
            return None;
        }
        if last {
            break;
        }
    }
    let checksum = bits.rest();
    (checksum == adler32(&out).to_be_bytes()).then_some(out)
}

/// Bits, the lowest of each byte first.
struct Bits<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Bits<'b> {
    fn bit(&mut self) -> Option<usize> {
        let byte = *self.bytes.get(self.at / 8)?;
        let bit = byte >> (self.at % 8) & 1;
        self.at += 1;
        Some(bit.into())
    }

    fn take(&mut self, count: usize) -> Option<usize> {
        (0..count).try_fold(0, |number, place| Some(number | self.bit()? << place))
    }

    /// Returns the whole bytes that are left.
    fn rest(&self) -> &'b [u8] {
        &self.bytes[self.at.div_ceil(8)..]
    }
}

fn stored(bits: &mut Bits<'_>, out: &mut Vec<u8>) -> Option<()> {
    let (lengths, rest) = bits.rest().split_first_chunk::<4>()?;
    let [len, inverse] = [[lengths[0], lengths[1]], [lengths[2], lengths[3]]].map(u16::from_le_bytes);
    let block = rest.get(..len.into())?;
    out.extend_from_slice(block);
    bits.at = bits.at.div_ceil(8) * 8 + (4 + block.len()) * 8;
    (len == !inverse).then_some(())
}

fn compressed(
    bits: &mut Bits<'_>,
    out: &mut Vec<u8>,
    literals: &Code,
    distances: &Code,
    max: usize,
) -> Option<()> {
    // RFC 1951, section 3.2.5.
    const LENGTHS: [(usize, usize); 29] = [
        (3, 0),
        (4, 0),
        (5, 0),
        (6, 0),
        (7, 0),
        (8, 0),
        (9, 0),
        (10, 0),
        (11, 1),
        (13, 1),
        (15, 1),
        (17, 1),
        (19, 2),
        (23, 2),
        (27, 2),
        (31, 2),
        (35, 3),
        (43, 3),
        (51, 3),
        (59, 3),
        (67, 4),
        (83, 4),
        (99, 4),
        (115, 4),
        (131, 5),
        (163, 5),
        (195, 5),
        (227, 5),
        (258, 0),
    ];
    loop {
        match literals.read(bits)? {
            256 => return Some(()),
            literal if literal < 256 => out.push(u8::try_from(literal).expect("below 256")),
            symbol => {
                let (base, extra) = *LENGTHS.get(symbol - 257)?;
                let len = base + bits.take(extra)?;
                // Two more have codes in a fixed block.
                let symbol = distances.read(bits).filter(|symbol| *symbol < 30)?;
                // Two for each number of bits, from the second on.
                let extra = (symbol / 2).saturating_sub(1);
                let base = if symbol < 2 { symbol } else { (2 + symbol % 2) << extra };
                let distance = 1 + base + bits.take(extra)?;
                let start = out.len().checked_sub(distance)?;
                for from in start..start + len {
                    out.push(out[from]);
                }
            }
        }
        if out.len() > max {
            return None;
        }
    }
}

/// RFC 1951, section 3.2.6. The last two symbols mean nothing, but have codes.
fn fixed_literals() -> Code {
    let lengths = [[8; 144].as_slice(), &[9; 112], &[7; 24], &[8; 8]].concat();
    Code::new(&lengths).expect("complete")
}

/// Reads the codes of a block. RFC 1951, section 3.2.7.
fn codes(bits: &mut Bits<'_>) -> Option<(Code, Code)> {
    const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
    let (literals, distances, lengths) = (bits.take(5)? + 257, bits.take(5)? + 1, bits.take(4)? + 4);
    // Only so many mean something.
    if literals > 286 || distances > 30 {
        return None;
    }
    let mut of_lengths = [0; 19];
    for place in &ORDER[..lengths] {
        of_lengths[*place] = bits.take(3)?;
    }
    let code = Code::new(&of_lengths).filter(|code| code.is_complete)?;
    let mut all = Vec::new();
    while all.len() < literals + distances {
        let (length, times) = match code.read(bits)? {
            16 => (*all.last()?, 3 + bits.take(2)?),
            17 => (0, 3 + bits.take(3)?),
            18 => (0, 11 + bits.take(7)?),
            length => (length, 1),
        };
        all.extend(std::iter::repeat_n(length, times));
    }
    if all.len() > literals + distances {
        return None;
    }
    let (literals, distances) = all.split_at(literals);
    // A block that could not end.
    if literals[256] == 0 {
        return None;
    }
    Some((Code::new(literals)?, Code::new(distances)?))
}

/// A Huffman code.
struct Code {
    /// How many symbols have a code of each length, and the symbols in the order of their codes.
    counts: [usize; 16],
    symbols: Vec<usize>,
    is_complete: bool,
}

impl Code {
    /// Makes the code of these lengths. It may leave codes unused only if it has one of one bit, or none at all.
    fn new(lengths: &[usize]) -> Option<Self> {
        let mut counts = [0; 16];
        for length in lengths.iter().filter(|length| **length > 0) {
            counts[*length] += 1;
        }
        let left = counts.iter().skip(1).try_fold(1_usize, |left, count| (left * 2).checked_sub(*count))?;
        let mut symbols: Vec<usize> = (0..lengths.len()).filter(|symbol| lengths[*symbol] > 0).collect();
        symbols.sort_by_key(|symbol| lengths[*symbol]);
        let is_short = symbols.iter().all(|symbol| lengths[*symbol] == 1);
        (left == 0 || is_short).then_some(Self { counts, symbols, is_complete: left == 0 })
    }

    fn read(&self, bits: &mut Bits<'_>) -> Option<usize> {
        // The first code of each length follows the last of the length before.
        let (mut code, mut first, mut index) = (0, 0, 0);
        for count in &self.counts[1..] {
            code |= bits.bit()?;
            if code - first < *count {
                return Some(self.symbols[index + code - first]);
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        None
    }
}

/// RFC 1950, section 8.2.
fn adler32(bytes: &[u8]) -> u32 {
    let (a, b) = bytes.iter().fold((1, 0), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    b << 16 | a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_others_write_at_every_level() {
        let texts: [&[u8]; 4] = [b"", b"a", &[b'x'; 70_000], include_bytes!("inflate.rs")];
        for text in texts {
            for level in 0..=10 {
                let stream = miniz_oxide::deflate::compress_to_vec_zlib(text, level);
                assert_eq!(inflate(&stream, text.len()).as_deref(), Some(text), "level {level}");
                assert_eq!(inflate(&[&*stream, &[0]].concat(), text.len()), None, "a byte more");
                assert_eq!(inflate(&stream[..stream.len() - 1], text.len()), None, "a byte less");
                if !text.is_empty() {
                    assert_eq!(inflate(&stream, text.len() - 1), None, "over the cap");
                }
            }
        }
    }
}
