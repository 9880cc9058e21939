mod account;
mod applications;
mod audit;
mod credentials;
mod developers;
mod mails;
mod partners;
mod tokens;
