//! `docs/attacks.md` and the tests it names.

/// Every test that `docs/attacks.md` names exists.
#[test]
fn the_catalogue_names_tests_that_exist() {
    let root = plimsoll::workspace::root();
    let table = std::fs::read_to_string(root.join("docs/attacks.md")).unwrap();
    let mut sources = String::new();
    let mut folders = vec![root.join("tests"), root.join("contracts")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("node_modules") && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources += &std::fs::read_to_string(path).unwrap();
            }
        }
    }
    let names: Vec<&str> = table.split('`').skip(1).step_by(2).collect();
    assert!(names.len() > 60, "{}", names.len());
    for name in names {
        assert!(sources.contains(&format!("fn {name}(")), "{name}");
    }
    for id in 1..=85 {
        assert!(table.contains(&format!("A-{id:02}")), "A-{id:02}");
    }
}
