//! The guide shows the files that are tested here, and they leave out no header.

use super::front::guide;

fn read(name: &str) -> String {
    std::fs::read_to_string(guide().join(name)).unwrap()
}

#[test]
fn the_pages_quote_the_files() {
    for (page, file, language) in
        [("nginx.md", "nginx.conf", "nginx"), ("caddy.md", "Caddyfile", "caddyfile")]
    {
        let quote = format!("```{language}\n{}```\n", read(file));
        assert!(read(page).contains(&quote), "{page} does not quote {file} as it is");
    }
}

#[test]
fn every_identity_header_is_overwritten() {
    let (nginx, caddy) = (read("nginx.conf").to_lowercase(), read("Caddyfile").to_lowercase());
    for name in keywright_server::IDENTITY {
        let variable = name.as_str().strip_prefix("x-").unwrap().replace('-', "_");
        let read = format!("${variable} ");
        assert!(
            nginx.lines().any(|line| line.contains("auth_request_set") && line.contains(&read)),
            "{name}"
        );
        let written = format!("proxy_set_header {name} ");
        assert!(
            nginx.lines().any(|line| line.contains(&written) && line.contains(&format!("${variable};"))),
            "{name}"
        );
        assert!(caddy.lines().any(|line| line.trim() == name.as_str()), "{name}");
    }
}
