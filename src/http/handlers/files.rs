//! Files of visits: in by the officer beside the citizen, out as something to keep, never to run.

use axum::Json;
use axum::extract::{Multipart, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::sessions::id;
use crate::app::files::Upload;
use crate::auth::sign_in::Caller;
use crate::domain::actor::Actor;
use crate::domain::cases::{FileKind, StoredFile};
use crate::domain::ids::{CommandId, FileId, PointId, SessionId, VisitId};
use crate::domain::refusal::Refusal;
use crate::domain::units::DeviceKind;
use crate::error::AppError;
use crate::http::context::App;
use crate::protocol::command::Command;
use crate::room::standing::About;

/// `POST …/files`: stored and sealed first, then named by the visit; both or the sender is told.
pub(in crate::http) async fn attach(
    State(app): State<App>,
    caller: Caller,
    Path((session, visit)): Path<(String, String)>,
    form: Multipart,
) -> Result<(StatusCode, Json<StoredFile>), AppError> {
    let (session, visit): (SessionId, VisitId) = (id(&session)?, id(&visit)?);
    let form = Form::read(form).await?;
    let actor = caller.actor(form.point, DeviceKind::Companion);
    app.rooms.sit(&actor, caller.kiosk_point(), session).await?;
    let (room, look) = app.rooms.enter(&actor, session, "http.files.attach", About::Visit(visit)).await?;
    let class = look.state.visits.get(&visit).map(|visit| visit.about.class).unwrap_or_default();
    let upload = form.upload(&actor, (session, visit), class)?;
    let file = app.files.store(upload, FileId(app.clock.new_id()), app.clock.now()).await?;
    let command = Command::AttachFile { visit, file: file.clone() };
    room.command(actor, CommandId(app.clock.new_id()), command).await?;
    Ok((StatusCode::CREATED, Json(file)))
}

/// `GET …/files/{file}`.
pub(in crate::http) async fn read(
    State(app): State<App>,
    caller: Caller,
    Path(file): Path<String>,
) -> Result<Response, AppError> {
    let row = app.files.row(id::<FileId>(&file)?).await?.ok_or(AppError::NotFound)?;
    let about = row.file.visit.map_or(About::Session, About::Visit);
    app.rooms.read(&caller, row.session, "http.files.read", about).await?;
    let bytes = app.files.bytes(&row).await?;
    let mut headers = HeaderMap::new();
    let kind = HeaderValue::from_str(&row.file.media_type).map_err(|error| AppError::Internal(error.to_string()))?;
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert(header::CONTENT_DISPOSITION, disposition(&row.file.name)?);
    // Whatever a file holds, it runs nothing and loads nothing.
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    Ok((headers, bytes).into_response())
}

/// As an attachment, with the name in UTF-8 (RFC 6266, RFC 8187).
fn disposition(name: &str) -> Result<HeaderValue, AppError> {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let encoded: String = name
        .bytes()
        .map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect();
    HeaderValue::from_str(&format!("attachment; filename*=UTF-8''{encoded}"))
        .map_err(|error| AppError::Internal(error.to_string()))
}

/// The parts of the form.
#[derive(Default)]
struct Form {
    bytes: Option<Vec<u8>>,
    name: String,
    kind: Option<FileKind>,
    pages: Option<u32>,
    condition: String,
    point: Option<PointId>,
}

impl Form {
    async fn read(mut form: Multipart) -> Result<Self, AppError> {
        let wrong = |error: axum::extract::multipart::MultipartError| match error.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Refusal::new("file_too_large").field("file").into(),
            _ => AppError::BodyMalformed(None),
        };
        let malformed = |field: &str| AppError::BodyMalformed(Some(field.to_owned()));
        let mut read = Self::default();
        while let Some(part) = form.next_field().await.map_err(wrong)? {
            let name = part.name().unwrap_or_default().to_owned();
            if name == "file" {
                read.name = part.file_name().unwrap_or_default().to_owned();
                read.bytes = Some(part.bytes().await.map_err(wrong)?.to_vec());
                continue;
            }
            let text = part.text().await.map_err(wrong)?;
            match name.as_str() {
                "kind" => {
                    let kind = serde_json::from_value(serde_json::Value::String(text));
                    read.kind = Some(kind.map_err(|_| malformed("kind"))?);
                }
                "pages" => read.pages = Some(text.parse().map_err(|_| malformed("pages"))?),
                "condition" => read.condition = text,
                "point" => read.point = Some(text.parse().map_err(|_| malformed("point"))?),
                _ => return Err(AppError::BodyMalformed(Some(name))),
            }
        }
        Ok(read)
    }

    fn upload(
        self,
        actor: &Actor,
        (session, visit): (SessionId, VisitId),
        class: crate::domain::people::Class,
    ) -> Result<Upload, AppError> {
        let missing = |field: &str| AppError::BodyMalformed(Some(field.to_owned()));
        let kind = self.kind.filter(|kind| *kind != FileKind::Paper).ok_or_else(|| missing("kind"))?;
        let bytes = self.bytes.ok_or_else(|| missing("file"))?;
        let Self { name, pages, condition, point, .. } = self;
        Ok(Upload { by: actor.label(), session, visit, class, kind, name, pages, condition, point, bytes })
    }
}
