//! When a file begins and ends, and what is told of missing parts.

use std::time::Duration;

use diemcau::media::engine::RecordSink;
use diemcau::media::plan::{Layer, SourceKind};
use diemcau::media::record::{GapCause, RecorderEvent};

use super::bench::{Bench, TestClock};
use super::material::{FPS, Sender, judge, material, pictures, visit};

/// Moves the clock and lets the recorder empty its queue.
fn settle(bench: &Bench, clock: &TestClock, at_us: i64) {
    clock.set(at_us);
    std::thread::sleep(Duration::from_millis(200));
    bench.events();
}

/// Gaps without those of a full queue: a test pushes faster than a disk writes, and again.
fn gaps(bench: &Bench) -> Vec<(i64, i64, GapCause)> {
    let gaps = bench.events().into_iter().filter_map(|event| match event {
        RecorderEvent::Gap { from_us, to_us, cause, .. } if cause != GapCause::QueueFull => {
            Some((from_us, to_us, cause))
        }
        _ => None,
    });
    gaps.collect()
}

#[test]
fn long_recordings_are_cut_into_segments_without_losing_anything() {
    let clock = TestClock::new();
    let bench = Bench::new(clock.clone());
    let mut camera = Sender::new(SourceKind::Camera, 1_000_000);
    let mut microphone = Sender::new(SourceKind::Microphone, 1_000_000);
    let rounds = 11;
    for _ in 0..rounds {
        for picture in &material().pictures {
            bench.push(camera.picture(picture));
            while microphone.at_us < camera.at_us {
                let sound = &material().sounds[(microphone.at_us / 20_000) as usize % material().sounds.len()];
                let packet = microphone.sound(sound);
                bench.push([packet]);
            }
        }
        clock.set(camera.at_us);
    }
    let files = bench.finish();
    for (kind, expected_files, blocks) in [
        (SourceKind::Camera, 3, rounds * material().pictures.len()),
        (SourceKind::Microphone, 3, (microphone.at_us as usize - 1_000_000) / 20_000),
    ] {
        let files: Vec<_> = files.values().filter(|file| file.source.kind == kind).collect();
        assert_eq!(files.len(), expected_files, "{kind:?}");
        assert!(files.iter().all(|file| file.duration_ms <= 60_000), "{files:#?}");
        let total: usize = files.iter().map(|file| judge(&bench.export(file)).frames).sum();
        assert_eq!(total, blocks, "{kind:?}: every block is in one file");
        for pair in files.windows(2) {
            let hole = pair[1].started_mono_us - pair[0].started_mono_us - pair[0].duration_ms as i64 * 1000;
            assert!(hole.abs() <= 2000, "{hole} us between two files");
        }
    }
    assert_eq!(gaps(&bench), []);
}

#[test]
fn another_layer_begins_a_new_file_at_its_key_frame() {
    let clock = TestClock::new();
    let bench = Bench::new(clock.clone());
    let mut full = Sender::new(SourceKind::Camera, 1_000_000);
    for picture in &material().pictures[..30] {
        bench.push(full.picture(picture));
    }
    // The lower layer has its own sequence numbers and times, and begins in mid-picture.
    let mut half = Sender { layer: Layer::Half, sequence: 9, rtp: 5, ..Sender::new(SourceKind::Camera, full.at_us) };
    let small = pictures("160x90");
    for picture in &small[25..60] {
        bench.push(half.picture(picture));
    }
    let files: Vec<_> = bench.finish().into_values().collect();
    assert_eq!(files.len(), 2);
    let sizes: Vec<_> = files.iter().map(|file| bench.reader(file).info().size).collect();
    assert_eq!(sizes, [Some((320, 180)), Some((160, 90))]);
    assert_eq!(judge(&bench.export(&files[0])).frames, 30);
    assert_eq!(judge(&bench.export(&files[1])).frames, 30, "five deltas without their key frame are left out");
}

#[test]
fn loss_waits_for_a_key_frame_asks_for_it_and_is_told() {
    let clock = TestClock::new();
    let bench = Bench::new(clock.clone());
    let mut camera = Sender::new(SourceKind::Camera, 1_000_000);
    let start_us = camera.at_us;
    for (number, picture) in material().pictures[..75].iter().enumerate() {
        let mut packets = camera.picture(picture);
        if number == 35 {
            packets.pop();
        }
        bench.push(packets);
        if number == 50 {
            settle(&bench, &clock, camera.at_us);
            assert!(bench.recorder.wants_key_frame(camera.source));
        }
    }
    settle(&bench, &clock, camera.at_us);
    assert!(!bench.recorder.wants_key_frame(camera.source), "picture 60 is a key frame");
    let files: Vec<_> = bench.finish().into_values().collect();
    assert_eq!(files.len(), 1, "a key frame of the same size goes on in the file");
    assert_eq!(files[0].lost_packets, 1);
    assert_eq!(judge(&bench.export(&files[0])).frames, 35 + 15);
    let frame_us = 1_000_000 / i64::from(FPS);
    let [(from_us, to_us, GapCause::Loss)] = gaps(&bench)[..] else { panic!("{:?}", gaps(&bench)) };
    assert!((from_us - start_us - 34 * frame_us).abs() < 1000, "from the last whole picture");
    assert!((to_us - start_us - 60 * frame_us).abs() < 1000, "to the next one");
}

#[test]
fn lost_sound_is_a_gap_and_a_closed_microphone_is_none() {
    let clock = TestClock::new();
    let bench = Bench::new(clock.clone());
    let mut microphone = Sender::new(SourceKind::Microphone, 1_000_000);
    let speak = |sender: &mut Sender, count: usize, heard: bool| {
        for sound in &material().sounds[..count] {
            let packet = sender.sound(sound);
            if heard {
                bench.push([packet]);
            }
        }
        settle(&bench, &clock, sender.at_us);
    };
    speak(&mut microphone, 50, true);
    speak(&mut microphone, 40, false);
    speak(&mut microphone, 50, true);
    bench.recorder.pause(microphone.source);
    clock.set(microphone.at_us + 50_000);
    std::thread::sleep(Duration::from_millis(200));
    speak(&mut microphone, 100, false);
    speak(&mut microphone, 50, true);
    // A sender that is silent by itself sends no numbers either.
    microphone.skip(20_000_000, 48_000);
    speak(&mut microphone, 50, true);
    let files: Vec<_> = bench.finish().into_values().collect();
    assert_eq!(files.len(), 1);
    let judged = judge(&bench.export(&files[0]));
    assert_eq!(judged.frames, 26_800 / 20, "200 packets, and silence where there are none");
    assert!((judged.seconds - 26.8).abs() < 0.1, "{}", judged.seconds);
    let [(from_us, to_us, GapCause::Loss)] = gaps(&bench)[..] else { panic!("{:?}", gaps(&bench)) };
    assert_eq!((from_us, to_us), (2_000_000, 2_800_000));
    assert_eq!(files[0].lost_packets, 40);
}

#[test]
fn nothing_of_the_next_visit_is_in_the_file_of_the_last() {
    let clock = TestClock::new();
    let bench = Bench::new(clock.clone());
    let mut camera = Sender::new(SourceKind::Camera, 1_000_000);
    let mut microphone = Sender::new(SourceKind::Microphone, 1_000_000);
    for (number, picture) in material().pictures[..90].iter().enumerate() {
        if number == 40 {
            // No word to the recorder: the packets alone say it.
            (camera.target, microphone.target) = (visit(2), visit(2));
        }
        bench.push(camera.picture(picture));
        while microphone.at_us < camera.at_us {
            let packet = microphone.sound(&material().sounds[number]);
            bench.push([packet]);
        }
    }
    let files = bench.finish();
    let count = |kind, number| {
        let of = files.values().filter(|file| file.source.kind == kind && file.target == visit(number));
        of.map(|file| judge(&bench.export(file)).frames).collect::<Vec<_>>()
    };
    assert_eq!(count(SourceKind::Camera, 1), [40]);
    assert_eq!(count(SourceKind::Camera, 2), [30], "from the key frame 60 on");
    assert_eq!(count(SourceKind::Microphone, 1).len() + count(SourceKind::Microphone, 2).len(), 2);
    assert_eq!(count(SourceKind::Microphone, 1)[0] + count(SourceKind::Microphone, 2)[0], 300);
    let [(_, _, GapCause::NoKeyFrame)] = gaps(&bench)[..] else { panic!("{:?}", gaps(&bench)) };
}

#[test]
fn files_start_when_the_sender_says_even_if_the_first_report_comes_later() {
    let clock = TestClock::new();
    let bench = Bench::new(clock.clone());
    let mut microphone = Sender { reported: false, ..Sender::new(SourceKind::Microphone, 5_000_000) };
    for (number, sound) in material().sounds[..100].iter().enumerate() {
        microphone.reported = number >= 60;
        let packet = microphone.sound(sound);
        bench.push([packet]);
    }
    let files: Vec<_> = bench.finish().into_values().collect();
    assert_eq!(files[0].started_mono_us, 5_000_000, "not 30 ms of network later");
    assert_eq!(bench.reader(&files[0]).info().started, files[0].started);
}

#[test]
fn a_source_without_key_frames_is_not_cut_at_the_minute_but_asked() {
    let clock = TestClock::new();
    let bench = Bench::new(clock.clone());
    let mut camera = Sender::new(SourceKind::Camera, 1_000_000);
    bench.push(camera.picture(&material().pictures[0]));
    for second in 1..130 {
        for _ in 0..FPS {
            bench.push(camera.picture(&material().pictures[1]));
        }
        if second == 45 || second == 55 {
            settle(&bench, &clock, camera.at_us);
            assert_eq!(bench.recorder.wants_key_frame(camera.source), second == 55, "second {second}");
        }
    }
    bench.push(camera.picture(&material().pictures[0]));
    let files: Vec<_> = bench.finish().into_values().collect();
    assert_eq!(files.len(), 2);
    assert!((120_000..121_000).contains(&files[0].duration_ms), "{}", files[0].duration_ms);
    let [(_, _, GapCause::NoKeyFrame)] = gaps(&bench)[..] else { panic!("{:?}", gaps(&bench)) };
}
