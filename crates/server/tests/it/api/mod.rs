mod applications;
mod credentials;
mod partners;
