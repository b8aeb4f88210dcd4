//! The QR code of a paper, as vector picture.

use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};

use crate::TypesetError;

/// An SVG of `text`, error correction level M (a stamp or a fold may cover 15 %), with the quiet zone of four modules.
pub(crate) fn svg(text: &str) -> Result<String, TypesetError> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(|_| TypesetError::Qr(text.len()))?;
    Ok(code.render::<svg::Color<'_>>().module_dimensions(4, 4).quiet_zone(true).build())
}
