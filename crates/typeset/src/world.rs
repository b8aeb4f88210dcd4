//! What a form can reach while it is set: the common layout, its data, its QR code and four fonts. Nothing else exists:
//! no package, no file, no network, no clock.

use std::collections::HashMap;

use serde_json::Value;
use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};

use crate::letters::Letters;
use crate::{TypesetError, forms, qr};

pub(crate) const TINOS: [&[u8]; 4] = [
    include_bytes!("../../../config/fonts/Tinos-Regular.ttf"),
    include_bytes!("../../../config/fonts/Tinos-Bold.ttf"),
    include_bytes!("../../../config/fonts/Tinos-Italic.ttf"),
    include_bytes!("../../../config/fonts/Tinos-BoldItalic.ttf"),
];

/// The closed world of one paper.
pub(crate) struct PaperWorld {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    main: FileId,
    sources: HashMap<FileId, Source>,
    files: HashMap<FileId, Bytes>,
}

impl PaperWorld {
    /// A world whose main file is `form`, with `/data.json` and, if asked, `/qr.svg` beside it.
    pub(crate) fn new(form: &'static str, data: &Value, qr_text: Option<&str>) -> Result<Self, TypesetError> {
        let fonts: Vec<Font> = TINOS
            .iter()
            .map(|bytes| Font::new(Bytes::new(*bytes), 0).ok_or(TypesetError::Font))
            .collect::<Result<_, _>>()?;
        let data = Letters::of(&fonts).clean(data);
        let main = file("main.typ")?;
        let mut sources = HashMap::from([(main, Source::new(main, form.to_owned()))]);
        for (name, text) in forms::SHARED {
            let id = file(name)?;
            sources.insert(id, Source::new(id, (*text).to_owned()));
        }
        let mut files = HashMap::from([(file("data.json")?, Bytes::new(serde_json::to_vec(&data)?))]);
        if let Some(text) = qr_text {
            files.insert(file("qr.svg")?, Bytes::new(qr::svg(text)?.into_bytes()));
        }
        Ok(Self {
            library: LazyHash::new(Library::default()),
            book: LazyHash::new(FontBook::from_fonts(&fonts)),
            fonts,
            main,
            sources,
            files,
        })
    }
}

fn file(name: &str) -> Result<FileId, TypesetError> {
    let path = VirtualPath::new(name)
        .map_err(|error| TypesetError::Form { form: name.to_owned(), what: error.to_string() })?;
    Ok(RootedPath::new(VirtualRoot::Project, path).intern())
}

fn absent(id: FileId) -> FileError {
    FileError::NotFound(id.vpath().get_without_slash().into())
}

impl World for PaperWorld {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }
    fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }
    fn main(&self) -> FileId {
        self.main
    }
    fn source(&self, id: FileId) -> FileResult<Source> {
        self.sources.get(&id).cloned().ok_or_else(|| absent(id))
    }
    fn file(&self, id: FileId) -> FileResult<Bytes> {
        self.files.get(&id).cloned().ok_or_else(|| absent(id))
    }
    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.get(index).cloned()
    }
    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        None
    }
}
