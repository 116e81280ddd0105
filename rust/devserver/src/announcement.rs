//! The one line on standard output that says where the server listens, as JSON.

use crate::options::Options;

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            control if control < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// The announcement of a server on this port.
pub fn line(options: &Options, port: u16, made_certificate: bool) -> String {
    let ca_file = match made_certificate {
        true => {
            let path =
                std::path::absolute(&options.ca_file).unwrap_or_else(|_| options.ca_file.clone());
            quoted(&path.to_string_lossy())
        }
        false => "null".to_owned(),
    };
    let socket = match &options.socket {
        Some(path) => quoted(&path.to_string_lossy()),
        None => "null".to_owned(),
    };
    format!(
        "{{\"host\": {}, \"port\": {port}, \"database\": {}, \"ca_file\": {ca_file}, \"socket\": {socket}, \"pid\": {}}}",
        quoted(&options.host),
        quoted(&options.database),
        std::process::id()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[test]
    fn it_is_json() {
        let options = Options::parse_from([
            "x",
            "--backend",
            "b",
            "--database",
            "a\"b\\\n",
            "--socket",
            "/tmp/s",
        ]);
        let value: serde_json::Value = serde_json::from_str(&line(&options, 7, false)).unwrap();
        assert_eq!(value["port"], 7);
        assert_eq!(value["database"], "a\"b\\\n");
        assert_eq!(value["socket"], "/tmp/s");
        assert!(value["ca_file"].is_null());
    }
}
