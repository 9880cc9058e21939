mod applications;
mod audit;
mod credentials;
mod mails;
mod partners;
mod tokens;
