mod applications;
mod audit;
mod credentials;
mod docs;
mod mails;
mod partners;
mod tokens;
