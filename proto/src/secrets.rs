//! The store's secret, and what is made with it: fingerprints, row keys, voucher codes and their hashes.

use std::fmt;

use ledger_core::{CodeHash, Fingerprint, RequestId, RowKey};

/// The letters and digits of a voucher code: Crockford's base 32, without I, L, O and U.
const SYMBOLS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// How many symbols carry the code; one more checks them.
const DATA: usize = 10;

/// One key for each use, made of the 32 bytes that are kept beside the store.
///
/// Whoever has the log but not these bytes can neither guess what a request said nor find a voucher's code.
#[derive(Clone)]
pub struct Secrets {
    fingerprint: [u8; 32],
    row: [u8; 32],
    code: [u8; 32],
    code_hash: [u8; 32],
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(..)")
    }
}

impl Secrets {
    /// The keys that belong to a store's secret.
    pub fn new(secret: [u8; 32]) -> Self {
        let key = |context| blake3::derive_key(context, &secret);
        Self {
            fingerprint: key("carestore ledger 2026-11 request fingerprint"),
            row: key("carestore ledger 2026-11 import row"),
            code: key("carestore ledger 2026-11 voucher code"),
            code_hash: key("carestore ledger 2026-11 voucher code hash"),
        }
    }

    /// Tells a retry from another use of the same request id.
    pub fn fingerprint(&self, said: &[u8]) -> Fingerprint {
        Fingerprint::new(keyed(&self.fingerprint, &[said]))
    }

    /// A step of an import, for ever: the same text in the same file is told apart by its occurrence.
    pub fn row(&self, import: &str, file: &str, text: &str, occurrence: u64) -> RowKey {
        let occurrence = occurrence.to_le_bytes();
        let fields = [import.as_bytes(), file.as_bytes(), text.as_bytes(), &occurrence];
        RowKey::new(keyed(&self.row, &fields))
    }

    /// The code of the voucher that this request asks for: the same on every try.
    pub fn voucher_code(&self, request: RequestId) -> VoucherCode {
        let hash = keyed(&self.code, &[request.bytes()]);
        let mut data = [0; DATA];
        // A byte in 0..256 taken modulo 32 is uniform: 32 divides 256.
        for (symbol, byte) in data.iter_mut().zip(hash) {
            *symbol = byte % 32;
        }
        VoucherCode { data }
    }

    /// What the log keeps of a code.
    pub fn code_hash(&self, code: &VoucherCode) -> CodeHash {
        CodeHash::new(keyed(&self.code_hash, &[&code.data]))
    }
}

/// A keyed hash over fields, each with its length before it, so that no two lists of fields look alike.
fn keyed(key: &[u8; 32], fields: &[&[u8]]) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new_keyed(key);
    for field in fields {
        hasher.update(&u64::try_from(field.len()).unwrap_or(u64::MAX).to_le_bytes());
        hasher.update(field);
    }
    let mut out = [0; 16];
    hasher.finalize_xof().fill(&mut out);
    out
}

/// The code of a voucher: ten letters and digits of Crockford's base 32 and one that checks them, `XXXX-XXXX-XXX`.
///
/// The check is a polynomial over the field of 32 elements: the code is a multiple of `x - 2`, where 2 generates the
/// field. So each place weighs differently, and every single slip and every swap of two symbols is found.
#[derive(Clone, PartialEq, Eq)]
pub struct VoucherCode {
    data: [u8; DATA],
}

/// A voucher's code as typed that is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Not eleven letters and digits.
    #[error(
        "is not a voucher's code, which is eleven letters and digits like 4K7M-2Q9X-B5T: check it letter by letter"
    )]
    Shape,
    /// The check symbol does not fit: a slip.
    #[error("has a slip in it: check it letter by letter")]
    Slip,
}

impl VoucherCode {
    /// The code as typed: case, blanks and dashes do not matter, O is 0, I and L are 1.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        let typed = text.chars().filter(|c| !c.is_whitespace() && *c != '-');
        let symbols = typed.map(value).collect::<Option<Vec<u8>>>().ok_or(CodeError::Shape)?;
        let (data, check) = symbols.split_first_chunk::<DATA>().ok_or(CodeError::Shape)?;
        let &[check] = check else { return Err(CodeError::Shape) };
        if check_symbol(data) == check { Ok(Self { data: *data }) } else { Err(CodeError::Slip) }
    }
}

impl fmt::Display for VoucherCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.data.iter().copied().chain([check_symbol(&self.data)]);
        for (at, value) in all.enumerate() {
            let dash = if matches!(at, 4 | 8) { "-" } else { "" };
            let symbol = SYMBOLS.get(usize::from(value)).copied().unwrap_or(b'?');
            write!(f, "{dash}{}", char::from(symbol))?;
        }
        Ok(())
    }
}

impl fmt::Debug for VoucherCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VoucherCode(..)")
    }
}

fn value(typed: char) -> Option<u8> {
    let symbol = match typed.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let at = SYMBOLS.iter().position(|known| char::from(*known) == symbol)?;
    u8::try_from(at).ok()
}

/// What makes the whole code a multiple of `x - 2`: the value of the data, times 2.
fn check_symbol(data: &[u8; DATA]) -> u8 {
    data.iter().fold(0, |sum, value| doubled(sum ^ value))
}

/// Twice a value, in the field of 32 elements with the polynomial `x^5 + x^2 + 1`, in which 2 has the order 31.
const fn doubled(value: u8) -> u8 {
    let twice = value << 1;
    if twice & 0b10_0000 == 0 { twice } else { twice ^ 0b10_0101 }
}

#[cfg(test)]
mod tests {
    use ledger_core::Timestamp;

    use super::*;

    fn codes() -> impl Iterator<Item = VoucherCode> {
        let secrets = Secrets::new([7; 32]);
        (0..40).map(move |at| {
            secrets.voucher_code(RequestId::of_time(Timestamp::from_unix_ms(7), [at; 10]))
        })
    }

    #[test]
    fn a_code_reads_as_it_writes_however_it_is_typed() {
        for code in codes() {
            let text = code.to_string();
            assert_eq!(text.len(), 13);
            assert_eq!(VoucherCode::parse(&text), Ok(code.clone()));
            let sloppy = text.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
            assert_eq!(VoucherCode::parse(&sloppy), Ok(code.clone()));
            assert_eq!(VoucherCode::parse(&text.replace('1', "I")), Ok(code));
        }
        assert_eq!(VoucherCode::parse("4K7M-2Q9X"), Err(CodeError::Shape));
        assert_eq!(VoucherCode::parse("UUUU-UUUU-UUU"), Err(CodeError::Shape));
    }

    #[test]
    fn every_single_slip_is_found() {
        for code in codes() {
            let text: Vec<char> = code.to_string().chars().filter(|c| *c != '-').collect();
            for at in 0..text.len() {
                for other in SYMBOLS.iter().map(|symbol| char::from(*symbol)) {
                    let mut slip = text.clone();
                    slip[at] = other;
                    if slip != text {
                        let slip: String = slip.into_iter().collect();
                        assert_eq!(VoucherCode::parse(&slip), Err(CodeError::Slip), "{slip}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_swap_is_found() {
        for code in codes() {
            let text: Vec<char> = code.to_string().chars().filter(|c| *c != '-').collect();
            for (one, other) in (0..11).flat_map(|one| (0..one).map(move |other| (one, other))) {
                let mut swap = text.clone();
                swap.swap(one, other);
                if swap != text {
                    let swap: String = swap.into_iter().collect();
                    assert_eq!(VoucherCode::parse(&swap), Err(CodeError::Slip), "{swap}");
                }
            }
        }
    }

    #[test]
    fn fields_cannot_run_into_each_other_and_nothing_is_printed() {
        let secrets = Secrets::new([7; 32]);
        assert_ne!(secrets.row("a", "bc", "d", 1), secrets.row("ab", "c", "d", 1));
        assert_ne!(secrets.row("a", "b", "c", 1), secrets.row("a", "b", "c", 2));
        assert_ne!(secrets.fingerprint(b"x"), Secrets::new([8; 32]).fingerprint(b"x"));
        let code = codes().next().unwrap();
        assert_eq!(format!("{secrets:?} {code:?}"), "Secrets(..) VoucherCode(..)");
    }
}
