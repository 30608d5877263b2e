//! Bytes of a message written otherwise: as another writer of protobuf may, or as nobody should.

/// Numbers made up of one seed.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below this one, by splitmix64.
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(end).unwrap()).unwrap()
    }
}

/// A field, with so many bytes more in its key and in its number or length than are needed.
#[derive(Clone)]
struct Field {
    key: u64,
    longer_key: usize,
    value: Value,
    longer: usize,
}

#[derive(Clone)]
enum Value {
    Number(u64),
    Bytes(Vec<u8>),
}

/// The message with one thing in it written otherwise, on some level. The other message lends it fields.
pub(super) fn other(message: &[u8], lender: &[u8], dice: &mut Dice) -> Vec<u8> {
    let Some(mut fields) = read(message).filter(|fields| !fields.is_empty()) else {
        return [message, &[0xf8, 0x3f, 0x01]].concat();
    };
    let at = dice.below(fields.len());
    if let Value::Bytes(bytes) = &fields[at].value
        && read(bytes).is_some()
        && dice.below(3) > 0
    {
        let lender = read(lender).unwrap_or_default();
        let same = lender.iter().find(|field| field.key == fields[at].key);
        let lent = same.map_or_else(Vec::new, |field| match &field.value {
            Value::Bytes(bytes) => bytes.clone(),
            Value::Number(_) => Vec::new(),
        });
        fields[at].value = Value::Bytes(other(bytes, &lent, dice));
        return write(&fields);
    }
    let lent = read(lender).filter(|lender| !lender.is_empty());
    match dice.below(11) {
        0 => fields.rotate_left(at),
        1 => fields.insert(at, fields[at].clone()),
        2 => {
            fields.remove(at);
        }
        3 => fields[at].longer_key = 1 + dice.below(3),
        4 => fields[at].longer = 1 + dice.below(10),
        5 => fields[at].key ^= 1 << dice.below(6),
        6 => {
            let edge = [0, 1, 2, 0x7f, 0x80, 1000, u64::from(u32::MAX), 1 << 32, u64::MAX];
            fields[at].value = Value::Number(edge[dice.below(edge.len())]);
            fields[at].key &= !7;
        }
        7 => {
            // What nobody writes, written: the zero of some field.
            let key = u64::try_from(dice.below(60) << 3).unwrap();
            let value = Value::Number(u64::try_from(dice.below(2)).unwrap());
            fields.insert(at, Field { key, longer_key: 0, value, longer: 0 });
            fields.sort_by_key(|field| field.key >> 3);
        }
        8 => {
            let key = u64::try_from(dice.below(60) << 3 | 2).unwrap();
            let value = Value::Bytes(vec![0; dice.below(3)]);
            fields.insert(at, Field { key, longer_key: 0, value, longer: 0 });
            fields.sort_by_key(|field| field.key >> 3);
        }
        9 => {
            if let Some(lent) = lent {
                fields[at] = lent[dice.below(lent.len())].clone();
            }
        }
        _ => {
            if let Some(lent) = lent {
                fields.push(lent[dice.below(lent.len())].clone());
                fields.sort_by_key(|field| field.key >> 3);
            }
        }
    }
    write(&fields)
}

fn write(fields: &[Field]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for Field { key, longer_key, value, longer } in fields {
        varint(&mut bytes, *key, *longer_key);
        match value {
            Value::Number(number) => varint(&mut bytes, *number, *longer),
            Value::Bytes(value) => {
                varint(&mut bytes, u64::try_from(value.len()).unwrap(), *longer);
                bytes.extend_from_slice(value);
            }
        }
    }
    bytes
}

fn varint(bytes: &mut Vec<u8>, mut number: u64, mut longer: usize) {
    loop {
        let low = u8::try_from(number & 0x7f).unwrap();
        number >>= 7;
        if number == 0 && longer == 0 {
            return bytes.push(low);
        }
        if number == 0 {
            longer -= 1;
        }
        bytes.push(low | 0x80);
    }
}

/// The fields of a message, if the bytes are one.
fn read(mut bytes: &[u8]) -> Option<Vec<Field>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = take(&mut bytes)?;
        let value = match (key & 7, key >> 3) {
            (_, 0) => return None,
            (0, _) => Value::Number(take(&mut bytes)?),
            (2, _) => {
                let length = usize::try_from(take(&mut bytes)?).ok()?;
                let (value, rest) = bytes.split_at_checked(length)?;
                bytes = rest;
                Value::Bytes(value.to_vec())
            }
            _ => return None,
        };
        fields.push(Field { key, longer_key: 0, value, longer: 0 });
    }
    Some(fields)
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if *byte < 0x80 {
            return Some(number);
        }
    }
    None
}
