//! SSLRequest, TLS, StartupMessage and the SCRAM exchange.

use std::io::{Read, Write};
use std::net::TcpStream;

use bytes::{Buf, BufMut};
use sbwp::auth::scram::{Mechanism, ServerExchange};

use super::{message, next_message};
use crate::tls::Stream;
use crate::wire::Fields;
use crate::{Failure, Shared};

const SSL_REQUEST: i32 = 80_877_103;
const GSS_REQUEST: i32 = 80_877_104;

/// A stream after ReadyForQuery; `None` where the client wanted something else.
pub fn login(mut socket: TcpStream, shared: &Shared) -> Result<Option<Stream>, Failure> {
    loop {
        let mut request = [0; 8];
        if socket.read_exact(&mut request).is_err() {
            return Ok(None);
        }
        match Fields(&request[4..]).i32() {
            SSL_REQUEST => break,
            GSS_REQUEST => socket.write_all(b"N")?,
            _ => return Ok(None),
        }
    }
    socket.write_all(b"S")?;
    let mut stream = Stream::new(socket, shared.tls.clone())?;
    // The start-up has no type byte.
    loop {
        if let Some(length) = stream.input.get(..4) {
            let length = Fields(length).i32().max(8) as usize;
            if stream.input.len() >= length {
                stream.input.advance(length);
                break;
            }
        }
        if !stream.fill()? {
            return Ok(None);
        }
    }
    message(&mut stream.out, b'R', |out| {
        out.put_u32(10);
        out.put_slice(b"SCRAM-SHA-256\0\0");
    });
    let mut nonce = [0; 9];
    getrandom::fill(&mut nonce).map_err(|error| error.to_string())?;
    let nonce: String = nonce.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut exchange = ServerExchange::new(Mechanism::Sha256, &nonce)?;
    let Some((_, first)) = next_message(&mut stream)? else {
        return Ok(None);
    };
    let mut fields = Fields(&first);
    fields.cstr();
    fields.i32();
    exchange.client_first(fields.0)?;
    let challenge = exchange.challenge(shared.verifier.clone())?;
    message(&mut stream.out, b'R', |out| {
        out.put_u32(11);
        out.put_slice(&challenge);
    });
    let Some((_, last)) = next_message(&mut stream)? else {
        return Ok(None);
    };
    let signature = exchange.finish(&last)?;
    message(&mut stream.out, b'R', |out| {
        out.put_u32(12);
        out.put_slice(&signature);
    });
    message(&mut stream.out, b'R', |out| out.put_u32(0));
    for (name, value) in [
        ("server_version", "18.0"),
        ("server_encoding", "UTF8"),
        ("client_encoding", "UTF8"),
        ("DateStyle", "ISO, MDY"),
        ("TimeZone", "UTC"),
        ("integer_datetimes", "on"),
        ("standard_conforming_strings", "on"),
    ] {
        message(&mut stream.out, b'S', |out| {
            for text in [name, value] {
                out.put_slice(text.as_bytes());
                out.put_u8(0);
            }
        });
    }
    message(&mut stream.out, b'K', |out| {
        out.put_u32(1);
        out.put_u32(1);
    });
    message(&mut stream.out, b'Z', |out| out.put_u8(b'I'));
    Ok(Some(stream))
}
