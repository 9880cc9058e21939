//! One attribute: [`macro@boxed`].

use proc_macro::TokenStream;
use quote::{format_ident, quote};
use syn::punctuated::Punctuated;
use syn::visit_mut::{self, VisitMut};
use syn::{
    FnArg, GenericParam, Generics, Ident, ImplItem, ImplItemFn, ItemImpl, Lifetime, Pat, ReturnType,
    Signature, Token, Type, TypeImplTrait, TypeReference, Visibility, parse_macro_input, parse_quote,
};

/// Lets the public async functions of an `impl` block answer with futures in boxes.
///
/// The body of an async function is not compiled where it stands but wherever somebody awaits it: with everything that
/// it awaits itself, again in each crate. A future in a box is compiled once, where it is put into the box. The cost is
/// one allocation for each call.
///
/// Arguments of type `impl FnOnce(…)` come in boxes too, so that the body has no parameters that callers choose.
/// Functions with type parameters of their own stay as they are.
#[proc_macro_attribute]
pub fn boxed(_: TokenStream, input: TokenStream) -> TokenStream {
    let mut block = parse_macro_input!(input as ItemImpl);
    let items = std::mem::take(&mut block.items);
    for item in items {
        match item {
            ImplItem::Fn(function) if is_to_be_boxed(&function) => {
                let [outer, inner] = in_two(function);
                block.items.extend([ImplItem::Fn(outer), ImplItem::Fn(inner)]);
            }
            other => block.items.push(other),
        }
    }
    quote!(#block).into()
}

fn is_to_be_boxed(function: &ImplItemFn) -> bool {
    let has_types = function.sig.generics.params.iter().any(|it| !matches!(it, GenericParam::Lifetime(_)));
    matches!(function.vis, Visibility::Public(_)) && function.sig.asyncness.is_some() && !has_types
}

/// The function that callers see, and the one that does it.
fn in_two(mut function: ImplItemFn) -> [ImplItemFn; 2] {
    let name = format_ident!("{}_unboxed", function.sig.ident);
    let all: Lifetime = parse_quote!('all);
    let mut outer = function.sig.clone();
    outer.asyncness = None;
    let mut passed: Punctuated<proc_macro2::TokenStream, Token![,]> = Punctuated::new();
    for (seen, done) in outer.inputs.iter_mut().zip(&mut function.sig.inputs) {
        passed.push(pass(seen, done, &all));
    }
    outlive(&mut outer.generics, &all);
    let output = result(&outer, &all);
    outer.output = parse_quote! {
        -> ::core::pin::Pin<::std::boxed::Box<
            dyn ::core::future::Future<Output = #output> + ::core::marker::Send + #all,
        >>
    };
    let (vis, docs) = (function.vis, std::mem::take(&mut function.attrs));
    let outer = parse_quote! {
        #(#docs)*
        // Small functions are copied into the crates that call them, and this one would take the body along.
        #[inline(never)]
        #vis #outer {
            ::std::boxed::Box::pin(Self::#name(#passed))
        }
    };
    function.vis = Visibility::Inherited;
    function.sig.ident = name;
    [outer, function]
}

/// What one argument becomes: as callers see it, as the body gets it, and how it is handed over.
fn pass(seen: &mut FnArg, done: &mut FnArg, all: &Lifetime) -> proc_macro2::TokenStream {
    let (seen, done) = match (seen, done) {
        (FnArg::Typed(seen), FnArg::Typed(done)) => (seen, done),
        (FnArg::Receiver(this), _) => {
            if let Some((_, lifetime)) = &mut this.reference {
                *lifetime = Some(all.clone());
            }
            Elided(all).visit_type_mut(&mut this.ty);
            return quote!(self);
        }
        (FnArg::Typed(_), FnArg::Receiver(_)) => return quote!(self),
    };
    let name = argument(&seen.pat);
    seen.pat = parse_quote!(#name);
    let Type::ImplTrait(TypeImplTrait { bounds, .. }) = &mut *seen.ty else {
        Elided(all).visit_type_mut(&mut seen.ty);
        return quote!(#name);
    };
    bounds.push(parse_quote!(#all));
    if let Type::ImplTrait(TypeImplTrait { bounds, .. }) = &*done.ty {
        done.ty = parse_quote!(::std::boxed::Box<dyn #bounds + '_>);
    }
    quote!(::std::boxed::Box::new(#name))
}

/// What an argument is called. One that is taken apart gets a name of its own.
fn argument(pattern: &Pat) -> Ident {
    match pattern {
        Pat::Ident(pattern) => pattern.ident.clone(),
        _ => format_ident!("argument"),
    }
}

/// The lifetime of the future is one, and everything that is borrowed lives at least as long.
fn outlive(generics: &mut Generics, all: &Lifetime) {
    for parameter in &mut generics.params {
        if let GenericParam::Lifetime(parameter) = parameter {
            parameter.bounds.push(all.clone());
        }
    }
    generics.params.insert(0, parse_quote!(#all));
}

fn result(signature: &Signature, all: &Lifetime) -> Type {
    match &signature.output {
        ReturnType::Default => parse_quote!(()),
        ReturnType::Type(_, output) => {
            let mut output = (**output).clone();
            Elided(all).visit_type_mut(&mut output);
            output
        }
    }
}

/// Gives a name to the lifetimes that have none.
struct Elided<'a>(&'a Lifetime);

impl VisitMut for Elided<'_> {
    fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
        if reference.lifetime.is_none() {
            reference.lifetime = Some(self.0.clone());
        }
        visit_mut::visit_type_reference_mut(self, reference);
    }

    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if lifetime.ident == "_" {
            *lifetime = self.0.clone();
        }
    }

    // What a function takes and answers has lifetimes of its own.
    fn visit_parenthesized_generic_arguments_mut(&mut self, _: &mut syn::ParenthesizedGenericArguments) {}

    fn visit_type_bare_fn_mut(&mut self, _: &mut syn::TypeBareFn) {}
}
