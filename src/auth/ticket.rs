//! Tickets for the socket: JWT (RFC 7519) with the fixed algorithm EdDSA, one type, one audience, 30 s, one use
//! (RFC 8725). The key lives in memory: a restart makes tickets worthless, and clients fetch new ones.

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::chain::Hash;
use crate::domain::ids::{PointId, SessionId, UserId};
use crate::domain::units::DeviceKind;
use crate::error::AppError;
use crate::limits;

const TYPE: &str = "ws-ticket+jwt";
const AUDIENCE: &str = "diemcau/ws";
const ISSUER: &str = "diemcau";
/// Our tickets have some 500 bytes; what is much longer is not parsed.
const LONGEST: usize = 2048;

/// What a ticket says. No personal data: ids alone.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    pub iss: String,
    pub aud: String,
    pub sub: UserId,
    pub jti: Uuid,
    /// Seconds since 1970.
    pub iat: i64,
    pub exp: i64,
    /// Session the socket is for.
    pub session: SessionId,
    pub point: Option<PointId>,
    pub device: DeviceKind,
    /// Digest of the sign-in that asked: the upgrade must come with the same one.
    pub sign_in: Hash,
}

/// What a ticket is asked for.
#[derive(Clone, Debug)]
pub struct Purpose {
    pub user: UserId,
    pub session: SessionId,
    pub point: Option<PointId>,
    pub device: DeviceKind,
    pub sign_in: Hash,
}

/// Makes and reads tickets.
pub struct Tickets {
    signing: EncodingKey,
    checking: DecodingKey,
    kid: String,
}

impl Tickets {
    /// With a new key for this run of the process.
    pub fn new(kid: Uuid) -> Result<Self, AppError> {
        let failed = || AppError::Internal("no ticket key".to_owned());
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| failed())?;
        let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).map_err(|_| failed())?;
        Ok(Self {
            signing: EncodingKey::from_ed_der(document.as_ref()),
            checking: DecodingKey::from_ed_der(pair.public_key().as_ref()),
            kid: kid.to_string(),
        })
    }

    /// A ticket for one upgrade.
    pub fn issue(&self, purpose: Purpose, jti: Uuid, now: Timestamp) -> Result<String, AppError> {
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(self.kid.clone());
        let iat = now.as_second();
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: purpose.user,
            jti,
            iat,
            exp: iat.saturating_add(i64::try_from(limits::TICKET.as_secs()).unwrap_or(0)),
            session: purpose.session,
            point: purpose.point,
            device: purpose.device,
            sign_in: purpose.sign_in,
        };
        jsonwebtoken::encode(&header, &claims, &self.signing).map_err(|error| AppError::Internal(error.to_string()))
    }

    /// What a ticket says, if it is ours, for this use and in time. Whether it was used before is the store's to say.
    pub fn read(&self, token: &str, now: Timestamp) -> Result<Claims, AppError> {
        if token.len() > LONGEST {
            return Err(AppError::TicketInvalid);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| AppError::TicketInvalid)?;
        if header.typ.as_deref() != Some(TYPE) || header.kid.as_deref() != Some(self.kid.as_str()) {
            return Err(AppError::TicketInvalid);
        }
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        // The crate reads its own clock; ours is passed in.
        validation.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &self.checking, &validation)
            .map_err(|_| AppError::TicketInvalid)?
            .claims;
        let now = now.as_second();
        if now >= claims.exp {
            return Err(AppError::TicketExpired);
        }
        // Same machine, same clock: a ticket from the future is not ours.
        if claims.iat > now { Err(AppError::TicketInvalid) } else { Ok(claims) }
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
    use serde_json::json;

    use super::*;

    fn purpose() -> Purpose {
        Purpose {
            user: UserId(Uuid::from_u128(1)),
            session: SessionId(Uuid::from_u128(2)),
            point: None,
            device: DeviceKind::Main,
            sign_in: Hash([7; 32]),
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_ticket_lives_thirty_seconds() {
        let tickets = Tickets::new(Uuid::from_u128(9)).unwrap();
        let token = tickets.issue(purpose(), Uuid::from_u128(3), at(1000)).unwrap();
        assert_eq!(tickets.read(&token, at(1029)).unwrap().jti, Uuid::from_u128(3));
        assert_eq!(tickets.read(&token, at(1030)), Err(AppError::TicketExpired));
        assert_eq!(tickets.read(&token, at(999)), Err(AppError::TicketInvalid));
    }

    #[test]
    fn what_is_not_ours_is_invalid() {
        let kid = Uuid::from_u128(9);
        let tickets = Tickets::new(kid).unwrap();
        let good = tickets.issue(purpose(), Uuid::from_u128(3), at(1000)).unwrap();
        let parts: Vec<&str> = good.split('.').collect();
        let claims: serde_json::Value = serde_json::from_slice(&B64.decode(parts[1]).unwrap()).unwrap();
        let with_header =
            |header: serde_json::Value| format!("{}.{}.{}", B64.encode(header.to_string()), parts[1], parts[2]);
        let signed = |typ: &str, kid: &str, claims: &serde_json::Value| {
            let mut header = Header::new(Algorithm::EdDSA);
            header.typ = Some(typ.to_owned());
            header.kid = Some(kid.to_owned());
            jsonwebtoken::encode(&header, claims, &tickets.signing).unwrap()
        };
        let changed = |key: &str, value: serde_json::Value| {
            let mut claims = claims.clone();
            claims[key] = value;
            signed(TYPE, &kid.to_string(), &claims)
        };
        assert!(tickets.read(&signed(TYPE, &kid.to_string(), &claims), at(1001)).is_ok(), "the forger's tool works");
        let hs = {
            let mut header = Header::new(Algorithm::HS256);
            header.typ = Some(TYPE.to_owned());
            header.kid = Some(kid.to_string());
            let public = tickets.checking.try_get_as_bytes().unwrap().to_vec();
            jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(&public)).unwrap()
        };
        let cases = [
            ("empty", String::new()),
            ("huge", "a".repeat(100_000)),
            (
                "none",
                format!("{}.{}.", B64.encode(json!({"alg": "none", "typ": TYPE, "kid": kid}).to_string()), parts[1]),
            ),
            ("none, signature kept", with_header(json!({"alg": "none", "typ": TYPE, "kid": kid}))),
            ("HS256 with the public key", hs),
            ("path in kid", signed(TYPE, "../../etc/passwd", &claims)),
            ("other type", signed("JWT", &kid.to_string(), &claims)),
            ("other audience", changed("aud", json!("diemcau/download"))),
            ("other issuer", changed("iss", json!("elsewhere"))),
            ("no audience", changed("aud", json!(null))),
            ("unknown claim", changed("admin", json!(true))),
            ("cut", good.chars().take(good.len() - 4).collect()),
            (
                "payload of another",
                format!(
                    "{}.{}.{}",
                    parts[0],
                    B64.encode(claims.to_string().replace("000000000002", "000000000005")),
                    parts[2]
                ),
            ),
        ];
        for (name, token) in cases {
            assert_eq!(tickets.read(&token, at(1001)), Err(AppError::TicketInvalid), "{name}");
        }
        let other = Tickets::new(kid).unwrap();
        assert_eq!(other.read(&good, at(1001)), Err(AppError::TicketInvalid), "another key of the same name");
    }
}
