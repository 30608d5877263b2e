//! The square code: text that a telephone's camera reads, as a picture and as signs in a terminal.

use qrcode::render::{svg, unicode::Dense1x2};
use qrcode::{EcLevel, QrCode};

use crate::error::Error;

/// Black on white, whatever the terminal's own colours are: a camera that meets a code inside out may not know it.
const INK_ON_PAPER: &str = "\u{1b}[38;5;16;48;5;231m";
const AS_BEFORE: &str = "\u{1b}[0m";

/// A QR code.
pub struct Square(QrCode);

impl Square {
    /// The code of a text. A signed note is far from being too long for one.
    pub fn of(text: &str) -> Result<Square, Error> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M);
        let code = code.map_err(|_| Error::Usage("this is too long for a square code".to_owned()));
        Ok(Square(code?))
    }

    /// A picture that stands in a page.
    pub fn svg(&self) -> String {
        let svg = self.0.render::<svg::Color<'_>>().module_dimensions(4, 4).build();
        // Within a page there is no second beginning of a document.
        svg.split_once("?>").map(|(_, picture)| picture.to_owned()).unwrap_or(svg)
    }

    /// Lines for a terminal, two rows of squares in each.
    pub fn terminal(&self) -> String {
        let signs = self.0.render::<Dense1x2>().build();
        let lines = signs.lines().map(|line| format!("{INK_ON_PAPER}{line}{AS_BEFORE}"));
        lines.collect::<Vec<_>>().join("\n")
    }
}

impl std::fmt::Debug for Square {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Square({0} by {0})", self.0.width())
    }
}
