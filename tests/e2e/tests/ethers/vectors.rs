//! All numbers of twenty accounts, as every client shows them: `tests/vectors/accounts.json`.

use super::*;
use plimsoll_e2e::vectors;

#[tokio::test(flavor = "multi_thread")]
async fn the_scripts_say_what_the_vectors_say() {
    let Some(scripts) = Scripts::start().await else {
        return;
    };
    let built = vectors::furnish(&scripts.house).await;
    let text = std::fs::read_to_string(vectors::path()).expect("the file is there");
    let file: Value = serde_json::from_str(&text).expect("JSON");
    let known = file["accounts"].as_array().expect("a list");
    assert_eq!((built.len(), known.len()), (20, 20));

    let ids: Vec<String> = built.iter().map(|v| v.account.to_string()).collect();
    let ids = ids.iter().map(String::as_str);
    let arguments: Vec<&str> = ["--once", "--full"].into_iter().chain(ids).collect();
    let run = scripts.run("watch.mjs", &arguments, None).await.done();
    assert_eq!(run.lines.len(), 20);
    for known in known {
        let (name, view) = (&known["name"], &known["view"]);
        let of_it = |line: &&Value| line["account"] == view["account"];
        let mut line = run.lines.iter().find(of_it).expect("its line").clone();
        line.as_object_mut().expect("an object").remove("kind");
        let line = vectors::without_addresses(line);
        let (line, view) = (
            line.as_object().expect("one"),
            view.as_object().expect("one"),
        );
        for (key, value) in view {
            assert_eq!(line.get(key), Some(value), "{name}: {key}");
        }
        assert_eq!(line.len(), view.len(), "{name} has nothing else");
    }
}
