//! Reads the fields of PostgreSQL's messages.

/// Fields of a message from its start on; what is missing reads as empty or zero, as only known drivers talk to this.
pub struct Fields<'a>(pub &'a [u8]);

impl<'a> Fields<'a> {
    pub fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    pub fn u8(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or(0)
    }

    pub fn u16(&mut self) -> u16 {
        self.take(2).try_into().map_or(0, u16::from_be_bytes)
    }

    pub fn i32(&mut self) -> i32 {
        self.take(4).try_into().map_or(0, i32::from_be_bytes)
    }

    /// Text up to a zero byte.
    pub fn cstr(&mut self) -> &'a str {
        let end = memchr::memchr(0, self.0).unwrap_or(self.0.len());
        let text = self.take(end);
        self.take(1);
        std::str::from_utf8(text).unwrap_or_default()
    }
}
