//! How a message states its layout once, for both directions: the `layout!` macro and the trait behind it.

use super::error::DecodeError;
use super::reader::Reader;
use super::writer::Writer;

/// A payload with a reader and a writer.
pub(crate) trait Layout: Sized {
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError>;
    fn write(&self, w: &mut Writer<'_>);
}

/// `decode` and `encode` of a type that has a [`Layout`]. `strict` refuses bytes after the message; `open`
/// skips them: what a later server appends must not break a client.
macro_rules! codec {
    (strict $name:ident = $label:literal) => {
        $crate::message::layout::codec!(@ $name, $label, finish);
    };
    (open $name:ident = $label:literal) => {
        $crate::message::layout::codec!(@ $name, $label, take_rest);
    };
    (@ $name:ident, $label:literal, $end:ident) => {
        impl $name {
            #[doc = concat!("Reads the payload of ", $label, ".")]
            ///
            /// # Errors
            /// A payload that does not have the layout; the error names field and offset.
            pub fn decode(payload: &[u8]) -> Result<Self, $crate::message::DecodeError> {
                Self::decode_as($label, payload)
            }

            #[doc = concat!("Appends the payload of ", $label, " to `out`.")]
            ///
            /// # Errors
            /// What the wire cannot carry; `out` is then to be thrown away or cut back.
            pub fn encode(&self, out: &mut bytes::BytesMut) -> Result<(), $crate::message::EncodeError> {
                self.encode_as($label, out)
            }

            pub(crate) fn decode_as(
                label: &'static str,
                payload: &[u8],
            ) -> Result<Self, $crate::message::DecodeError> {
                let mut r = $crate::message::reader::Reader::new(label, payload);
                let message = <Self as $crate::message::layout::Layout>::read(&mut r)?;
                $crate::message::layout::codec!(@end $end, r);
                Ok(message)
            }

            pub(crate) fn encode_as(
                &self,
                label: &'static str,
                out: &mut bytes::BytesMut,
            ) -> Result<(), $crate::message::EncodeError> {
                let mut w = $crate::message::writer::Writer::new(label, out);
                $crate::message::layout::Layout::write(self, &mut w);
                w.finish()
            }
        }
    };
    (@end finish, $r:ident) => { $r.finish()?; };
    (@end take_rest, $r:ident) => { $r.take_rest(); };
}

/// A struct that is a list of fields on the wire: `name: Type = codec`, where the codec is a method of
/// the reader and the writer. `hides(name)` keeps a field, such as a password, out of `Debug`.
macro_rules! layout {
    ($mode:ident $label:literal hides($hidden:ident)
     $(#[$meta:meta])* pub struct $name:ident {
        $( $(#[$field_meta:meta])* $field:ident : $type:ty = $codec:ident ),* $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, Default)]
        pub struct $name {
            $( $(#[$field_meta])* pub $field: $type, )*
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let mut shown = f.debug_struct(stringify!($name));
                $(
                    if stringify!($field) == stringify!($hidden) {
                        shown.field(stringify!($field), &format_args!("***"));
                    } else {
                        shown.field(stringify!($field), &self.$field);
                    }
                )*
                shown.finish()
            }
        }

        $crate::message::layout::layout!(@wire $mode $label $name { $( $field = $codec, )* });
    };
    ($mode:ident $label:literal
     $(#[$meta:meta])* pub struct $name:ident {
        $( $(#[$field_meta:meta])* $field:ident : $type:ty = $codec:ident ),* $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        pub struct $name {
            $( $(#[$field_meta])* pub $field: $type, )*
        }

        $crate::message::layout::layout!(@wire $mode $label $name { $( $field = $codec, )* });
    };
    (@wire $mode:ident $label:literal $name:ident { $( $field:ident = $codec:ident, )* }) => {
        impl $crate::message::layout::Layout for $name {
            fn read(
                r: &mut $crate::message::reader::Reader<'_>,
            ) -> Result<Self, $crate::message::DecodeError> {
                Ok(Self { $( $field: r.$codec(stringify!($field))?, )* })
            }

            fn write(&self, w: &mut $crate::message::writer::Writer<'_>) {
                $( w.$codec(stringify!($field), &self.$field); )*
            }
        }

        $crate::message::layout::codec!($mode $name = $label);
    };
}

pub(crate) use {codec, layout};
