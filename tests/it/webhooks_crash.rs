//! A receiver that dies: nothing that was answered with 200 is lost, and nothing is asked for twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::webhooks::{Hooked, SETTINGS, delivery, post};

/// Every delivery has asked for one run, about the person it was about; returns the persons.
fn each_asked_for_once(hooked: &Hooked) -> BTreeSet<u64> {
    let mut people = BTreeMap::new();
    for (row, triggers) in hooked.worked_off() {
        assert_eq!(triggers.len(), 1, "delivery {}: {triggers:?}", row.seq);
        for event in triggers[0].events.as_array().unwrap() {
            let id: u64 = event["id"].as_str().unwrap().parse().unwrap();
            *people.entry(id).or_insert(0) += 1;
        }
    }
    assert!(people.values().all(|times| *times == 1), "{people:?}");
    people.into_keys().collect()
}

#[test]
fn wherever_it_dies_what_was_answered_is_there_and_nothing_is_asked_for_twice() {
    let points = ["before-stored", "after-stored", "after-fetched", "before-asked", "after-asked"];
    std::thread::scope(|scope| {
        for (point, time) in points.into_iter().flat_map(|point| [(point, 1), (point, 3)]) {
            scope.spawn(move || {
                let hooked = Hooked::new(SETTINGS);
                let mut dying = hooked.receiver(Some(&format!("{point}:{time}")));
                let (mut answered, mut unanswered) = (BTreeSet::new(), Vec::new());
                for id in 1001..1006 {
                    let told = post(&dying.address(), &hooked.path, &delivery(&id.to_string(), &[id]));
                    match told {
                        Ok(answer) if answer.status == 200 => drop(answered.insert(id)),
                        _ => unanswered.push(id),
                    }
                }
                assert!(!dying.ended().success(), "{point}:{time} was reached");
                let receiver = hooked.receiver(None);
                let people = each_asked_for_once(&hooked);
                assert!(answered.is_subset(&people), "{point}:{time}: {answered:?} {people:?}");
                // As a sender that was not answered does.
                for id in unanswered {
                    assert_eq!(receiver.post(&hooked.path, &delivery(&id.to_string(), &[id])).status, 200);
                }
                assert_eq!(each_asked_for_once(&hooked), (1001..1006).collect(), "{point}:{time}");
            });
        }
    });
}

#[test]
fn killed_again_and_again_under_load_nothing_that_was_answered_is_lost_or_doubled() {
    const KILLS: usize = 6;
    let hooked = Hooked::new(SETTINGS);
    let (answered, next) = (Mutex::new(BTreeSet::new()), AtomicUsize::new(1001));
    for _ in 0..KILLS {
        let mut receiver = hooked.receiver(None);
        let (address, down) = (receiver.address(), AtomicBool::new(false));
        let (hooked, answered, next, down) = (&hooked, &answered, &next, &down);
        let target = answered.lock().unwrap().len() + 40;
        std::thread::scope(|scope| {
            for _ in 0..4 {
                let address = address.clone();
                scope.spawn(move || {
                    while !down.load(Ordering::Acquire) {
                        let id = next.fetch_add(1, Ordering::Relaxed) as u64;
                        match post(&address, &hooked.path, &delivery(&id.to_string(), &[id])) {
                            Ok(answer) if answer.status == 200 => drop(answered.lock().unwrap().insert(id)),
                            _ => {}
                        }
                    }
                });
            }
            while answered.lock().unwrap().len() < target {
                std::thread::yield_now();
            }
            // In the middle of what four senders are told.
            receiver.kill();
            down.store(true, Ordering::Release);
        });
    }
    let _receiver = hooked.receiver(None);
    let people = each_asked_for_once(&hooked);
    let answered = answered.into_inner().unwrap();
    assert!(answered.len() >= 40 * KILLS && answered.is_subset(&people), "{} {}", answered.len(), people.len());
    assert!(people.len() <= next.into_inner() - 1001, "{}", people.len());
}
