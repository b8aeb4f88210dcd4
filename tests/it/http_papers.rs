//! Who gets a paper, and what is said when there is none.

use uuid::Uuid;

use crate::support::web::Web;

#[tokio::test(flavor = "multi_thread")]
async fn papers_are_for_those_who_work_with_them() {
    let web = Web::start().await;
    let session = web.session().await;
    let attendance = format!("/api/v1/sessions/{session}/attendance.pdf");
    let minutes = format!("/api/v1/sessions/{session}/visits/{}/minutes.pdf", Uuid::from_u128(0xdead));
    // In a test "this program" is the test itself: with papers built in it is started, and what it says is no paper.
    let expected = if cfg!(feature = "pdf") { (500, "paper_process") } else { (501, "paper_not_built") };
    for login in ["officer", "head", "xa-a"] {
        let answer = web.get(&attendance, &web.sign_in(login).await).await;
        assert_eq!((answer.status, answer.code().as_str()), expected, "{login}");
    }
    for login in ["tech", "admin", "stranger"] {
        let answer = web.get(&attendance, &web.sign_in(login).await).await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{login}");
    }
    let answer = web.get(&minutes, &web.sign_in("officer").await).await;
    assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "a visit of nobody");
}
