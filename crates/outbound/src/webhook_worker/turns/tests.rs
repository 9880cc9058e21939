use super::*;

const LIMITS: Limits =
    Limits { prompt_endpoints: 4, doubtful_endpoints: 1_000, hanging: 3, per_host: 8, batch: 50 };
const NOW: Instant = Instant::from_micros(1_000_000_000_000);
const LEASE: Duration = Duration::from_secs(40);

fn stand(lane: Lane, number: u128) -> Stand {
    Stand { lane, endpoint: WebhookEndpointId(uuid::Uuid::from_u128(number)) }
}

fn prompt(number: u128) -> Stand {
    stand(Lane::Prompt, number)
}

fn doubtful(number: u128) -> Stand {
    stand(Lane::Doubtful, number)
}

impl Turns<u32> {
    /// Something that was claimed at a moment: answers what is begun.
    fn comes(&mut self, stand: Stand, host: &str, job: u32, at: Instant) -> Vec<u32> {
        let new = Waiting { stand, host: host.to_owned(), leased_until: at + LEASE, job };
        assert_eq!(self.accept(new), None);
        self.advance(stand, at)
    }

    fn room(&self, lane: Lane) -> u64 {
        self.wanted(lane).endpoints
    }

    /// Claims and begins as many doubtful ones as there is room for, each with a host of its own.
    fn fill(&mut self, from: u128) -> u128 {
        let room = u128::from(self.room(Lane::Doubtful));
        for number in from..from + room {
            assert_eq!(self.comes(doubtful(number), &number.to_string(), 0, NOW), [0]);
        }
        from + room
    }
}

#[test]
fn f_32_those_that_hang_take_no_place_of_those_that_answer() {
    let mut turns = Turns::new(LIMITS);
    let mut begun = 0;
    assert!(!turns.is_crowded(), "whoever is new is looked for at once");
    // Ten thousand that hang are due all the time: only so many are begun in a while, and so many at once.
    for _ in 0..LIMITS.doubtful_endpoints.div_ceil(BEGUN) {
        turns.tick();
        let before = begun;
        begun = turns.fill(begun);
        assert!(begun - before <= BEGUN as u128);
        assert_eq!(turns.room(Lane::Doubtful), 0, "that was all for now");
        assert_eq!((turns.room(Lane::Prompt), turns.wanted(Lane::Prompt).except.len()), (4, 0));
        assert_eq!(turns.comes(prompt(1), "healthy", 7, NOW), [7]);
        assert!(turns.over(prompt(1), true, NOW).is_empty());
    }
    assert_eq!(begun, LIMITS.doubtful_endpoints as u128);
    assert!(turns.is_crowded());
    turns.tick();
    assert_eq!(turns.room(Lane::Doubtful), 0, "every place is taken");
    // The places of those that ran into their time limit are given away with the next tick, not one by one.
    for number in 0..200 {
        turns.over(doubtful(number), false, NOW);
    }
    assert_eq!(turns.room(Lane::Doubtful), BEGUN as u64);
    assert_eq!(turns.fill(begun) - begun, BEGUN as u128);
    assert_eq!(turns.room(Lane::Doubtful), 0);
    turns.tick();
    assert_eq!(turns.room(Lane::Doubtful), BEGUN as u64, "and so on");
}

#[test]
fn those_that_are_new_and_answer_are_not_slowed_down() {
    let mut turns = Turns::new(LIMITS);
    let mut begun = 0;
    for _ in 0..20 {
        let before = begun;
        begun = turns.fill(begun);
        assert_eq!(begun - before, BEGUN as u128, "each answer makes room for another one, without a tick");
        for number in before..begun {
            turns.over(doubtful(number), true, NOW);
        }
    }
}

#[test]
fn what_hangs_all_of_a_sudden_has_one_request_under_way() {
    let mut turns = Turns::new(LIMITS);
    // It answered: eight may be under way.
    assert_eq!(turns.comes(prompt(1), "a", 0, NOW), [0]);
    for job in 1..30 {
        turns.comes(prompt(1), "a", job, NOW);
    }
    assert_eq!(turns.over(prompt(1), true, NOW), [1, 2]);
    for _ in 0..6 {
        turns.over(prompt(1), true, NOW);
    }
    assert_eq!(turns.prompt[&prompt(1).endpoint].under_way, 8);
    // The next time it does not.
    assert_eq!(turns.comes(prompt(2), "b", 0, NOW), [0]);
    assert!(turns.comes(prompt(2), "b", 1, NOW).is_empty());
    assert!(turns.comes(prompt(2), "b", 2, NOW).is_empty());
    assert_eq!(turns.room(Lane::Prompt), 2);
    // There is room for three requests that hang: not for the eight of the first.
    assert_eq!(turns.give_up_places([prompt(1), prompt(2)]), [1, 2]);
    assert_eq!(turns.room(Lane::Prompt), 3);
    // Its place is another's, but nothing is claimed for it; what was just being claimed is given back.
    assert!(turns.wanted(Lane::Prompt).except.contains(&prompt(2).endpoint));
    let late = Waiting { stand: prompt(2), host: "b".to_owned(), leased_until: NOW + LEASE, job: 3 };
    assert_eq!(turns.accept(late), Some(3));
    assert!(turns.over(prompt(2), false, NOW).is_empty());
    assert!(!turns.wanted(Lane::Prompt).except.contains(&prompt(2).endpoint), "it is forgotten");
}

#[test]
fn many_endpoints_of_one_host_that_hangs_take_turns_and_none_is_forgotten() {
    let mut turns = Turns::new(LIMITS);
    let mut under_way: VecDeque<u128> = VecDeque::new();
    for number in 0..100 {
        let begun = turns.comes(doubtful(number), "one", u32::try_from(number).unwrap(), NOW);
        under_way.extend(begun.into_iter().map(u128::from));
    }
    assert_eq!(under_way.len(), LIMITS.per_host);
    // One round of them ends in time for the next, then what was taken for the others is anybody's again.
    for (at, begun) in [(15, 8), (30, 0)] {
        let at = NOW + Duration::from_secs(at);
        let mut next: Vec<u32> = Vec::new();
        for number in std::mem::take(&mut under_way) {
            next.extend(turns.over(doubtful(number), false, at));
        }
        assert_eq!(next.len(), begun);
        under_way.extend(next.into_iter().map(u128::from));
    }
    assert!(turns.doubtful.is_empty() && turns.hosts.is_empty(), "somebody waits for ever");
    assert!(turns.wanted(Lane::Doubtful).except.is_empty());
}

#[test]
fn what_was_not_begun_is_given_back_at_the_end() {
    let mut turns = Turns::new(LIMITS);
    assert_eq!(turns.comes(prompt(1), "a", 1, NOW), [1]);
    assert!(turns.comes(prompt(1), "a", 2, NOW).is_empty());
    assert_eq!(turns.drain(), [2]);
    assert!(turns.over(prompt(1), true, NOW).is_empty());
    assert!(turns.prompt.is_empty() && turns.hosts.is_empty());
}
