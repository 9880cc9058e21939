//! Which operation of a version a call is, and what a token must carry for it.
//!
//! Templates are a tree of segments. A call goes down it along its own path: no text is copied, and it costs about as much
//! as the path is long, however many operations there are.

use std::cmp::Ordering;
use std::sync::Arc;

use domain::OperationScopes;

use crate::{Method, challenge};

/// Operations with scopes of their own.
#[derive(Debug, Default)]
pub(crate) struct Operations {
    /// The first is the root; none: no operation has scopes of its own.
    nodes: Vec<Node>,
}

/// What a token must carry.
#[derive(Debug)]
pub(crate) struct Demand {
    pub(crate) scopes: Vec<String>,
    /// What is said to a token that lacks one (RFC 6750 §3.1).
    pub(crate) challenge: Arc<str>,
}

#[derive(Debug, Default)]
struct Node {
    /// Plain segments in lower case, in order. An upstream that ignores case must not be a way around a demand.
    plain: Vec<(Box<str>, usize)>,
    /// Where any segment leads.
    any: Option<usize>,
    /// What is demanded of a call that ends here; no method: of every other.
    demands: Vec<(Option<Method>, Demand)>,
}

impl Operations {
    pub(crate) fn new(all: &[OperationScopes]) -> Self {
        let mut tree = Self::default();
        if !all.is_empty() {
            tree.nodes.push(Node::default());
        }
        for it in all {
            let mut at = 0;
            for segment in segments(&it.path) {
                at = tree.child(at, segment);
            }
            let method = it.method.as_deref().and_then(|method| Method::parse(method.as_bytes()).ok());
            let challenge = challenge::insufficient_scope(&it.scopes);
            let demand = Demand { scopes: it.scopes.clone(), challenge };
            if let Some(node) = tree.nodes.get_mut(at) {
                node.demands.push((method, demand));
            }
        }
        tree
    }

    /// The node that a segment leads to, made if there is none.
    fn child(&mut self, at: usize, segment: &str) -> usize {
        let next = self.nodes.len();
        let Some(node) = self.nodes.get_mut(at) else { return at };
        let found = if segment.starts_with('{') {
            *node.any.get_or_insert(next)
        } else {
            match node.plain.binary_search_by(|(known, _)| cmp(known, segment)) {
                Ok(i) => node.plain.get(i).map_or(next, |(_, child)| *child),
                Err(i) => {
                    node.plain.insert(i, (segment.to_ascii_lowercase().into(), next));
                    next
                }
            }
        };
        if found == next {
            self.nodes.push(Node::default());
        }
        found
    }

    /// What is demanded of a call; `None` if it is no operation with scopes of its own. A plain segment counts before one
    /// that stands for any (OpenAPI 3.1, “Paths Object”).
    pub(crate) fn demand(&self, method: Method, path: &str) -> Option<&Demand> {
        let root = self.nodes.first()?;
        self.walk(root, method, path.strip_prefix('/').unwrap_or(path))
    }

    fn walk<'a>(&'a self, node: &'a Node, method: Method, rest: &str) -> Option<&'a Demand> {
        // One slash more at the end is nothing to many upstreams.
        if rest.is_empty() {
            return node.demand(method);
        }
        let (segment, rest) = rest.split_once('/').unwrap_or((rest, ""));
        let plain = node.plain.binary_search_by(|(known, _)| cmp(known, segment)).ok();
        let plain = plain.and_then(|i| self.nodes.get(node.plain.get(i)?.1));
        plain.and_then(|next| self.walk(next, method, rest)).or_else(|| {
            let any = node.any.and_then(|next| self.nodes.get(next))?;
            self.walk(any, method, rest)
        })
    }
}

impl Node {
    fn demand(&self, method: Method) -> Option<&Demand> {
        let of = |wanted: Option<Method>| {
            self.demands.iter().find(|(method, _)| *method == wanted).map(|(_, demand)| demand)
        };
        let as_get = || if method == Method::Head { of(Some(Method::Get)) } else { None };
        of(Some(method)).or_else(as_get).or_else(|| of(None))
    }
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

/// Compares a text in lower case with any other, capital letters not counted.
fn cmp(lower: &str, other: &str) -> Ordering {
    lower.bytes().cmp(other.bytes().map(|byte| byte.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(lines: &[&str]) -> Operations {
        let all: Vec<OperationScopes> = lines.iter().filter_map(|line| line.parse().ok()).collect();
        Operations::new(&all)
    }

    #[test]
    fn the_most_exact_template_counts() {
        let tree = tree(&[
            "GET /orders list",
            "GET /orders/{id} read",
            "DELETE /orders/{id} delete",
            "GET /orders/mine own",
            "* /orders/{id}/items items",
            "POST /orders/{id}/items add",
            "GET / root",
        ]);
        let scope = |method: &str, path: &str| {
            let method = Method::parse(method.as_bytes()).unwrap();
            tree.demand(method, path).map(|demand| demand.scopes.join(" "))
        };
        for (method, path, expected) in [
            ("GET", "/orders", Some("list")),
            ("GET", "/orders/", Some("list")),
            ("HEAD", "/ORDERS", Some("list")),
            ("POST", "/orders", None),
            ("GET", "/orders/17", Some("read")),
            ("GET", "/orders/17/", Some("read")),
            ("GET", "/orders/mine", Some("own")),
            ("GET", "/orders/Mine", Some("own")),
            ("DELETE", "/orders/mine", Some("delete")),
            ("PUT", "/orders/17", None),
            ("GET", "/orders/17/items", Some("items")),
            ("POST", "/orders/17/items", Some("add")),
            ("GET", "/orders/17/items/3", None),
            ("GET", "/order", None),
            ("GET", "/", Some("root")),
        ] {
            assert_eq!(scope(method, path).as_deref(), expected, "{method} {path}");
        }
        assert!(Operations::new(&[]).demand(Method::Get, "/orders").is_none());
    }

    #[test]
    fn many_templates_are_no_longer_way() {
        let lines: Vec<String> = (0..1_000).map(|n| format!("GET /a{n}/{{x}}/b{n}/{{y}} s{n}")).collect();
        let tree = tree(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        let found = tree.demand(Method::Get, "/a777/x/b777/y").map(|demand| demand.scopes.join(" "));
        assert_eq!(found.as_deref(), Some("s777"));
        assert!(tree.demand(Method::Get, "/a777/x/b778/y").is_none());
    }
}
