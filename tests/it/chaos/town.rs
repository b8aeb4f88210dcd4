//! A session in full swing: the program, and ten people who work by their scripts.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::client::{Client, Cut, Dice, News, Orders};
use super::history::{History, Stored};
use super::office::{SEATS, Seat, begin_session, furnish, new_session, seat_of};
use super::scripts::script_of;
use crate::support::process::{House, PATIENCE, Process};

pub struct Town {
    pub house: Arc<House>,
    pub process: Option<Process>,
    orders: watch::Sender<Orders>,
    people: Vec<Person>,
}

struct Person {
    seat: &'static Seat,
    news: mpsc::Receiver<News>,
    history: Arc<Mutex<History>>,
    work: JoinHandle<()>,
}

/// How long a start took: until it was ready, and until everybody was back.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    pub ready: Duration,
    pub all_back: Duration,
}

impl Town {
    /// A session in progress; everybody is at their page and nobody has done anything yet.
    pub async fn begins(seed: u64) -> Self {
        let house = Arc::new(House::new());
        furnish(&house).await;
        let (process, _) = house.start().await;
        let mut clients = Vec::new();
        for (n, seat) in (1..).zip(&SEATS) {
            clients.push(Client::sign_in(&house, seat, Dice(seed ^ (n << 48))).await);
        }
        let cookie = |login: &str| clients.iter().find(|client| client.seat.login == login).unwrap().cookie.clone();
        begin_session(&house, &cookie("head"), &cookie("desk"), &new_session()).await;
        let (orders, ordered) = watch::channel(Orders::default());
        let employ = |client: Client| {
            let (tell, news) = mpsc::channel(64);
            let (seat, history) = (client.seat, Arc::clone(&client.history));
            let work = tokio::spawn(client.works(script_of(seat), ordered.clone(), tell));
            Person { seat, news, history, work }
        };
        let mut town = Self { house: Arc::clone(&house), process: Some(process), orders, people: Vec::new() };
        town.people = clients.into_iter().map(employ).collect();
        town.all_back().await;
        town
    }

    /// Everybody goes on working after start number `round`.
    pub fn go(&self, round: u32) {
        self.orders.send_modify(|orders| orders.go = round);
    }

    /// Starts the program again, and waits for everybody.
    pub async fn starts_again(&mut self) -> Start {
        let began = Instant::now();
        let (process, ready) = self.house.start().await;
        self.process = Some(process);
        Start { ready, all_back: self.all_back().await.duration_since(began) }
    }

    async fn all_back(&mut self) -> Instant {
        let mut last = Instant::now();
        for person in &mut self.people {
            match person.hears_news().await {
                News::Back(at) => last = last.max(at),
                other => panic!("{}: {other:?}", person.seat.login),
            }
        }
        last
    }

    /// Waits until everybody has read what the program had to say before it went.
    pub async fn all_cut(&mut self) -> Vec<Cut> {
        let mut cuts = Vec::new();
        for person in &mut self.people {
            match person.hears_news().await {
                News::Cut(cut) => cuts.push(cut),
                other => panic!("{}: {other:?}", person.seat.login),
            }
        }
        cuts
    }

    /// What everybody did and was told so far.
    pub fn histories(&self) -> Vec<(&'static Seat, History)> {
        self.people.iter().map(|person| (person.seat, person.history.lock().unwrap().clone())).collect()
    }

    /// Acts that were acknowledged so far.
    pub fn acknowledged(&self) -> usize {
        self.people.iter().map(|person| person.history.lock().unwrap().acknowledged()).sum()
    }

    /// Waits until so many acts were acknowledged.
    pub async fn has_done(&self, acts: usize) {
        let began = Instant::now();
        while self.acknowledged() < acts {
            assert!(began.elapsed() < PATIENCE, "hardly anything is done\n{}", self.house.said());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until everybody's page shows every point as linked.
    pub async fn all_linked(&self) {
        let began = Instant::now();
        while !self.people.iter().all(|person| person.history.lock().unwrap().all_linked) {
            assert!(began.elapsed() < PATIENCE, "a point is never back\n{}", self.house.said());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub fn history_of(&self, login: &str) -> History {
        let seat = seat_of(login);
        self.people.iter().find(|person| std::ptr::eq(person.seat, seat)).unwrap().history.lock().unwrap().clone()
    }

    /// Holds what survived against what everybody was told.
    pub async fn holds(&self, when: &str) -> Stored {
        let stored = Stored::read(&self.house.copy().await.store).await;
        let faults = stored.faults(&self.histories());
        assert!(faults.is_empty(), "{when}: {} faults\n{}\n{}", faults.len(), faults.join("\n"), self.house.said());
        stored
    }

    /// Everybody gets their last answers and leaves.
    pub async fn ends(&mut self) {
        self.orders.send_modify(|orders| orders.stop = true);
        for person in &mut self.people {
            let work = &mut person.work;
            tokio::time::timeout(PATIENCE, work).await.expect("an end").unwrap();
        }
    }
}

impl Person {
    async fn hears_news(&mut self) -> News {
        let news = tokio::time::timeout(PATIENCE, self.news.recv()).await;
        let Ok(Some(news)) = news else {
            // The reason is in the panic of the task itself.
            panic!("{} does nothing any more", self.seat.login);
        };
        news
    }
}
