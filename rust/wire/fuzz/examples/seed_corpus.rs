//! Writes a first corpus below the folder given: one well-formed input for the layouts that chance finds slowly.

use std::path::Path;
use std::{env, fs, io};

use bytes::BytesMut;
use sbwp::frame::{flags, write_frame, Header};
use sbwp::message::copy_packet::{CopyType, CopyValue, RowsetWriter, SbcpWriter};
use sbwp::message::*;
use sbwp_fuzz::{Sender, FAMILIES};

fn from_client() -> Vec<ClientMessage> {
    let text = || StartupParameter::text("database", "demo");
    vec![
        ClientMessage::Startup(Startup {
            parameters: vec![text(), text()],
            extensions: vec![StartupExtension::default()],
            ..Startup::default()
        }),
        ClientMessage::Startup(Startup {
            generation: Generation::Legacy,
            parameters: vec![text()],
            ..Startup::default()
        }),
        ClientMessage::Query(Query {
            sql: "SELECT 1".into(),
            script: Some(ScriptMetadata::default()),
            ..Query::default()
        }),
        ClientMessage::Parse(Parse {
            statement: "s".into(),
            sql: "SELECT $1".into(),
            oids: vec![23, 0],
        }),
        ClientMessage::Bind(Bind {
            portal: "p".into(),
            statement: "s".into(),
            formats: vec![0, 1],
            values: vec![Some("1".into()), None],
            result_formats: vec![0],
        }),
        ClientMessage::ArrayBind(ArrayBind {
            slots: vec![ArraySlot::default(), ArraySlot::default()],
            rows: vec![vec![
                ArrayCell::new(0, cell_encoding::TEXT, Some("1".into())),
                ArrayCell::new(1, cell_encoding::TEXT, None),
            ]],
            ..ArrayBind::default()
        }),
        ClientMessage::SblrExecute(SblrExecute {
            envelope: "ENVEL".into(),
            values: vec![Some("1".into()), None],
            ..SblrExecute::default()
        }),
        ClientMessage::TxnCommit(TxnCommit {
            flags: 0,
            idempotency: Some(Idempotency::default()),
        }),
        ClientMessage::TxnStatus(TxnStatusQuery::default()),
        ClientMessage::TraceContext(TraceContext::default()),
    ]
}

fn from_server() -> Vec<ServerMessage> {
    let column = |oid| {
        let mut column = ColumnDescription::new("c", oid, 0);
        column.texts.remarks = Some("remark".into());
        column.length = Some(3);
        column
    };
    let legacy = RowDescription {
        generation: Generation::Legacy,
        ..RowDescription::new(vec![column(23)])
    };
    vec![
        ServerMessage::RowDescription(RowDescription::new(vec![column(20), column(1184)])),
        ServerMessage::RowDescription(legacy),
        ServerMessage::DataRow(Row {
            values: vec![Some("1".into()), None, Some("text".into())],
        }),
        ServerMessage::ParameterDescription(ParameterDescription::new(vec![ParameterInfo::new(
            1007,
        )])),
        ServerMessage::Ready(Ready::new(
            [1; 16],
            42,
            state::TRANSACTION,
            reason::STARTUP,
            feature::RECOMMENDED,
        )),
        ServerMessage::ServerInfo(ServerInfo::default()),
        ServerMessage::ParameterStatus(ParameterStatus::new(vec![ParameterEntry::new(
            "key", "value",
        )])),
        ServerMessage::Error(Diagnostic::new("ERROR", "42000", "message", "detail")),
        ServerMessage::CommandComplete(CommandComplete::new("SELECT 1", 1)),
        ServerMessage::TxnStatus(TxnStatus::Finality(TxnFinality::default())),
        ServerMessage::Cancelled(Cancelled::default()),
        ServerMessage::Notification(Notification::Message {
            process_id: 7,
            channel: "news".into(),
            data: "hello".into(),
            change: Some(RowChange {
                kind: b'I',
                row_id: Some(9),
            }),
        }),
        ServerMessage::CopyOutResponse(CopyOutResponse {
            format: 0,
            columns: vec![0, 1],
        }),
    ]
}

fn payload(encode: impl FnOnce(&mut BytesMut) -> Result<(), EncodeError>) -> Vec<u8> {
    let mut out = BytesMut::new();
    encode(&mut out).expect("a seed can be written");
    out.to_vec()
}

fn rowset() -> Vec<u8> {
    payload(|out| {
        let mut writer = RowsetWriter::new(out, [("id", CopyType::Int64), ("s", CopyType::Text)]);
        writer.row([CopyValue::Int64(1), CopyValue::Text("x")]);
        writer.row([CopyValue::Int64(2), CopyValue::Null]);
        writer.finish().map(|_| ())
    })
}

fn named() -> Vec<u8> {
    payload(|out| {
        let mut writer = SbcpWriter::new(out);
        writer.row(&[("id", Some("1")), ("s", None)]);
        writer.finish()
    })
}

fn frames() -> Vec<u8> {
    let mut out = BytesMut::from(&[16, 1][..]);
    for flags in [0, flags::PARTIAL, flags::FINAL] {
        let mut header = Header::new(kind::QUERY);
        header.flags = flags;
        write_frame(&mut out, header, |out| {
            encode_query(out, 0, 0, 0, "SELECT 1")
        })
        .expect("a seed can be written");
    }
    out.to_vec()
}

fn main() -> io::Result<()> {
    let folder = env::args_os().nth(1).unwrap_or_else(|| "corpus".into());
    let save = |target: &str, name: &str, bytes: &[u8]| {
        let folder = Path::new(&folder).join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(name), bytes)
    };
    let client = from_client()
        .into_iter()
        .map(|m| (Sender::Client, m.kind(), payload(|out| m.encode(out))));
    let server = from_server()
        .into_iter()
        .map(|m| (Sender::Server, m.kind(), payload(|out| m.encode(out))));
    for (number, (from, code, payload)) in client.chain(server).enumerate() {
        for (target, family) in FAMILIES {
            if let Some(pick) = family.iter().position(|member| *member == (from, code)) {
                let input = [&[pick as u8][..], &payload].concat();
                save(target, &format!("seed_{number}"), &input)?;
            }
        }
        let input = [&[from as u8, code][..], &payload].concat();
        save("message_any", &format!("seed_{number}"), &input)?;
    }
    for (target, name, input) in sbwp_fuzz::types::seeds() {
        save(target, &name, &input)?;
    }
    save(
        "scram",
        "seed_first",
        b"\0r=0123456789abcdefX,s=c2FsdA==,i=1",
    )?;
    save(
        "scram",
        "seed_final",
        b"\0c=biws,r=abc0123456789abcdef,p=AAAA",
    )?;
    save("frame_reader", "seed", &frames())?;
    save("copy_packet", "seed_rowset", &rowset())?;
    save("copy_packet", "seed_named", &named())?;
    save("copy_packet", "seed_lines", b"id=1;s=x\nid=2;s=NULL\n")?;
    save(
        "manager",
        "seed",
        b"\x69MCP1\x04\0\0\0demo\0\0\0\0\0\0\0\0\0\0",
    )
}
