//! Enums whose arms are fixed words.

/// Declares an enum that is one fixed word in the store, in JSON and on the command line.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$arm_doc:meta])* $arm:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$arm_doc])* $arm,)*
        }

        impl $name {
            /// Every arm, in the order they are offered.
            pub const ALL: &'static [Self] = &[$(Self::$arm),*];

            /// The fixed words, in the same order.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            /// The fixed word.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$arm => $word,)*
                }
            }

            /// Reads the fixed word.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|each| each.as_str() == word)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(super) use words;
