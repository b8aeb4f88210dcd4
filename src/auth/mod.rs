//! Who you are: passwords, sign-ins, kiosks, tickets, tokens of machines. What you may do is `domain::access`.

pub mod device;
pub mod kiosk;
pub mod link;
pub mod password;
pub mod secret;
pub mod sign_in;
pub mod throttle;
pub mod ticket;
